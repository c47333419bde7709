using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using MiniExcelLibs;

namespace Marketplace.ApiTests.Orders;

public sealed class ImportOrderTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task Rows_pasted_from_a_sheet_become_an_order()
    {
        const string rows = "Product\tQuantity\tUnit\tMaxPrice\tPer\tAcceptedTerritories\nкартофель\t1,5\tт\t200\t\t\nOnion\t12.5\tкг\t150,50\tkg\tkz-615230100 kz-615233100\nmilk_cow_raw\t300\tл\t210\t\t\n";
        var read = await Market.Body(await Import(rows));
        Assert.Null(read["order"]);
        var lines = read["draft"]!["lines"]!.AsArray();
        Assert.Equal([("potato", 1_500_000L, "GRM"), ("onion", 12_500L, "GRM"), ("milk_cow_raw", 300_000L, "MLT")], lines.Select(line => (
            line!["product"]!.GetValue<string>(), line["quantity"]!["amount"]!.GetValue<long>(), line["quantity"]!["unit"]!.GetValue<string>())));
        Assert.Equal(["200.0000", "150.5000", "210.0000"], lines.Select(line => line!["maxPrice"]!["value"]!.GetValue<string>()));
        Assert.Equal(2, lines[1]!["acceptedTerritories"]!.AsArray().Count);
        Assert.Equal(0L, await market.Scalar<long>("select count(*) from orders.purchase_order"));

        // What was read can be posted as it is, to a preview or as an order; or drafted at once.
        await Market.Body(await market.Post(Role.RetailBuyer, "/v1/order-previews", read["draft"]));
        var made = await Market.Body(await Import(rows, dryRun: false));
        Assert.Equal(("draft", 3), (made["order"]!["stage"]!.GetValue<string>(), made["order"]!["lines"]!.AsArray().Count));
    }

    [Fact]
    public async Task A_sheet_is_read_like_text()
    {
        using var sheet = new MemoryStream();
        await sheet.SaveAsAsync(new[] { new { product = "Картошка", quantity = 0.1, unit = "тонна", maxPrice = 180.25, windowFrom = market.Today.AddDays(2).ToString("dd.MM.yyyy"), windowTo = "" } });
        var read = await Market.Body(await Import(sheet.ToArray(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"));
        var line = Assert.Single(read["draft"]!["lines"]!.AsArray())!;
        Assert.Equal((100_000L, "180.2500"), (line["quantity"]!["amount"]!.GetValue<long>(), line["maxPrice"]!["value"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Every_bad_cell_is_named_at_once_and_nothing_is_written()
    {
        const string rows = "product;quantity;unit;maxPrice;tolerancePercent;deliveryTerritory;windowTo\n"
            + "potatto;10;kg;100;0;;\npotato;1,500;kg;100;0;;\npotato;-3;kg;100;0;;\npotato;10;л;100;0;;\npotato;10;kg;9999999;0;;\npotato;10;kg;100;51;;\n"
            + "potato;10;kg;100;0;kz-1;\npotato;10;kg;100;0;;32.13.2026\npotato;99999999999999999999;t;100;0;;\npotato;0,0001;kg;;0;;\n";
        var problem = await Market.Problem(await Import(rows, dryRun: false), HttpStatusCode.BadRequest, "bad-rows");
        var errors = problem["errors"]!.AsArray().Select(error => $"{error!["row"]} {error["column"]} {error["code"]} {error["suggestion"]}".Trim()).ToList();
        Assert.Equal(
        [
            "2 product product-unknown potato", "3 quantity decimal-ambiguous", "4 quantity quantity-zero", "5 unit unit-mismatch KGM", "6 maxPrice price-too-high",
            "7 tolerancePercent number-out-of-range", "8 deliveryTerritory territory-unknown", "9 windowTo bad-date", "10 quantity quantity-absurd",
            "11 quantity quantity-absurd", "11 maxPrice price-missing",
        ], errors);
        Assert.Equal("#/rows/2/product", problem["errors"]![0]!["pointer"]!.GetValue<string>());
        Assert.Equal(0L, await market.Scalar<long>("select count(*) from orders.purchase_order where stage = 'draft' and value_at_maximum < 0"));
    }

    [Fact]
    public async Task Files_that_are_no_table_are_refused()
    {
        await Market.Problem(await Import("product;quantity;unit\npotato;1;kg\n"), HttpStatusCode.BadRequest, "bad-rows");
        await Market.Problem(await Import("product;quantity;unit;maxPrice\n"), HttpStatusCode.BadRequest, "empty-file");
        await Market.Problem(await Import("product;quantity;unit;maxPrice\n" + string.Concat(Enumerable.Repeat("potato;1;kg;100\n", 101))), HttpStatusCode.BadRequest, "too-many-rows");
        await Market.Problem(await Import([0xEA, 0xE0, 0xF0, 0xF2, 0xEE, 0xF4], "text/csv"), HttpStatusCode.BadRequest, "not-utf8");
        await Market.Problem(await Import([(byte)'P', (byte)'K', 3, 4, 1, 2, 3], "text/csv"), HttpStatusCode.BadRequest, "not-a-sheet");
        await Market.Problem(await Import(Bomb(), "text/csv"), HttpStatusCode.BadRequest, "not-a-sheet");
        await Market.Problem(await Import("product;quantity;unit;maxPrice\npotato;1;kg;100\n", "2020-01-01"), HttpStatusCode.BadRequest, "window-past");
        await Market.Problem(await Import("product;quantity;unit;maxPrice\npotato;1;kg;100\n", by: Role.CooperativeManager), HttpStatusCode.Forbidden, "forbidden");
    }

    /// <summary>A small file that becomes a hundred megabytes.</summary>
    private static byte[] Bomb()
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = archive.CreateEntry("xl/worksheets/sheet1.xml", CompressionLevel.SmallestSize).Open();
            var zeros = new byte[1024 * 1024];
            for (var megabyte = 0; megabyte < 100; megabyte++)
            {
                entry.Write(zeros);
            }
        }

        return bytes.ToArray();
    }

    private Task<HttpResponseMessage> Import(string rows, string? windowTo = null, bool dryRun = true, string by = Role.RetailBuyer) =>
        Import(Encoding.UTF8.GetBytes(rows), "text/csv", windowTo, dryRun, by);

    private async Task<HttpResponseMessage> Import(byte[] file, string type, string? windowTo = null, bool dryRun = true, string by = Role.RetailBuyer)
    {
        var day = market.Today.AddDays(5).ToString("yyyy-MM-dd");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/order-imports?currency=KZT&paymentTermDays=10"
            + $"&confirmBy={Uri.EscapeDataString(market.Clock.GetUtcNow().AddHours(30).ToString("O"))}&deliveryTerritory={Market.District}&deliveryPlace=Central%20store"
            + $"&windowFrom={(windowTo is null ? market.Today.AddDays(1).ToString("yyyy-MM-dd") : windowTo)}&windowTo={windowTo ?? day}&dryRun={dryRun}");
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        request.Content = new ByteArrayContent(file);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return await market.As(by).SendAsync(request);
    }
}
