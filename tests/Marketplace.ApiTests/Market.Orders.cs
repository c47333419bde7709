using System.Globalization;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests;

public sealed partial class Market
{
    /// <summary>An order of one line as a buyer writes it.</summary>
    public object OrderDraft(long amount = 100_000, string product = "potato", string maxPrice = "200.0000", int days = 5) => new
    {
        currency = "KZT",
        paymentTermDays = 10,
        confirmBy = Clock.GetUtcNow().AddHours(30),
        minimumFillPercent = 50,
        lines = new[]
        {
            new
            {
                product,
                quantity = new { amount, unit = UnitOf(product).Step },
                tolerancePercent = 5,
                maxPrice = new { value = maxPrice, currency = "KZT", per = UnitOf(product).Trading },
                deliveryPlace = "Central store",
                deliveryTerritory = District,
                windowFrom = Today.AddDays(1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                windowTo = Today.AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                minRemainingShelfLifeDays = 2,
            },
        },
    };

    public async Task<Guid> DraftedOrder(long amount = 100_000, string product = "potato", string maxPrice = "200.0000") =>
        (await Body(await Post(Role.RetailBuyer, "/v1/orders", OrderDraft(amount, product, maxPrice))))["id"]!.GetValue<Guid>();

    /// <summary>An order within the buyer's limit, placed and allocated: households are asked.</summary>
    public async Task<Guid> PlacedOrder(long amount = 100_000, string product = "potato", string maxPrice = "200.0000")
    {
        var order = await DraftedOrder(amount, product, maxPrice);
        await Body(await Post(Role.RetailBuyer, $"/v1/orders/{order}/submission"));
        await Body(await Post(Role.RetailBuyer, $"/v1/orders/{order}/placement"));
        await Drain();
        return order;
    }

    /// <summary>The promises of an order, as the co-operative sees them.</summary>
    public async Task<IReadOnlyList<JsonNode>> PromisesOf(Guid order, string? state = null) =>
        [.. (await Body(await Get(Role.CooperativeManager, $"/v1/promises?order={order}&limit=200{(state is null ? "" : "&state=" + state)}")))["items"]!.AsArray()!];

    public Task<HttpResponseMessage> Answer(Farm farm, JsonNode promise, long amount, string? reason = null) =>
        Post(farm.Head, $"/v1/promises/{promise["id"]}/answer", new { amount, reason });

    /// <summary>A firm order whose only promise is confirmed by this farm.</summary>
    public async Task<(Guid Order, JsonNode Promise, LotId Lot)> OrderAwaitingDelivery(Farm farm, long amount = 100_000)
    {
        var lot = await SellableLot(farm, amount: amount);
        var order = await PlacedOrder(amount);
        var promise = Assert.Single(await PromisesOf(order));
        await Body(await Answer(farm, promise, amount));
        await Drain();
        return (order, promise, lot);
    }

    public Task<HttpResponseMessage> Weigh(JsonNode promise, long net, long tare = 1_000, Guid? client = null) => Post(Role.CollectionOperator, "/v1/tenders", new
    {
        promise = promise["id"]!.GetValue<Guid>(),
        gross = new { amount = net + tare, unit = "GRM" },
        tare = new { amount = tare, unit = "GRM" },
        clientId = client,
    });

    public async Task<string> StageOf(Guid order) => (await Body(await Get(Role.RetailBuyer, $"/v1/orders/{order}")))["stage"]!.GetValue<string>();
}
