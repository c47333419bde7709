using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Marketplace.Logistics.Receipts;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests.Logistics;

public sealed class DeliveryTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_lower_weight_shortens_the_promise_and_a_higher_one_is_handed_back()
    {
        var farm = await market.ActiveFarm();
        var (_, promise, lot) = await market.OrderAwaitingDelivery(farm);
        await Market.Problem(await market.Weigh(promise, 105_001), HttpStatusCode.Conflict, "above-tolerance");
        await Market.Problem(await market.Weigh(promise, 0), HttpStatusCode.BadRequest, "net-not-positive");
        var client = Guid.NewGuid();
        var slip = await Market.Body(await market.Weigh(promise, 90_000, client: client));
        Assert.Equal(90_000, slip["delivered"]!["amount"]!.GetValue<long>());
        Assert.Equal(slip["id"]!.GetValue<Guid>(), (await Market.Body(await market.Weigh(promise, 90_000, client: client)))["id"]!.GetValue<Guid>());
        await Market.Problem(await market.Weigh(promise, 80_000, client: client), HttpStatusCode.Conflict, "client-id-reused");
        await Market.Problem(await market.Weigh(promise, 90_000), HttpStatusCode.Conflict, "already-weighed");
        var account = await market.AccountOf(lot);
        Assert.Equal((90_000, 90_000, 0, 90_000), (account.Ceiling, account.Certified, account.Promised, account.Delivered));
        Assert.Equal(account, await market.MovesOf(lot));
    }

    [Fact]
    public async Task Of_two_weighings_at_once_one_counts()
    {
        var farm = await market.ActiveFarm();
        var (_, promise, lot) = await market.OrderAwaitingDelivery(farm);
        var answers = await market.Race($"select 1 from orders.promise where id = '{promise["id"]}' for update", 2, _ => market.Weigh(promise, 100_000));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        await Market.Problem(answers.Single(answer => answer.StatusCode != HttpStatusCode.Created), HttpStatusCode.Conflict, "already-weighed");
        Assert.Equal(100_000, (await market.AccountOf(lot)).Delivered);
    }

    [Fact]
    public async Task Goods_travel_once_and_only_with_a_live_certificate()
    {
        var farm = await market.ActiveFarm();
        var (order, promise, _) = await market.OrderAwaitingDelivery(farm);
        var tender = (await Market.Body(await market.Weigh(promise, 100_000)))["id"]!.GetValue<Guid>();
        var answers = await market.Race($"select 1 from logistics.tender where id = '{tender}' for update", 2, _ => Load(order, tender));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        await Market.Problem(answers.Single(answer => answer.StatusCode != HttpStatusCode.Created), HttpStatusCode.Conflict, "already-loaded");
        var consignment = await Market.Body(answers.Single(answer => answer.IsSuccessStatusCode));
        Assert.Matches("^[0-9]{18}$", consignment["sscc"]!.GetValue<string>());

        // The lot's quantity was credited without a certificate: nothing vouches for it at dispatch.
        await Market.Problem(await market.Post(Role.CollectionOperator, $"/v1/consignments/{consignment["id"]}/dispatch"), HttpStatusCode.Conflict,
            "certificate-not-live");
        await Market.Problem(await market.Get(Role.RetailReceiver, $"/v1/consignments/{consignment["id"]}"), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_receipt_adds_up_and_happens_once()
    {
        var (order, consignment, tender) = await Dispatched();
        await Market.Problem(await Receive(consignment, tender, 60_000, 39_999, "QUA"), HttpStatusCode.BadRequest, "parts-do-not-add-up");
        await Market.Problem(await Receive(consignment, tender, 60_000, 40_000, null), HttpStatusCode.BadRequest, "reason-missing");
        await Market.Problem(await Receive(consignment, Guid.NewGuid(), 60_000, 40_000, "QUA"), HttpStatusCode.BadRequest, "parts-incomplete");
        var answers = await market.Race($"select 1 from logistics.consignment where id = '{consignment}' for update", 2, _ =>
            Receive(consignment, tender, 60_000, 40_000, "QUA"));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        await Market.Problem(answers.Single(answer => answer.StatusCode != HttpStatusCode.Created), HttpStatusCode.Conflict, "already-received");
        Assert.Equal("received", await market.StageOf(order));
    }

    [Fact]
    public async Task Silence_accepts_after_a_day()
    {
        var (_, consignment, _) = await Dispatched();
        var worker = market.Services.GetRequiredService<ReceiptDeadlines>();
        Assert.Equal(0, await worker.Pass(default));
        await market.Advance(TimeSpan.FromHours(24.1));
        Assert.Equal(1, await worker.Pass(default));
        Assert.Equal(0, await worker.Pass(default));
        Assert.Equal(100_000, await market.Scalar<long>($"""
            select p.accepted from logistics.receipt r join logistics.receipt_part p on p.receipt_id = r.id where r.consignment_id = '{consignment}'
            """));
    }

    private async Task<(Guid Order, Guid Consignment, Guid Tender)> Dispatched()
    {
        var farm = await market.ActiveFarm();
        var (order, promise, _) = await market.OrderAwaitingDelivery(farm);
        var tender = (await Market.Body(await market.Weigh(promise, 100_000)))["id"]!.GetValue<Guid>();
        var consignment = (await Market.Body(await Load(order, tender)))["id"]!.GetValue<Guid>();

        // Certification has tests of its own: here the despatch is written as if its certificates had been live.
        await market.Within(async services =>
        {
            Assert.Null(await services.GetRequiredService<IOrders>().Advance(PurchaseOrderId.From(order), "dispatch", default));
            return true;
        });
        await market.Owner($"update logistics.consignment set stage = 'dispatched', dispatched_at = kernel.now() where id = '{consignment}'");
        return (order, consignment, tender);
    }

    private Task<HttpResponseMessage> Load(Guid order, Guid tender) =>
        market.Post(Role.CollectionOperator, "/v1/consignments", new { order, tenders = new[] { tender } });

    private Task<HttpResponseMessage> Receive(Guid consignment, Guid tender, long accepted, long rejected, string? reason) =>
        market.Post(Role.RetailReceiver, "/v1/receipts", new
        {
            consignment,
            parts = new[] { new { tender, accepted = new { amount = accepted, unit = "GRM" }, rejected = new { amount = rejected, unit = "GRM" }, reason } },
        });
}
