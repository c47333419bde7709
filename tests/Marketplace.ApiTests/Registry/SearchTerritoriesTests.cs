using System.Net;

namespace Marketplace.ApiTests.Registry;

public sealed class SearchTerritoriesTests(Market market) : IClassFixture<Market>
{
    [Theory]
    [InlineData("Қараауыл", "kz-103230100")]
    [InlineData("караауыл", "kz-103230100")] // without a Kazakh keyboard
    [InlineData("Karaauyl", "kz-103230100")]
    [InlineData("с.Карааул", "kz-103230100")]
    [InlineData("Караауыль", "kz-103230100")] // a typing error
    public async Task A_village_is_found_however_it_is_typed(string typed, string code)
    {
        var found = await Market.Body(await market.Get((string?)null, $"/v1/territories?search={Uri.EscapeDataString(typed)}&level=village&limit=10"));
        Assert.Contains(found["items"]!.AsArray(), item => item!["code"]!.GetValue<string>() == code);
    }

    [Fact]
    public async Task Every_Zhambyl_is_told_from_the_others_by_its_path()
    {
        var codes = new List<string>();
        var paths = new HashSet<string>(StringComparer.Ordinal);
        var next = "";
        do
        {
            var page = await Market.Body(await market.Get((string?)null, $"/v1/territories?search=zhambyl&level=village&limit=7{next}"));
            foreach (var item in page["items"]!.AsArray().Where(item => item!["nameKk"]!.GetValue<string>() == "Жамбыл а."))
            {
                codes.Add(item!["code"]!.GetValue<string>());
                paths.Add(string.Join(" / ", item["path"]!.AsArray().Select(step => step!["nameRu"]!.GetValue<string>())));
            }

            next = page["next"] is { } cursor ? $"&cursor={Uri.EscapeDataString(cursor.GetValue<string>())}" : "";
        }
        while (next.Length > 0);

        Assert.Equal(codes.Distinct().Count(), codes.Count);
        Assert.True(codes.Count >= 30, $"{codes.Count} villages named Zhambyl");
        Assert.All(paths, path => Assert.StartsWith("Казахстан / ", path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_tree_is_read_downwards_and_up()
    {
        var below = await Market.Body(await market.Get((string?)null, $"/v1/territories?under={Market.District}&level=village&limit=200"));
        Assert.NotEmpty(below["items"]!.AsArray());
        Assert.All(below["items"]!.AsArray(), item => Assert.Contains(item!["path"]!.AsArray(), step => step!["code"]!.GetValue<string>() == Market.District));
        var naryn = await Market.Body(await market.Get((string?)null, "/v1/territories?search=naryn&under=kg"));
        Assert.Contains(naryn["items"]!.AsArray(), item => item!["code"]!.GetValue<string>() == "kg-naryn");
        Assert.Equal("okrug", (await Market.Body(await market.Get((string?)null, "/v1/territories/kz-103230000")))["level"]!.GetValue<string>());
        await Market.Problem(await market.Get((string?)null, "/v1/territories/kz-000000000"), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_merged_territory_is_found_under_its_old_code_and_name()
    {
        await market.Owner("""
            insert into registry.territory_alias (alias, territory, kind, search, valid_from) values
                ('kz-103239999', 'kz-103230000', 'code', '', '2020-01-01'),
                ('Ескіауыл', 'kz-103230000', 'name', registry.search_form('Ескіауыл'), '2020-01-01')
            """);
        Assert.Equal("kz-103230000", (await Market.Body(await market.Get((string?)null, "/v1/territories/kz-103239999")))["code"]!.GetValue<string>());
        var found = await Market.Body(await market.Get((string?)null, "/v1/territories?search=eskiauyl"));
        Assert.Contains(found["items"]!.AsArray(), item => item!["code"]!.GetValue<string>() == "kz-103230000");
    }

    [Theory]
    [InlineData("limit=0", "invalid")]
    [InlineData("limit=201", "invalid")]
    [InlineData("cursor=abc", "bad-cursor")]
    [InlineData("level=moon", "invalid")]
    [InlineData("under=KZ!", "malformed")]
    public async Task A_wrong_question_is_refused(string query, string code) =>
        await Market.Problem(await market.Get((string?)null, "/v1/territories?" + query), HttpStatusCode.BadRequest, code);

    [Fact]
    public async Task The_tree_cannot_be_changed_by_the_application() =>
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => market.AsApplication("update registry.territory set name_ru = 'x' where code = 'kz'"));
}
