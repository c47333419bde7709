using System.Net;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Orders.Promises;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests.Orders;

public sealed class OrderTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task An_order_within_the_limit_is_placed_allocated_and_firm_after_the_last_answer()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm, "carrot");
        var order = await market.PlacedOrder(60_000, "carrot");
        Assert.Equal("confirming", await market.StageOf(order));
        var promise = Assert.Single(await market.PromisesOf(order));
        Assert.Equal(60_000, (await market.AccountOf(lot)).Reserved);
        await Market.Problem(await market.Answer(farm, promise, 60_001), HttpStatusCode.BadRequest, "above-offer");
        await Market.Problem(await market.Answer(farm, promise, 0), HttpStatusCode.BadRequest, "reason-required");
        await Market.Body(await market.Answer(farm, promise, 60_000));
        await Market.Problem(await market.Answer(farm, promise, 60_000), HttpStatusCode.Conflict, "already-answered");
        await market.Drain();
        Assert.Equal("firm", await market.StageOf(order));
        Assert.Equal(60_000, (await market.AccountOf(lot)).Promised);
        var allocation = await Market.Body(await market.Get(Role.RetailBuyer, $"/v1/orders/{order}/allocation"));
        Assert.Equal(0, allocation["runs"]![0]!["lines"]![0]!["unserved"]!["amount"]!.GetValue<long>());
        await Market.Problem(await market.Get("retail_buyer_2", $"/v1/orders/{order}"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get("retail_buyer_2", $"/v1/orders/{order}/allocation"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get("retail_buyer_2", $"/v1/promises?order={order}"), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task What_a_household_declines_is_asked_of_another()
    {
        var first = await market.ActiveFarm();
        var second = await market.ActiveFarm();
        var cheap = await market.SellableLot(first, "onion", 50_000, "100.0000");
        var dear = await market.SellableLot(second, "onion", 50_000, "180.0000");
        var order = await market.PlacedOrder(50_000, "onion");
        var asked = await market.PromisesOf(order);
        foreach (var promise in asked.Where(one => one["household"]!.GetValue<Guid>() == first.Household.Value))
        {
            await Market.Body(await market.Answer(first, promise, 0, "Sold at the bazaar."));
        }

        await market.Drain();
        Assert.Equal(0, (await market.AccountOf(cheap)).Reserved);
        Assert.Equal(50_000, (await market.AccountOf(dear)).Reserved);
        Assert.Equal(2, await market.Scalar<long>($"select count(distinct household_id) from orders.promise where order_id = '{order}'"));
    }

    [Fact]
    public async Task Nobody_approves_an_order_they_wrote()
    {
        // One person with both roles, given before the first request so that no remembered rights are stale.
        var both = await market.NewMember(Role.RetailBuyer, market.Cast(Role.RetailBuyer).Organisation);
        await market.Within(async services =>
        {
            await services.GetRequiredService<IPeople>().Grant(both.Person, Role.RetailApprover, both.Organisation, null, null, default);
            return true;
        });
        var drafted = await Market.Body(await market.Post(both, "/v1/orders", market.OrderDraft(1_000_000_000)));
        var order = drafted["id"]!.GetValue<Guid>();
        var submitted = await Market.Body(await market.Post(both, $"/v1/orders/{order}/submission"));
        Assert.Equal("approval", submitted["stage"]!.GetValue<string>());
        await Market.Problem(await market.Post(both, $"/v1/orders/{order}/placement"), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Problem(await market.Post(both, $"/v1/orders/{order}/approval", new { approved = true, reason = "My own." }), HttpStatusCode.Conflict, "own-work");
        var approved = await Market.Body(await market.Post(Role.RetailApprover, $"/v1/orders/{order}/approval", new { approved = true, reason = "Within budget." }));
        Assert.Equal("approved", approved["stage"]!.GetValue<string>());
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => market.AsApplication($"update orders.purchase_order set value_at_maximum = 1 where id = '{order}'"));
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => market.AsApplication($"delete from orders.order_line where order_id = '{order}'"));
    }

    [Fact]
    public async Task A_draft_is_edited_from_the_version_read()
    {
        var order = await market.DraftedOrder();
        var buyer = market.Cast(Role.RetailBuyer);
        await Market.Problem(await market.Put(buyer, $"/v1/orders/{order}", market.OrderDraft(5_000)), HttpStatusCode.PreconditionRequired, "if-match-required");
        await Market.Problem(await market.Put(buyer, $"/v1/orders/{order}", market.OrderDraft(5_000), "\"7\""), HttpStatusCode.PreconditionFailed, "stale");
        var edited = await Market.Body(await market.Put(buyer, $"/v1/orders/{order}", market.OrderDraft(5_000), "\"1\""));
        Assert.Equal(5_000, edited["lines"]![0]!["quantity"]!["amount"]!.GetValue<long>());
    }

    [Theory]
    [InlineData("potato\"", "no_such\"", "product-unknown")]
    [InlineData("\"per\":\"KGM\"", "\"per\":\"LTR\"", "unit-mismatch")]
    [InlineData("\"currency\":\"KZT\",\"per\"", "\"currency\":\"KGS\",\"per\"", "currency-mismatch")]
    [InlineData("\"amount\":100000", "\"amount\":0", "quantity-zero")]
    [InlineData("\"tolerancePercent\":5", "\"tolerancePercent\":51", "invalid")]
    [InlineData("\"paymentTermDays\":10", "\"paymentTermDays\":181", "invalid")]
    [InlineData("\"deliveryPlace\":\"Central store\"", "\"deliveryPlace\":\"\"", "invalid")]
    [InlineData("kz-615200000", "kz-000000000", "territory-unknown")]
    [InlineData("\"minimumFillPercent\":50", "\"minimumFillPercent\":101", "invalid")]
    public async Task A_wrong_draft_is_refused_with_its_code(string right, string wrong, string code)
    {
        var text = System.Text.Json.JsonSerializer.Serialize(market.OrderDraft(), Market.Wire);
        Assert.Contains(right, text);
        await Market.Problem(await market.Post(Role.RetailBuyer, "/v1/orders", text.Replace(right, wrong)), HttpStatusCode.BadRequest, code);
    }

    [Fact]
    public async Task Of_two_answers_at_once_one_counts()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm, "cabbage");
        var order = await market.PlacedOrder(40_000, "cabbage");
        var promise = Assert.Single(await market.PromisesOf(order));
        var answers = await market.Race($"select 1 from orders.promise where id = '{promise["id"]}' for update", 2, at =>
            market.Answer(farm, promise, at == 0 ? 40_000 : 10_000));
        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Conflict);
        var account = await market.AccountOf(lot);
        Assert.Equal(0, account.Reserved);
        Assert.Contains(account.Promised, new[] { 40_000L, 10_000L });
        Assert.Equal(account, await market.MovesOf(lot));
    }

    [Fact]
    public async Task Silence_gives_the_goods_back_and_a_late_answer_is_refused()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm, "beetroot");
        var order = await market.PlacedOrder(40_000, "beetroot");
        var promise = Assert.Single(await market.PromisesOf(order));
        await market.Advance(TimeSpan.FromHours(25));
        await Market.Problem(await market.Answer(farm, promise, 40_000), HttpStatusCode.Conflict, "too-late");
        await market.Services.GetRequiredService<PromiseDeadlines>().Pass(default);
        await market.Drain();
        Assert.Equal("firm", await market.StageOf(order));
        Assert.Equal(0, (await market.AccountOf(lot)).Reserved);
        var cancelled = await Market.Body(await market.Post(Role.RetailBuyer, $"/v1/orders/{order}/cancellation"));
        Assert.Equal("cancelled", cancelled["stage"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_cancelled_order_gives_everything_back()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm, "garlic");
        var order = await market.PlacedOrder(40_000, "garlic");
        await Market.Body(await market.Post(Role.RetailBuyer, $"/v1/orders/{order}/cancellation"));
        var account = await market.AccountOf(lot);
        Assert.Equal((0, 0), (account.Reserved, account.Promised));
        await Market.Problem(await market.Post(Role.RetailBuyer, $"/v1/orders/{order}/cancellation"), HttpStatusCode.Conflict, "wrong-stage");
    }
}
