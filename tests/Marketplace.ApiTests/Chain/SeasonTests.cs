using Marketplace.Cli;
using Marketplace.Cli.Demo;

namespace Marketplace.ApiTests.Chain;

/// <summary>The whole chain, as the demo plays it: every step a public call by the person whose step it is, against a process of its own.</summary>
public sealed class SeasonTests
{
    [Fact]
    public Task From_registration_to_the_money_and_the_figures_agree_with_the_accounts() => Play(households: 16, lotsEach: 3, tonnes: 1);

    /// <summary>The season of <c>./infra/up</c> in full.</summary>
    [LongFact]
    public Task Three_hundred_households_and_twenty_tonnes_agree_as_well() => Play(households: 300, lotsEach: 3, tonnes: 20);

    private static async Task Play(int households, int lotsEach, int tonnes)
    {
        var market = await Market.Bare();
        var data = Path.Combine(Path.GetTempPath(), $"marketplace-season-{Guid.NewGuid():N}");
        Directory.CreateDirectory(data);
        var running = await RunningApi.Start(market.Instance(data, demoTenant: true));
        using var api = new ApiClient(running.Address);
        var season = new Season(api, await Keyring.Open(api, new FileInfo(Path.Combine(data, "keys.json")), default), households, lotsEach, tonnes);
        await season.Play((_, _) => () => { }, default);
        var chain = season.Summary(TimeSpan.Zero)["chain"]!.AsArray().ToDictionary(step => step!["step"]!.GetValue<string>(), step => step!);

        string[] steps = ["registered", "declared", "applied", "certified", "listed", "allocated", "confirmed", "delivered", "paid"];
        Assert.Equal(steps, chain.Keys);
        Assert.Equal(households, chain["registered"]["households"]!.GetValue<long>());
        Assert.Equal(households * lotsEach, chain["declared"]["lots"]!.GetValue<long>());

        // The table is Oversight's, counted from events. What it says must be what the owners of quantity and money hold.
        Assert.Equal(
            await market.Scalar<long>("select count(distinct lot_id) from supply.lot_move where kind = 'credit'"), chain["certified"]["lots"]!.GetValue<long>());
        Assert.Equal(
            await market.Scalar<long>("select count(*) from supply.lot_account where delivered > 0"), chain["delivered"]["lots"]!.GetValue<long>());
        Assert.Equal(0L, await market.Scalar<long>("""
            select count(*) from supply.lot_account a
              join (select lot_id, sum(ceiling) c, sum(certified) z, sum(reserved) r, sum(promised) p, sum(delivered) d from supply.lot_move group by lot_id) m
                on m.lot_id = a.lot_id
             where (a.ceiling, a.certified, a.reserved, a.promised, a.delivered) is distinct from (m.c, m.z, m.r, m.p, m.d)
            """));
        Assert.Equal(0L, await market.Scalar<long>("select count(*) from supply.lot_account where reserved > 0 or promised > 0"));
        Assert.Equal(0m, await market.Scalar<decimal>("select coalesce(sum(amount), 0) from settlement.entry"));
        Assert.Equal(0L, await market.Scalar<long>("""
            select count(*) from (select stream, number, hash, lag(hash) over (partition by stream order by number) as before, previous_hash from kernel.event) e
             where number > 1 and before is distinct from previous_hash
            """));
        Assert.Equal(0L, await market.Scalar<long>("select count(*) from kernel.delivery"));

        await running.DisposeAsync();
        await market.DisposeAsync();
        Directory.Delete(data, recursive: true);
    }
}

/// <summary>A heavy proof: run by <c>./infra/test --long</c>, reported as skipped otherwise.</summary>
public sealed class LongFactAttribute : FactAttribute
{
    public LongFactAttribute() => Skip = Environment.GetEnvironmentVariable("MARKETPLACE_LONG") == "true" ? null : "Runs under ./infra/test --long.";
}
