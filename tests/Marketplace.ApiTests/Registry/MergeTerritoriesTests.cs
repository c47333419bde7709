using System.Net;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Registry;

/// <summary>Two rural districts of Sayram become one while cases are open in them.</summary>
public sealed class MergeTerritoriesTests(Market market) : IClassFixture<Market>
{
    private const string Ended = "kz-615233000";
    private const string Village = "kz-615233100";
    private const string Going = "kz-615237000";

    [Fact]
    public async Task A_merger_moves_places_duties_tasks_offers_and_figures_and_loses_no_case()
    {
        var akim = await market.NewMember(Role.OkrugAkim, territory: Ended);
        var successor = await market.NewMember(Role.OkrugAkim, territory: Going);
        var agent = await market.NewMember(Role.VillageAgent, territory: Ended);
        var farm = await market.ActiveFarm(village: Village);
        var certified = await market.CertifiedLot(farm);
        var (open, _) = await market.AcceptedCase(farm, "carrot");
        await market.Drain();
        var before = await market.ReadCase(open);
        var facts = await Count($"oversight.chain_step where okrug = '{Ended}'");
        Assert.True(facts > 0);

        Assert.Equal(2, await market.Scalar<int>($"select registry.merge_territories('{Ended}', '{Going}', current_date, 'Decision of the maslikhat')"));
        await market.Drain();

        // The code that ended answers with what it became; its village stands under the other one.
        Assert.Equal(Going, (await Market.Body(await market.Get((string?)null, $"/v1/territories/{Ended}")))["code"]!.GetValue<string>());
        var village = await Market.Body(await market.Get((string?)null, $"/v1/territories/{Village}"));
        Assert.Contains(village["path"]!.AsArray(), step => step!["code"]!.GetValue<string>() == Going);
        Assert.Equal(2, await Count($"registry.territory_before where '{Ended}' = any (path)"));

        // The case stays where it was, with its people and deadline, and goes on to its certificate.
        var after = await market.ReadCase(open);
        Assert.Equal(before["stage"]!.ToJsonString(), after["stage"]!.ToJsonString());
        Assert.Equal(1, await Count($"work.task where subject = '{open}' and closed_at is null and territory_path @> array['{Going}']"));
        Assert.Equal(0, await Count($"work.task where closed_at is null and territory_path @> array['{Ended}']"));
        await Market.Body(await market.TakeSample(open));

        // One office, one akim: the successor sees the task of the village, the agent serves the larger district.
        Assert.DoesNotContain("okrug_akim", await RolesOf(akim));
        Assert.Contains("okrug_akim", await RolesOf(successor));
        Assert.Contains("village_agent", await RolesOf(agent));
        Assert.Equal(Going, (await Market.Body(await market.Get(agent, "/v1/me")))["territory"]!.GetValue<string>());
        Assert.Equal(1, await Count($"identity.role_assignment where person_id = '{akim.Person}' and valid_until is not null"));

        Assert.Equal(Going, await market.Scalar<string>($"select okrug from catalogue.offer where lot_id = '{certified.Lot}'"));
        Assert.Equal(facts, await Count($"oversight.chain_step where okrug = '{Going}' and village = '{Village}'"));
    }

    [Theory]
    [InlineData("kz-615247000", "kz-615247000", "current_date")]
    [InlineData("kz-615247000", "kz-615247100", "current_date")]
    [InlineData("kz-615247000", "kz-615200000", "current_date")]
    [InlineData("kz-615247000", "kz-000000000", "current_date")]
    [InlineData("kz-615247000", "kz-615249000", "current_date + 1")]
    [InlineData("kz-615247000", "kz-615249000", "date '2020-01-01'")]
    public async Task What_is_no_merger_changes_nothing(string from, string into, string on)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => market.Owner($"select registry.merge_territories('{from}', '{into}', {on}, 'A decision')"));
        Assert.Equal("no-merger", refused.ConstraintName);
        Assert.Equal(0, await Count($"registry.territory_before where code = '{from}'"));
    }

    [Fact]
    public async Task Only_the_owner_merges()
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(
            () => market.AsApplication("select registry.merge_territories('kz-615253000', 'kz-615255000', current_date, 'A decision')"));
        Assert.Equal("42501", refused.SqlState);
        Assert.Equal(HttpStatusCode.OK, (await market.Get((string?)null, "/v1/territories/kz-615253000")).StatusCode);
    }

    private async Task<string[]> RolesOf(Market.Member member) =>
        [.. (await Market.Body(await market.Get(member, "/v1/me")))["roles"]!.AsArray().Select(role => role!.GetValue<string>())];

    private Task<int> Count(string from) => market.Scalar<int>($"select count(*)::int from {from}");
}
