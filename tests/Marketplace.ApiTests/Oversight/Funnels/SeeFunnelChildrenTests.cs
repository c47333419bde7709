using System.Net;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests.Oversight.Funnels;

public sealed class SeeFunnelChildrenTests(Market market) : IClassFixture<Market>
{
    /// <summary>One okrug with villages of 2, 6 and 9 households: the 2 are hidden, and the 6 with them, since 17 − 9 − 6 would tell.</summary>
    [Fact]
    public async Task Few_households_are_hidden_from_strangers_and_so_is_what_gives_them_away()
    {
        const string okrug = "kz-115630000";
        var villages = await market.Within(async services => await services.GetRequiredService<Database>().List<string>(
            $"select code from registry.public_territory where parent = {okrug} order by code limit 3", default));
        await Register(villages[0], 2);
        await Register(villages[1], 6);
        await Register(villages[2], 9);
        var stranger = await market.NewMember(Role.DistrictOfficer, territory: Market.District);
        var own = await market.NewMember(Role.DistrictOfficer, territory: okrug);

        Assert.Equal([null, null, 9], await Children(stranger));
        Assert.Equal([2, 6, 9], await Children(own));
        Assert.Equal([2, 6, 9], await Children(market.Cast(Role.Auditor)));

        // Asked for one by one, the villages tell no more than in the list.
        Assert.Null(await Registered(stranger, villages[0]));
        Assert.Null(await Registered(stranger, villages[1]));
        Assert.Equal(9, await Registered(stranger, villages[2]));
        Assert.Equal(17, await Registered(stranger, okrug));
        Assert.Equal([null, null, 9], await Children(market.Cast(Role.PlatformAdministrator)));

        foreach (var query in new[] { "?from=2026-01-01", "?product=potato" })
        {
            await Market.Problem(await market.Get(stranger, $"/v1/territories/{okrug}/funnel{query}"), HttpStatusCode.Conflict, "outside-duty");
            await Market.Problem(await market.Get(stranger, $"/v1/territories/{okrug}/funnel/children{query}"), HttpStatusCode.Conflict, "outside-duty");
        }

        async Task<int?[]> Children(Market.Member official) =>
        [
            .. (await Market.Body(await market.Get(official, $"/v1/territories/{okrug}/funnel/children")))["items"]!.AsArray()
                .Select(child => child!["steps"]![0]!["households"]?.GetValue<int>()),
        ];

        async Task<int?> Registered(Market.Member official, string territory) =>
            (await Market.Body(await market.Get(official, $"/v1/territories/{territory}/funnel")))["steps"]![0]!["households"]?.GetValue<int>();
    }

    private async Task Register(string village, int households)
    {
        for (var i = 0; i < households; i++)
        {
            var household = HouseholdId.New();
            await market.Publish(household.Value, new HouseholdRegistered(household, TerritoryCode.From(village)));
        }

        await market.Drain();
    }
}
