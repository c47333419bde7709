using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Orders;

public sealed class PreviewOrderTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_preview_tells_coverage_price_villages_and_what_is_missing_and_holds_nothing()
    {
        var (near, other) = (await market.ActiveFarm(), await market.ActiveFarm("kz-615233100"));
        var lot = await market.SellableLot(near, "beetroot", 60_000, "100.0000");
        await market.SellableLot(other, "beetroot", 20_000, "120.0000");
        var dear = await market.SellableLot(other, "beetroot", 50_000, "500.0000");
        var preview = await Market.Body(await market.Post(Role.RetailBuyer, "/v1/order-previews", market.OrderDraft(100_000, "beetroot", "150.0000")));
        Assert.Equal((80, 2, 2), (preview["coveragePercent"]!.GetValue<int>(), preview["lots"]!.GetValue<int>(), preview["households"]!.GetValue<int>()));
        Assert.Equal(840_000, preview["goods"]!["minor"]!.GetValue<long>());
        Assert.Equal(["kz-615230100", "kz-615233100"], preview["villages"]!.AsArray().Select(village => village!["village"]!.GetValue<string>()));
        var line = Assert.Single(preview["lines"]!.AsArray())!;
        Assert.Equal((80_000L, 20_000L), (line["covered"]!["amount"]!.GetValue<long>(), line["missing"]!["amount"]!.GetValue<long>()));
        Assert.Equal("105.0000", line["averagePrice"]!["value"]!.GetValue<string>());
        Assert.Contains(line["leftOut"]!.AsArray(), left => left!["reason"]!.GetValue<string>() == "price-above-band" && left["lots"]!.GetValue<int>() == 1);

        Assert.Equal(0, (await market.AccountOf(lot)).Reserved);
        Assert.Equal(0, (await market.AccountOf(dear)).Reserved);
        Assert.Equal(0L, await market.Scalar<long>("select count(*) from orders.purchase_order"));
    }

    [Fact]
    public async Task A_lot_left_out_says_what_would_include_it()
    {
        var farm = await market.ActiveFarm();
        var cheap = await market.SellableLot(farm, "carrot", 30_000, "100.0000");
        var dear = await market.SellableLot(await market.ActiveFarm(), "carrot", 30_000, "190.0000");
        var above = await market.SellableLot(await market.ActiveFarm(), "carrot", 30_000, "201.0000");
        var order = await market.PlacedOrder(30_000, "carrot");
        var run = (await Market.Body(await market.Get(Role.RetailBuyer, $"/v1/orders/{order}/allocation")))["runs"]![0]!;
        Assert.Equal(cheap.ToString(), Assert.Single(run["taken"]!.AsArray())!["lot"]!.GetValue<string>());
        Assert.InRange(run["bound"]!.GetValue<decimal>(), 1, run["cost"]!.GetValue<decimal>());
        var left = run["leftOut"]!.AsArray().ToDictionary(lot => lot!["lot"]!.GetValue<string>(), lot => lot!);
        Assert.Equal(("price-above-band", "200.0000"), (Word(left[above.ToString()], "reason"), Word(left[above.ToString()]["change"]!, "value")));
        Assert.Equal("price", Word(left[dear.ToString()], "reason"));
        Assert.InRange(decimal.Parse(Word(left[dear.ToString()]["change"]!, "value"), System.Globalization.CultureInfo.InvariantCulture), 80m, 189.9999m);
    }

    [Fact]
    public async Task A_preview_refuses_what_an_order_refuses_and_whom()
    {
        await Market.Problem(await market.Post(Role.RetailBuyer, "/v1/order-previews", market.OrderDraft(0)), HttpStatusCode.BadRequest, "quantity-zero");
        await Market.Problem(await market.Post(Role.RetailBuyer, "/v1/order-previews", market.OrderDraft(1, "unicorn")), HttpStatusCode.BadRequest, "product-unknown");
        await Market.Problem(await market.Post(Role.CooperativeManager, "/v1/order-previews", market.OrderDraft()), HttpStatusCode.Forbidden, "forbidden");
    }

    private static string Word(JsonNode node, string member) => node[member]!.GetValue<string>();
}
