using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Oversight.Funnels;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests.Oversight.Funnels;

public sealed class SeeFunnelTests(Market market) : IClassFixture<Market>
{
    private static readonly UnitPrice Frozen = new(2_000_000, "KZT", "KGM");

    [Fact]
    public async Task A_lot_is_counted_at_every_step_of_its_way_to_the_money()
    {
        var farm = await market.FarmIn(Market.Village);
        var story = await market.ListedLot(farm, "potato", 100_000, "150.0000");
        await Sell(story.Lot, farm.Household, 60_000, accepted: 50_000);
        await Decline(story.Lot, farm.Household);

        var steps = await Steps(Role.OkrugAkim, Market.Village);

        Assert.Equal(
            "registered 1 0 - - | declared 1 1 100000 GRM 1500000 | applied 1 1 100000 GRM 1500000 | certified 1 1 100000 GRM 1500000 | "
            + "listed 1 1 100000 GRM 1500000 | allocated 1 1 60000 GRM 1200000 | confirmed 1 1 60000 GRM 1200000 | delivered 1 1 50000 GRM 1000000 | "
            + "paid 1 1 50000 GRM 970000",
            string.Join(" | ", steps.Select(Line)));
        Assert.Equal(2, await market.Scalar<long>("select count(*) from oversight.chain_step where step in ('confirmed', 'delivered')")); // a refusal is no step
        Assert.All(steps.Skip(1), step => Assert.InRange(step!["medianDays"]!.GetValue<double>(), 0, 1));
        Assert.Equal(0, (await Steps(Role.OkrugAkim, Market.Village, "?product=onion"))[1]!["lots"]!.GetValue<int>());
        Assert.Equal(1, (await Steps(Role.OkrugAkim, Market.Village, $"?from={market.Today:yyyy-MM-dd}&to={market.Today:yyyy-MM-dd}"))[8]!["lots"]!.GetValue<int>());
        Assert.Equal(0, (await Steps(Role.OkrugAkim, Market.Village, $"?to={market.Today.AddDays(-1):yyyy-MM-dd}"))[8]!["lots"]!.GetValue<int>());

        await Delivering_an_event_again_and_rebuilding_change_nothing();
    }

    private async Task Delivering_an_event_again_and_rebuilding_change_nothing()
    {
        const string facts = "select string_agg(c::text, E'\\n' order by stream, number) from oversight.chain_step c";
        var live = await market.Scalar<string>(facts);
        await market.Owner("""
            insert into kernel.delivery (tenant_id, subscriber, event_id, recorded_at, run_at)
            select tenant_id, 'CountWhenHappened', id, recorded_at, now() from kernel.event where type in ('LotDeclared', 'HouseholdPaid')
            """);
        await market.Drain();
        Assert.Equal(live, await market.Scalar<string>(facts));

        await market.Within(services => Funnel.Rebuild(services.GetRequiredService<Database>(), services.GetRequiredService<ChainFacts>(), default));
        Assert.Equal(live, await market.Scalar<string>(facts));
    }

    [Fact]
    public async Task An_akim_sees_the_own_territory_and_no_other()
    {
        var district = (await Market.Body(await market.Get(Role.OkrugAkim, $"/v1/territories/{Market.District}/funnel")))["territory"]!.GetValue<string>();
        Assert.Equal(Market.District, district);

        foreach (var path in new[] { "kz-610000000/funnel", "kz-434041100/funnel", "kz-434041100/funnel/children", "kz-999999999/funnel" })
        {
            await Market.Problem(await market.Get(Role.OkrugAkim, $"/v1/territories/{path}"), HttpStatusCode.NotFound, "not-found");
        }

        await Market.Problem(await market.Get(Role.Auditor, "/v1/territories/kz-999999999/funnel"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get(Role.RetailBuyer, $"/v1/territories/{Market.District}/funnel"), HttpStatusCode.Forbidden, "forbidden");
        await Market.Problem(await market.Get((string?)null, $"/v1/territories/{Market.District}/funnel"), HttpStatusCode.Unauthorized, "signed-out");
    }

    [Theory]
    [InlineData("?from=2026-02-02&to=2026-02-01")]
    [InlineData("?to=9999-12-31")]
    [InlineData("?from=0001-01-01")]
    public async Task A_period_is_sane(string query) => await Market.Problem(
        await market.Get(Role.Auditor, $"/v1/territories/{Market.District}/funnel{query}"), HttpStatusCode.BadRequest, "bad-period");

    private async Task Sell(LotId lot, HouseholdId household, long amount, long accepted)
    {
        var (promise, order) = (PromiseId.New(), PurchaseOrderId.New());
        await market.Publish(Guid.CreateVersion7(), new ApplicationSubmitted(CertificationApplicationId.New(), lot, "PLANT-BATCH"));
        await market.Publish(promise.Value, new LotAllocated(promise, order, lot, household, new Quantity(amount, "GRM"), Frozen));
        await market.Publish(promise.Value, new PromiseAnswered(promise, order, lot, household, new Quantity(amount, "GRM"), Frozen));
        await market.Publish(order.Value, new LotReceived(
            ReceiptId.New(), promise, order, lot, household, new Quantity(accepted, "GRM"), new Quantity(amount - accepted, "GRM"), Frozen));
        await market.Publish(Guid.CreateVersion7(), new HouseholdPaid(
            PayoutId.New(), household, lot, order, new Quantity(accepted, "GRM"), new Money(970_000, "KZT")));
        await market.Drain();
    }

    private async Task Decline(LotId lot, HouseholdId household)
    {
        var (promise, order) = (PromiseId.New(), PurchaseOrderId.New());
        await market.Publish(promise.Value, new PromiseAnswered(promise, order, lot, household, new Quantity(0, "GRM"), Frozen));
        await market.Publish(order.Value, new LotReceived(
            ReceiptId.New(), promise, order, lot, household, new Quantity(0, "GRM"), new Quantity(1_000, "GRM"), Frozen));
        await market.Drain();
    }

    private async Task<JsonArray> Steps(string role, string territory, string query = "") =>
        (await Market.Body(await market.Get(role, $"/v1/territories/{territory}/funnel{query}")))["steps"]!.AsArray();

    private static string Line(JsonNode? step) => $"{step!["step"]} {step["households"]} {step["lots"]} "
        + (step["quantities"]!.AsArray() is [{ } quantity] ? $"{quantity["amount"]} {quantity["unit"]} " : "- ")
        + (step["values"]!.AsArray() is [{ } value] ? value["minor"]!.ToString() : "-");
}
