using System.Net;
using System.Net.Http.Headers;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Chain;

/// <summary>Two processes on one database, and one of them killed: nothing acknowledged is lost, nothing happens twice.</summary>
public sealed class FaultTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task Fifty_copies_of_one_request_over_two_instances_have_one_effect_and_one_answer()
    {
        var lot = await market.SellableLot(await market.ActiveFarm());
        await using var first = await Start();
        await using var second = await Start();
        var key = Guid.NewGuid().ToString();

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(at => Reserve((at % 2 == 0 ? first : second).Address, lot, 900, key)));

        var bodies = await Task.WhenAll(answers.Select(answer => answer.Content.ReadAsStringAsync()));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.StatusCode));
        Assert.Single(bodies.Distinct());
        Assert.Equal(900, (await market.AccountOf(lot)).Reserved);
    }

    [Fact]
    public async Task A_thousand_buyers_over_two_instances_sell_the_last_kilogram_once()
    {
        var lot = await market.SellableLot(await market.ActiveFarm(), amount: 1_000);
        await using var first = await Start();
        await using var second = await Start();
        var wins = 0;

        await Parallel.ForEachAsync(Enumerable.Range(0, 1_000), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (at, _) =>
        {
            using var answer = await Reserve((at % 2 == 0 ? first : second).Address, lot, 1_000, Guid.NewGuid().ToString());
            if (answer.StatusCode == HttpStatusCode.Created)
            {
                Interlocked.Increment(ref wins);
            }
        });

        Assert.Equal(1, wins);
        Assert.Equal(1_000, (await market.AccountOf(lot)).Reserved);
    }

    [Fact]
    public async Task A_killed_instance_loses_nothing_it_acknowledged_and_a_retry_doubles_nothing()
    {
        var lot = await market.SellableLot(await market.ActiveFarm(), amount: 1_000_000);
        await market.Reserve(market.Cast(Role.RetailBuyer), lot, 1); // makes the buyer's counter
        await market.Owner("update supply.buyer_hold set cap = 100000");
        var running = await Start();
        var keys = Enumerable.Range(0, 400).Select(_ => Guid.NewGuid().ToString()).ToList();
        var acknowledged = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        var load = Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (key, _) =>
        {
            try
            {
                using var answer = await Reserve(running.Address, lot, 1, key);
                if (answer.StatusCode == HttpStatusCode.Created)
                {
                    acknowledged[key] = true;
                }
            }
            catch (HttpRequestException)
            {
                // Killed meanwhile: the buyer does not know, and will send it again.
            }
        });
        while (acknowledged.Count < 100)
        {
            await Task.Delay(5);
        }

        await running.DisposeAsync();
        await load;

        await using var again = await Start();
        foreach (var key in keys)
        {
            using var answer = await Reserve(again.Address, lot, 1, key);
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            Assert.True(!acknowledged.ContainsKey(key) || answer.Headers.Contains("Idempotent-Replayed"), "an acknowledged request was done again");
        }

        Assert.Equal(401, (await market.AccountOf(lot)).Reserved);
        Assert.Equal(await market.AccountOf(lot), await market.MovesOf(lot));
    }

    [Fact]
    public async Task Five_starters_at_once_end_in_one_schema()
    {
        var before = await market.Scalar<long>("select count(*) from kernel.migration");
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Api.Modules.Migrate(market.OwnerConnection, default)));
        Assert.Equal(before, await market.Scalar<long>("select count(*) from kernel.migration"));
    }

    private Task<RunningApi> Start() => RunningApi.Start(market.Instance(Path.Combine(Path.GetTempPath(), $"marketplace-fault-{Guid.NewGuid():N}")));

    private async Task<HttpResponseMessage> Reserve(Uri address, LotId lot, long amount, string key)
    {
        using var client = new HttpClient { BaseAddress = address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", market.Cast(Role.RetailBuyer).Key);
        return await Market.Send(client, HttpMethod.Post, "/v1/reservations", new { parts = new[] { new { lot, amount } } }, key);
    }
}
