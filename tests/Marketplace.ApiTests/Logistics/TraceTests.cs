using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Logistics;

/// <summary>Goods of two households in one load, followed both ways by everybody around them.</summary>
public sealed class TraceTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task Everybody_follows_what_is_theirs_from_any_end_in_one_call()
    {
        var (first, second) = (await market.ActiveFarm(), await market.ActiveFarm());
        var stories = new[] { await market.CertifiedLot(first), await market.CertifiedLot(second) };
        await market.Drain();
        var order = await market.PlacedOrder(200_000);
        var tenders = new List<Guid>();
        foreach (var promise in await market.PromisesOf(order))
        {
            var farm = promise["household"]!.GetValue<Guid>() == first.Household.Value ? first : second;
            await Market.Body(await market.Answer(farm, promise, 100_000));
            await market.Drain();
            tenders.Add((await Market.Body(await market.Weigh(promise, 100_000)))["id"]!.GetValue<Guid>());
        }

        var waiting = await Trace(Role.CooperativeManager, $"order={order}");
        Assert.All(waiting["moves"]!.AsArray(), move => Assert.Null(move!["sscc"]));
        await Market.Problem(await market.Get(Role.RetailReceiver, $"/v1/traces?order={order}"), HttpStatusCode.NotFound, "not-found");

        var load = await Market.Body(await market.Post(Role.CollectionOperator, "/v1/consignments", new { order, tenders }));
        await Market.Problem(await market.Get(Role.RetailReceiver, $"/v1/traces?order={order}"), HttpStatusCode.NotFound, "not-found");
        await Market.Body(await market.Post(Role.CollectionOperator, $"/v1/consignments/{load["id"]}/dispatch"));
        await Market.Body(await market.Post(Role.RetailReceiver, "/v1/receipts", new
        {
            consignment = load["id"]!.GetValue<Guid>(),
            parts = tenders.Select((tender, at) => new
            {
                tender, accepted = new { amount = 100_000 - (at * 30_000), unit = "GRM" }, rejected = new { amount = at * 30_000, unit = "GRM" },
                reason = at == 0 ? null : "QUA",
            }),
        }));

        var sscc = load["sscc"]!.GetValue<string>();
        foreach (var start in (string[])[$"order={order}", $"sscc={sscc}"])
        {
            var seen = await Trace(Role.RetailReceiver, start);
            Assert.Equal(stories.Select(story => story.Lot.Value).Order(), seen["lots"]!.AsArray().Select(lot => lot!["lot"]!.GetValue<Guid>()).Order());
            Assert.All(seen["lots"]!.AsArray(), lot => Assert.Null(lot!["household"]));
            Assert.Equal(stories.Select(story => story.Serial).Order(), seen["moves"]!.AsArray().Select(move => move!["certificateSerial"]!.GetValue<string>()).Order());
            Assert.All(seen["moves"]!.AsArray(), move => Assert.Equal(sscc, move!["sscc"]!.GetValue<string>()));
            Assert.Equal((200_000L, 170_000L, 30_000L), (Sum(seen, "weighed"), Sum(seen, "accepted"), Sum(seen, "rejected")));
        }

        foreach (var start in (string[])[$"certificate={stories[0].Serial}", $"lot={stories[0].Lot}"])
        {
            Assert.Equal(sscc, Assert.Single((await Trace(Role.RetailBuyer, start))["moves"]!.AsArray())!["sscc"]!.GetValue<string>());
            Assert.Equal(first.Household.Value, Assert.Single((await Trace(Role.CooperativeManager, start))["lots"]!.AsArray())!["household"]!.GetValue<Guid>());
            Assert.Equal(first.Household.Value, Assert.Single((await Trace(Role.QualityManager, start))["lots"]!.AsArray())!["household"]!.GetValue<Guid>());
            Assert.Null(Assert.Single((await Trace(Role.Auditor, start))["lots"]!.AsArray())!["household"]);
            Assert.Equal(2, (await Market.Body(await market.Get(first.Head, $"/v1/traces?{start}"))).AsObject().Count);
            await Market.Problem(await market.Get(second.Head, $"/v1/traces?{start}"), HttpStatusCode.NotFound, "not-found");
            await Market.Problem(await market.Get("retail_buyer_2", $"/v1/traces?{start}"), HttpStatusCode.NotFound, "not-found");
            await Market.Problem(await market.Get(Role.VillageAgent, $"/v1/traces?{start}"), HttpStatusCode.NotFound, "not-found");
        }

        var own = await Market.Body(await market.Get(second.Head, $"/v1/traces?order={order}"));
        Assert.Equal(stories[1].Lot.Value, Assert.Single(own["lots"]!.AsArray())!["lot"]!.GetValue<Guid>());
        Assert.Equal(second.Household.Value, Assert.Single(own["lots"]!.AsArray())!["household"]!.GetValue<Guid>());
        Assert.Single(own["moves"]!.AsArray());
    }

    [Fact]
    public async Task A_trace_begins_at_one_thing_that_is_there()
    {
        var lot = await market.DeclaredLot(await market.ActiveFarm());
        Assert.Empty((await Trace(Role.Auditor, $"lot={lot}"))["moves"]!.AsArray());
        await Market.Problem(await market.Get(Role.Auditor, "/v1/traces"), HttpStatusCode.BadRequest, "one-start");
        await Market.Problem(await market.Get(Role.Auditor, $"/v1/traces?lot={lot}&sscc=048700000000000011"), HttpStatusCode.BadRequest, "one-start");
        await Market.Problem(await market.Get(Role.Auditor, $"/v1/traces?lot={Guid.NewGuid()}"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get(Role.Auditor, "/v1/traces?certificate=KZ-26-999999-9"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get(Role.Auditor, "/v1/traces?sscc=12"), HttpStatusCode.BadRequest, "invalid");
        await Market.Problem(await market.Get((string?)null, $"/v1/traces?lot={lot}"), HttpStatusCode.Unauthorized, "signed-out");
        await Market.Problem(await market.Get(Role.RetailBuyer, $"/v1/traces?lot={lot}"), HttpStatusCode.NotFound, "not-found");
    }

    private async Task<JsonNode> Trace(string role, string start) => await Market.Body(await market.Get(role, $"/v1/traces?{start}"));

    private static long Sum(JsonNode trace, string part) => trace["lots"]!.AsArray().Sum(lot => lot![part]!["amount"]!.GetValue<long>());
}
