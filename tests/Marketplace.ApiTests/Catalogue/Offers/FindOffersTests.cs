using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests.Catalogue.Offers;

public sealed class FindOffersTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_certified_lot_is_found_with_what_is_available_at_this_moment()
    {
        var listed = await market.ListedLot(await market.FarmIn(Market.Village), "carrot", 100_000);
        await Market.Body(await market.Reserve(market.Cast(Role.RetailBuyer), listed.Lot, 40_000));

        var page = await Market.Body(await market.Get((string?)null, "/v1/offers?product=carrot"));

        var offer = Assert.Single(page["items"]!.AsArray())!;
        Assert.Equal(60_000, offer["available"]!["amount"]!.GetValue<long>());
        Assert.Equal(listed.Serial, offer["certificate"]!.GetValue<string>());
        Assert.StartsWith("H-", offer["household"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("150.0000", offer["price"]!["value"]!.GetValue<string>());
        Assert.Equal(1, page["total"]!.GetValue<int>());
        Assert.False(page["atLeast"]!.GetValue<bool>());
        Assert.Equal("carrot", page["facets"]!["product"]![0]!["value"]!.GetValue<string>());
        Assert.Equal("100", page["facets"]!["priceBand"]![0]!["value"]!.GetValue<string>());
    }

    [Fact]
    public async Task What_cannot_be_reserved_is_not_found()
    {
        var farm = await market.FarmIn(Market.Village);
        var soldOut = await market.ListedLot(farm, "garlic", 10_000);
        var held = await market.ListedLot(farm, "garlic", 10_000);
        var ending = await market.ListedLot(farm, "garlic", 10_000, days: 1);
        var good = await market.ListedLot(farm, "garlic", 10_000, days: 9);
        Assert.Equal(4, (await market.Offers("?product=garlic")).Count);

        await Market.Body(await market.Reserve(market.Cast(Role.RetailBuyer), soldOut.Lot, 10_000));
        await market.Within(async services =>
        {
            Assert.Null(await services.GetRequiredService<ILotAccounts>().Hold([held.Lot], "disease", default));
            return true;
        });
        await market.Owner($"update supply.lot_account set sellable_until = kernel.now() where lot_id = '{ending.Lot}'");

        Assert.Equal(good.Lot, Assert.Single(await market.Offers("?product=garlic")));
        foreach (var gone in new[] { soldOut, held, ending })
        {
            await Market.Problem(await market.Get((string?)null, $"/v1/offers/{gone.Lot}"), HttpStatusCode.NotFound, "not-found");
        }
    }

    [Fact]
    public async Task A_lot_leaves_and_returns_with_its_certificate_and_not_with_an_older_one()
    {
        var listed = await market.ListedLot(await market.FarmIn(Market.Village), "pumpkin");

        await market.Publish(listed.Certificate.Value, new CertificateStateChanged(listed.Certificate, listed.Lot, "suspended"));
        await market.Drain();
        Assert.Empty(await market.Offers("?product=pumpkin"));

        await market.Publish(listed.Certificate.Value, new CertificateStateChanged(listed.Certificate, listed.Lot, "active"));
        await market.Publish(listed.Certificate.Value, new CertificateStateChanged(CertificateId.New(), listed.Lot, "withdrawn"));
        await market.Drain();
        Assert.Equal(listed.Lot, Assert.Single(await market.Offers("?product=pumpkin")));
        Assert.Equal(1, await market.Scalar<long>($"select count(*) from kernel.event where type = 'LotListed' and stream = '{listed.Lot}'"));
    }

    [Fact]
    public async Task A_new_price_reaches_sorting_and_filters()
    {
        var farm = await market.FarmIn(Market.Village);
        var listed = await market.ListedLot(farm, "plum", price: "150.0000");
        await Market.Body(await market.Put(farm.Head, $"/v1/lots/{listed.Lot}/price", new { price = new { value = "900.0000", currency = "KZT", per = "KGM" } },
            ifMatch: $"\"{await market.Scalar<int>($"select version from supply.lot where id = '{listed.Lot}'")}\""));
        await market.Drain();

        Assert.Empty(await market.Offers("?product=plum&priceTo=899.99"));
        Assert.Single(await market.Offers("?product=plum&priceFrom=900&priceTo=900.0000"));
    }

    [Fact]
    public async Task Every_filter_narrows_the_answer()
    {
        var here = await market.ListedLot(await market.FarmIn(Market.Village), "apple", price: "300.0000", scheme: "SCHEME-A");
        var there = await market.ListedLot(await market.FarmIn("kz-434041100"), "apple", price: null, scheme: "SCHEME-B");
        var both = new[] { here.Lot, there.Lot };
        var path = await market.Within(async services =>
            (await services.GetRequiredService<ITerritories>().Places([TerritoryCode.From(Market.Village)], default))[TerritoryCode.From(Market.Village)].Path);

        Assert.Equal(both.Order(), (await market.Offers("?product=apple")).Order());
        Assert.Equal(both.Order(), (await market.Offers("?category=fruit&product=apple")).Order());
        Assert.Empty(await market.Offers("?category=veg_root&product=apple"));
        Assert.Equal([here.Lot], await market.Offers("?product=apple&scheme=SCHEME-A"));
        Assert.Equal(both.Order(), (await market.Offers($"?product=apple&territory={path[0]}")).Order());
        foreach (var territory in path.Skip(1))
        {
            Assert.Equal([here.Lot], await market.Offers($"?product=apple&territory={territory}"));
        }

        Assert.Empty(await market.Offers("?product=apple&territory=kz-000000000"));
        Assert.Equal([here.Lot], await market.Offers("?product=apple&priceFrom=299.9999&priceTo=300"));
        Assert.Empty(await market.Offers("?product=apple&priceFrom=300.0001"));
        Assert.Equal(2, (await market.Offers($"?product=apple&readyBy={market.Today:yyyy-MM-dd}")).Count);
        Assert.Empty(await market.Offers($"?product=apple&readyBy={market.Today.AddDays(-1):yyyy-MM-dd}"));
        var days = await market.Scalar<int>($"select expires_on - ready_on from catalogue.offer where lot_id = '{here.Lot}'");
        Assert.Equal(2, (await market.Offers($"?product=apple&minRemainingDays={days}")).Count);
        Assert.Empty(await market.Offers($"?product=apple&minRemainingDays={days + 1}"));

        var facets = (await Market.Body(await market.Get((string?)null, "/v1/offers?product=apple")))["facets"]!;
        Assert.Equal(path[1].Value, facets["territory"]!.AsArray().Single(one => one!["value"]!.GetValue<string>() == path[1].Value)!["value"]!.GetValue<string>());
        Assert.Equal(["200", "on-request"], facets["priceBand"]!.AsArray().Select(one => one!["value"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("relevance")]
    [InlineData("price")]
    [InlineData("-price")]
    [InlineData("ready")]
    [InlineData("freshness")]
    [InlineData("relevance&text=қырыққабат")]
    public async Task Pages_of_every_order_hold_every_offer_once(string sort)
    {
        if (await market.Scalar<long>("select count(*) from catalogue.offer where product_code = 'cabbage'") == 0)
        {
            var farm = await market.FarmIn(Market.Village);
            foreach (var price in new[] { "200.0000", null, "100.0000", "200.0000", null, "50.0000", "300.0000" })
            {
                await market.ListedLot(farm, "cabbage", price: price);
            }
        }

        var query = $"?product=cabbage&sort={sort}";
        var whole = await market.Offers(query);
        var paged = new List<LotId>();
        string? cursor = null;
        do
        {
            var page = await Market.Body(await market.Get((string?)null, $"/v1/offers{query}&limit=2{(cursor is null ? "" : "&cursor=" + cursor)}"));
            Assert.Equal(7, page["total"]!.GetValue<int>());
            paged.AddRange(Market.Lots(page));
            cursor = page["next"]?.GetValue<string>();
        }
        while (cursor is not null);

        Assert.Equal(7, whole.Distinct().Count());
        Assert.Equal(whole, paged);
        var prices = await market.Scalar<string>($"""
            select string_agg(coalesce(price_ten_thousandths / 10000, 0)::text, ' ' order by array_position(array[{string.Join(',', whole.Select(lot => $"'{lot}'::uuid"))}], lot_id))
              from catalogue.offer where product_code = 'cabbage'
            """);
        Assert.True(sort switch { "price" => prices == "50 100 200 200 300 0 0", "-price" => prices == "300 200 200 100 50 0 0", _ => true }, prices);
    }

    [Fact]
    public async Task A_cursor_continues_its_own_query_only()
    {
        var farm = await market.FarmIn(Market.Village);
        await market.ListedLot(farm, "radish");
        await market.ListedLot(farm, "radish");
        var cursor = (await Market.Body(await market.Get((string?)null, "/v1/offers?product=radish&limit=1")))["next"]!.GetValue<string>();

        Assert.Single(await market.Offers($"?product=radish&limit=1&cursor={cursor}"));
        foreach (var wrong in new[]
                 {
                     $"?product=onion&limit=1&cursor={cursor}", $"?product=radish&sort=price&limit=1&cursor={cursor}", $"?product=radish&limit=1&cursor=x{cursor}",
                     $"?product=radish&limit=1&cursor={cursor[..^2]}AA", "?product=radish&cursor=AAAA", "?product=radish&cursor=%F0%9F%8D%85",
                 })
        {
            await Market.Problem(await market.Get((string?)null, "/v1/offers" + wrong), HttpStatusCode.BadRequest, "bad-cursor");
        }
    }

    [Theory]
    [InlineData("sort=cheapest", "unknown-sort")]
    [InlineData("priceFrom=12,5", "bad-price")]
    [InlineData("priceFrom=-1", "bad-price")]
    [InlineData("priceTo=1e3", "bad-price")]
    [InlineData("priceTo=1000000001", "bad-price")]
    [InlineData("limit=0", "invalid")]
    [InlineData("limit=201", "invalid")]
    [InlineData("minRemainingDays=-1", "invalid")]
    [InlineData("minRemainingDays=99999999", "invalid")]
    [InlineData("readyBy=soon", "malformed")]
    [InlineData("product=DROP TABLE", "malformed")]
    public async Task Bad_input_is_refused(string query, string code) =>
        await Market.Problem(await market.Get((string?)null, "/v1/offers?" + query), HttpStatusCode.BadRequest, code);

    [Theory]
    [InlineData("'; drop table catalogue.offer; --")]
    [InlineData("%_%\\")]
    [InlineData("🍅 𝕻 \uFFFF ͏‮ ﷽")]
    [InlineData("a & b | !c:*")]
    [InlineData("ооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооооо")]
    [InlineData("!!!")]
    [InlineData("с.")]
    [InlineData("ананас")]
    [InlineData("смартфон картоп")]
    [InlineData("а б в г д е ж з и к л м н о п р с т у ф х ц ч ш щ э ю я")]
    public async Task Hostile_and_foreign_words_find_nothing(string text)
    {
        if (await market.Scalar<long>("select count(*) from catalogue.offer where product_code = 'potato'") == 0)
        {
            await market.ListedLot(await market.FarmIn(Market.Village));
        }

        Assert.Empty(await market.Offers("?text=" + Uri.EscapeDataString(text)));
    }

    [Theory]
    [InlineData("картоп")]
    [InlineData("Картофеля")]
    [InlineData("kartop")]
    [InlineData("карто")]
    [InlineData("картопп")]
    [InlineData("potatoes")]
    [InlineData("картошка с. Жайылма")]
    [InlineData("zhayylma kartop")]
    [InlineData("жайылма ауылы")]
    public async Task A_product_is_found_however_it_is_typed(string text)
    {
        if (await market.Scalar<long>("select count(*) from catalogue.offer where product_code = 'potato' and village = 'kz-434041100'") == 0)
        {
            await market.ListedLot(await market.FarmIn("kz-434041100"));
        }

        var found = await Market.Body(await market.Get((string?)null, "/v1/offers?text=" + Uri.EscapeDataString(text)));

        Assert.Contains("kz-434041100", found["items"]!.AsArray().Select(offer => offer!["village"]!.GetValue<string>()));
        Assert.All(found["items"]!.AsArray(), offer => Assert.Equal(text.StartsWith("жай", StringComparison.Ordinal) ? offer!["product"]!.GetValue<string>() : "potato", offer!["product"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Another_tenants_offers_are_not_there()
    {
        var listed = await market.ListedLot(await market.FarmIn(Market.Village), "melon");
        var stranger = await market.NewMember(Role.RetailBuyer, tenant: "other");

        Assert.Empty(Market.Lots(await Market.Body(await market.Get(stranger, "/v1/offers?product=melon"))));
        await Market.Problem(await market.Get(stranger, $"/v1/offers/{listed.Lot}"), HttpStatusCode.NotFound, "not-found");
        Assert.Equal(listed.Lot.Value, (await Market.Body(await market.Get((string?)null, $"/v1/offers/{listed.Lot}")))["lot"]!.GetValue<Guid>());
    }
}
