using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Certification;

/// <summary>What a suspension does to goods that are for sale, reserved, promised and on their way, in the commit of the suspension itself.</summary>
public sealed class StopGoodsTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task Promised_goods_are_taken_back_at_once_the_buyer_is_told_and_others_are_asked()
    {
        var (story, order, promise) = await Promised("onion");
        Assert.Equal("firm", await market.StageOf(order));
        Assert.Equal(HttpStatusCode.NoContent, (await Change(story, "suspension")).StatusCode);

        // Nothing was delivered to any subscriber yet: all this is the suspension's own commit.
        var account = await market.AccountOf(story.Lot);
        Assert.Equal((0, 0, 1), (account.Reserved, account.Promised, account.Holds));
        Assert.Equal(account, await market.MovesOf(story.Lot));
        Assert.Equal("stopped", (await PromiseOf(order, promise))["state"]!.GetValue<string>());
        Assert.Equal(1L, await Told("goods-stopped", order));
        Assert.Equal(1L, await market.Scalar<long>($"select count(*) from messages.message where template = 'certificate-changed' and \"values\"->>'serial' = '{story.Serial}'"));
        Assert.DoesNotContain(story.Lot, await market.Offers("?product=onion"));

        var other = await market.CertifiedLot(await market.ActiveFarm(), "onion");
        await market.Drain();
        Assert.Equal("confirming", await market.StageOf(order));
        var asked = Assert.Single(await market.PromisesOf(order, "offered"));
        Assert.Equal(other.Lot.Value, asked["lot"]!.GetValue<Guid>());

        Assert.Equal(HttpStatusCode.NoContent, (await Change(story, "reinstatement")).StatusCode);
        account = await market.AccountOf(story.Lot);
        Assert.Equal((0, 0), (account.Promised, account.Holds));
        Assert.Equal("stopped", (await PromiseOf(order, promise))["state"]!.GetValue<string>());
        await Market.Problem(await market.Weigh(promise, 100_000), HttpStatusCode.Conflict, "not-confirmed");
    }

    [Fact]
    public async Task Goods_that_are_asked_for_are_no_longer_asked_for()
    {
        var farm = await market.ActiveFarm();
        var story = await market.CertifiedLot(farm, "garlic");
        var order = await market.PlacedOrder(product: "garlic");
        var promise = Assert.Single(await market.PromisesOf(order));
        Assert.Equal(HttpStatusCode.NoContent, (await Change(story, "withdrawal")).StatusCode);
        Assert.Equal(0, (await market.AccountOf(story.Lot)).Reserved);
        await Market.Problem(await market.Answer(farm, promise, 100_000), HttpStatusCode.Conflict, "already-answered");
        await market.Drain();
        Assert.Equal("firm", await market.StageOf(order));
        Assert.Empty(await market.PromisesOf(order, "offered"));
    }

    [Fact]
    public async Task A_reservation_loses_the_stopped_part_and_keeps_the_others()
    {
        var (bad, good) = (await market.CertifiedLot(await market.ActiveFarm(), "carrot"), await market.CertifiedLot(await market.ActiveFarm(), "carrot"));
        var buyer = market.Cast(Role.RetailBuyer);
        var reservation = await Market.Body(await market.Post(buyer, "/v1/reservations", new
        {
            parts = new[] { new { lot = bad.Lot, amount = 40_000 }, new { lot = good.Lot, amount = 30_000 } },
        }));
        Assert.Equal(HttpStatusCode.NoContent, (await Change(bad, "suspension")).StatusCode);
        Assert.Equal((0L, 30_000L), ((await market.AccountOf(bad.Lot)).Reserved, (await market.AccountOf(good.Lot)).Reserved));
        Assert.Equal(1L, await market.Scalar<long>($"select count(*) from messages.message where template = 'reservation-stopped' and person = '{buyer.Person}'"));
        var left = (await Market.Body(await market.Get(buyer, $"/v1/reservations/{reservation["id"]}")))["parts"]!.AsArray();
        Assert.Equal(good.Lot.Value, Assert.Single(left)!["lot"]!.GetValue<Guid>());
        Assert.Equal(HttpStatusCode.NoContent, (await market.Post(buyer, $"/v1/reservations/{reservation["id"]}/release")).StatusCode);
        foreach (var lot in new[] { bad.Lot, good.Lot })
        {
            var account = await market.AccountOf(lot);
            Assert.Equal(0, account.Reserved);
            Assert.Equal(account, await market.MovesOf(lot));
        }
    }

    [Fact]
    public async Task Goods_on_their_way_are_flagged_until_cleared_and_used_up_when_received()
    {
        var (story, order, promise) = await Promised("potato");
        var tender = (await Market.Body(await market.Weigh(promise, 90_000)))["id"]!.GetValue<Guid>();
        Assert.Equal(HttpStatusCode.NoContent, (await Change(story, "suspension")).StatusCode);
        Assert.NotNull((await PromiseOf(order, promise))["stoppedAt"]);
        Assert.Equal((0L, 1L), (await Told("goods-stopped", order), await Told("goods-on-the-way-stopped", order)));
        var load = await Market.Body(await market.Post(Role.CollectionOperator, "/v1/consignments", new { order, tenders = new[] { tender } }));
        await Market.Problem(await market.Post(Role.CollectionOperator, $"/v1/consignments/{load["id"]}/dispatch"), HttpStatusCode.Conflict, "lot-held");

        Assert.Equal(HttpStatusCode.NoContent, (await Change(story, "reinstatement")).StatusCode);
        Assert.Null((await PromiseOf(order, promise))["stoppedAt"]);
        Assert.Equal(1L, await Told("goods-cleared", order));

        // Everything that was certified arrives: what was missing at the scale was never there.
        await Market.Body(await market.Post(Role.CollectionOperator, $"/v1/consignments/{load["id"]}/dispatch"));
        await market.Drain();
        Assert.Equal("active", await State(story));
        await Market.Body(await market.Post(Role.RetailReceiver, "/v1/receipts", new
        {
            consignment = load["id"]!.GetValue<Guid>(),
            parts = new[] { new { tender, accepted = new { amount = 80_000, unit = "GRM" }, rejected = new { amount = 10_000, unit = "GRM" }, reason = "QUA" } },
        }));
        await market.Drain();
        Assert.Equal("depleted", await State(story));
        Assert.Equal("depleted", (await Market.Body(await market.Post((string?)null, "/v1/verifications", new
        {
            text = (await Market.Body(await market.Get((string?)null, $"/v1/certificates/{story.Serial}")))["label"]!.GetValue<string>(),
        })))["verdict"]!.GetValue<string>());
        await Market.Problem(await Change(story, "suspension"), HttpStatusCode.Conflict, "wrong-state");
    }

    [Fact]
    public async Task A_certificate_with_something_left_to_sell_is_not_used_up()
    {
        var farm = await market.ActiveFarm();
        var story = await market.CertifiedLot(farm, "beetroot");
        var order = await market.PlacedOrder(60_000, "beetroot");
        var promise = Assert.Single(await market.PromisesOf(order));
        await Market.Body(await market.Answer(farm, promise, promise["offered"]!["amount"]!.GetValue<long>()));
        await market.Drain();
        var tender = (await Market.Body(await market.Weigh(promise, 60_000)))["id"]!.GetValue<Guid>();
        var load = await Market.Body(await market.Post(Role.CollectionOperator, "/v1/consignments", new { order, tenders = new[] { tender } }));
        await Market.Body(await market.Post(Role.CollectionOperator, $"/v1/consignments/{load["id"]}/dispatch"));
        await Market.Body(await market.Post(Role.RetailReceiver, "/v1/receipts", new
        {
            consignment = load["id"]!.GetValue<Guid>(),
            parts = new[] { new { tender, accepted = new { amount = 60_000, unit = "GRM" }, rejected = new { amount = 0, unit = "GRM" } } },
        }));
        await market.Drain();
        Assert.Equal("active", await State(story));
    }

    [Fact]
    public async Task Of_a_hundred_reservations_racing_a_suspension_none_is_left_after_it()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm(), "cabbage");
        var buyer = market.Cast(Role.RetailBuyer);
        var answers = await market.Race($"select 1 from supply.lot_account where lot_id = '{story.Lot}' for update", 101,
            at => at == 50 ? Change(story, "suspension") : market.Reserve(buyer, story.Lot, 1_000));
        Assert.All(answers, answer => Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.Created, HttpStatusCode.Conflict, HttpStatusCode.NoContent }));
        var account = await market.AccountOf(story.Lot);
        Assert.Equal((0, 1), (account.Reserved, account.Holds));
        Assert.Equal(account, await market.MovesOf(story.Lot));
        Assert.Equal(HttpStatusCode.Conflict, (await market.Reserve(buyer, story.Lot, 1_000)).StatusCode);
        Assert.Equal(0L, await market.Scalar<long>($"select count(*) from supply.reservation_part where lot_id = '{story.Lot}' and released_at is null"));
    }

    [Fact]
    public async Task An_answer_and_a_weighing_racing_a_suspension_leave_nothing_promised()
    {
        var farm = await market.ActiveFarm();
        var story = await market.CertifiedLot(farm, "apple");
        var order = await market.PlacedOrder(product: "apple");
        var promise = Assert.Single(await market.PromisesOf(order));
        var offered = promise["offered"]!["amount"]!.GetValue<long>();
        var answers = await market.Race($"select 1 from orders.promise where id = '{promise["id"]}' for update", 4,
            at => at == 0 ? Change(story, "suspension") : market.Answer(farm, promise, offered));
        Assert.Equal(HttpStatusCode.NoContent, answers[0].StatusCode);
        var account = await market.AccountOf(story.Lot);
        Assert.Equal((0, 0, 1), (account.Reserved, account.Promised, account.Holds));
        Assert.Equal(account, await market.MovesOf(story.Lot));
        Assert.Equal("stopped", (await PromiseOf(order, promise))["state"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_order_placed_into_a_suspension_keeps_nothing_of_the_lot()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm(), "plum");
        var order = await market.DraftedOrder(product: "plum");
        await Market.Body(await market.Post(Role.RetailBuyer, $"/v1/orders/{order}/submission"));
        await Market.Body(await market.Post(Role.RetailBuyer, $"/v1/orders/{order}/placement"));
        var answers = await market.Race($"select 1 from supply.lot_account where lot_id = '{story.Lot}' for update", 2, async at =>
        {
            if (at == 1)
            {
                return await Change(story, "suspension");
            }

            await market.Drain(); // the first round reserves the lot and asks the household
            return new HttpResponseMessage(HttpStatusCode.OK);
        });
        Assert.Equal(HttpStatusCode.NoContent, answers[1].StatusCode);
        await market.Drain();
        var account = await market.AccountOf(story.Lot);
        Assert.Equal((0, 0, 1), (account.Reserved, account.Promised, account.Holds));
        Assert.Empty(await market.PromisesOf(order, "offered"));
    }

    private async Task<(Market.CertifiedLotStory Story, Guid Order, JsonNode Promise)> Promised(string product)
    {
        var farm = await market.ActiveFarm();
        var story = await market.CertifiedLot(farm, product);
        var order = await market.PlacedOrder(product: product);
        var promise = Assert.Single(await market.PromisesOf(order));
        await Market.Body(await market.Answer(farm, promise, 100_000));
        await market.Drain();
        return (story, order, promise);
    }

    private Task<HttpResponseMessage> Change(Market.CertifiedLotStory story, string what) =>
        market.Post(Role.QualityManager, $"/v1/certificates/{story.Serial}/{what}", new { reason = "A tip was followed up." });

    private async Task<JsonNode> PromiseOf(Guid order, JsonNode promise) =>
        (await market.PromisesOf(order)).Single(one => one["id"]!.GetValue<Guid>() == promise["id"]!.GetValue<Guid>());

    private Task<long> Told(string template, Guid order) => market.Scalar<long>($"""
        select count(*) from messages.message m join orders.purchase_order o on o.number = m."values"->>'order'
         where m.template = '{template}' and o.id = '{order}' and m.person = o.placed_by
        """);

    private Task<string> State(Market.CertifiedLotStory story) =>
        market.Scalar<string>($"select state::text from certification.certificate where serial = '{story.Serial}'");
}
