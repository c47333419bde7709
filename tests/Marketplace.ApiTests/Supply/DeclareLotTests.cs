using System.Net;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Supply;

public sealed class DeclareLotTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_household_declares_a_lot_and_sees_it_with_its_history()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.DeclaredLot(farm, "potato", 120_000);

        var shown = await Market.Body(await market.Get(farm.Head, $"/v1/lots/{lot}"));
        Assert.Equal("declared", shown["state"]!.GetValue<string>());
        Assert.Equal(120_000, shown["declared"]!["amount"]!.GetValue<long>());
        Assert.Equal(0, shown["available"]!["amount"]!.GetValue<long>());
        var moves = await Market.Body(await market.Get(farm.Head, $"/v1/lots/{lot}/moves"));
        Assert.Equal("declare", moves["items"]![0]!["kind"]!.GetValue<string>());
        Assert.Contains(lot.ToString(), (await Market.Body(await market.Get(farm.Head, "/v1/lots"))).ToJsonString());
    }

    [Fact]
    public async Task A_neighbours_lot_is_not_there()
    {
        var aigul = await market.ActiveFarm();
        var bakyt = await market.ActiveFarm();
        var lot = await market.DeclaredLot(aigul);

        await Market.Problem(await market.Get(bakyt.Head, $"/v1/lots/{lot}"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get(bakyt.Head, $"/v1/lots/{lot}/moves"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get(bakyt.Head, $"/v1/lots?household={aigul.Household}"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(
            await market.Post(bakyt.Head, "/v1/lots", new { product = "potato", quantity = new { amount = 1, unit = "GRM" }, readyOn = "2026-11-25", household = aigul.Household }),
            HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Put(bakyt.Head, $"/v1/lots/{lot}/price", new { }, "\"1\""), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_price_edit_starts_from_the_version_that_was_read()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.DeclaredLot(farm);
        var path = $"/v1/lots/{lot}/price";
        var price = new { price = new { value = "99.5", currency = "KZT", per = "KGM" } };

        await Market.Problem(await market.Put(farm.Head, path, price), (HttpStatusCode)428, "if-match-required");
        var priced = await market.Put(farm.Head, path, price, "\"1\"");
        Assert.Equal("99.5000", (await Market.Body(priced))["price"]!["value"]!.GetValue<string>());
        Assert.Equal("\"2\"", priced.Headers.ETag!.Tag);
        await Market.Problem(await market.Put(farm.Head, path, price, "\"1\""), HttpStatusCode.PreconditionFailed, "stale");
        await Market.Problem(await market.Put(farm.Head, path, price, "nonsense"), HttpStatusCode.PreconditionFailed, "stale");
        await Market.Problem(
            await market.Put(farm.Head, path, new { price = new { value = "1", currency = "KZT", per = "LTR" } }, "\"2\""), HttpStatusCode.BadRequest, "wrong-price");
    }

    [Theory]
    [InlineData("""{"product": "unicorn", "quantity": {"amount": 1, "unit": "GRM"}, "readyOn": "2026-11-25"}""", "unknown-product")]
    [InlineData("""{"product": "Potato!", "quantity": {"amount": 1, "unit": "GRM"}, "readyOn": "2026-11-25"}""", "malformed")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 1, "unit": "MLT"}, "readyOn": "2026-11-25"}""", "wrong-unit")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 0, "unit": "GRM"}, "readyOn": "2026-11-25"}""", "nothing-declared")]
    [InlineData("""{"product": "potato", "quantity": {"amount": -1, "unit": "GRM"}, "readyOn": "2026-11-25"}""", "malformed")]
    [InlineData("""{"product": "potato", "quantity": {"value": "0.0001", "unit": "KGM"}, "readyOn": "2026-11-25"}""", "malformed")]
    [InlineData("""{"product": "potato", "quantity": {"value": "1e3", "unit": "KGM"}, "readyOn": "2026-11-25"}""", "malformed")]
    [InlineData("""{"product": "potato", "quantity": {"value": "12,5", "unit": "KGM"}, "readyOn": "2026-11-25"}""", "malformed")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 9223372036854775807, "unit": "GRM"}, "readyOn": "2026-11-25"}""", "malformed")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 1, "unit": "XXX"}, "readyOn": "2026-11-25"}""", "malformed")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 1, "value": "1", "unit": "GRM"}, "readyOn": "2026-11-25"}""", "malformed")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 1, "unit": "GRM"}, "readyOn": "2020-01-01"}""", "date-out-of-range")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 1, "unit": "GRM"}, "readyOn": "2099-01-01"}""", "date-out-of-range")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 1, "unit": "GRM"}, "readyOn": "25.11.2026"}""", "malformed")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 1, "unit": "GRM"}, "readyOn": "2026-11-25", "price": {"value": "1", "currency": "KZT", "per": "LTR"}}""", "wrong-price")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 1, "unit": "GRM"}, "readyOn": "2026-11-25", "price": {"value": "-1", "currency": "KZT", "per": "KGM"}}""", "malformed")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 1, "unit": "GRM"}, "readyOn": "2026-11-25", "price": {"value": "1.00001", "currency": "KZT", "per": "KGM"}}""", "malformed")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 1, "unit": "GRM"}, "readyOn": "2026-11-25", "price": {"value": "1", "currency": "USD", "per": "KGM"}}""", "malformed")]
    [InlineData("""{"product": "potato\u0000", "quantity": {"amount": 1, "unit": "GRM"}, "readyOn": "2026-11-25"}""", "malformed")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 1000000001, "unit": "GRM"}, "readyOn": "2026-11-25"}""", "quantity-out-of-range")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 1, "unit": "GRM"}, "readyOn": "2026-11-25", "price": {"value": "1", "currency": "KZT", "per": "GRM"}}""", "malformed")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 1, "unit": "GRM"}, "readyOn": "2026-11-25", "price": {"value": "1000001", "currency": "KZT", "per": "KGM"}}""", "malformed")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 1, "unit": "GRM"}, "readyOn": "2150-12-31"}""", "date-out-of-range")]
    [InlineData("""{"product": "potato", "quantity": {"amount": 1, "unit": "GRM"}, "readyOn": "1900-01-01"}""", "date-out-of-range")]
    [InlineData("""{"product": null, "quantity": {"amount": 1, "unit": "GRM"}, "readyOn": "2026-11-25"}""", "malformed")]
    [InlineData("""{"product": "potato", "readyOn": "2026-11-25"}""", "malformed")]
    public async Task Bad_input_is_refused_with_a_code(string body, string code)
    {
        var farm = await market.ActiveFarm();
        await Market.Problem(await market.Post(farm.Head, "/v1/lots", body), HttpStatusCode.BadRequest, code);
    }

    [Fact]
    public async Task A_foreign_or_altered_cursor_is_refused()
    {
        var farm = await market.ActiveFarm();
        await market.DeclaredLot(farm);
        await market.DeclaredLot(farm);
        var page = await market.Get(farm.Head, "/v1/lots?limit=1");
        var next = (await Market.Body(page))["next"]!.GetValue<string>();
        Assert.Contains("rel=\"next\"", page.Headers.GetValues("Link").Single());
        Assert.Single((await Market.Body(await market.Get(farm.Head, $"/v1/lots?limit=1&cursor={next}")))["items"]!.AsArray());

        var other = await market.ActiveFarm();
        await Market.Problem(await market.Get(other.Head, $"/v1/lots?cursor={next}"), HttpStatusCode.BadRequest, "bad-cursor");
        await Market.Problem(await market.Get(farm.Head, $"/v1/lots?cursor={next[..^2]}AA"), HttpStatusCode.BadRequest, "bad-cursor");
        await Market.Problem(await market.Get(farm.Head, "/v1/lots?cursor=%00"), HttpStatusCode.BadRequest, "malformed");
        await Market.Problem(await market.Get(farm.Head, "/v1/lots?limit=201"), HttpStatusCode.BadRequest, "invalid");
        var limit = await Market.Problem(await market.Get(farm.Head, "/v1/lots?limit=many"), HttpStatusCode.BadRequest, "invalid");
        Assert.Contains("limit", limit["errors"]![0]!["pointer"]!.GetValue<string>());
        var household = await Market.Problem(await market.Get(farm.Head, "/v1/lots?household=mine"), HttpStatusCode.BadRequest, "malformed");
        Assert.Contains("household", household["detail"]!.GetValue<string>());
    }
}
