using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Catalogue.Offers;

/// <summary>One page of offers.</summary>
/// <param name="Items">At most <c>limit</c> offers.</param>
/// <param name="Next">The cursor of the next page; absent on the last one. Also in the <c>Link</c> header.</param>
/// <param name="Total">How many offers there are; exact up to 10,000.</param>
/// <param name="AtLeast">True when there are more than <c>total</c>.</param>
/// <param name="Facets">How the found offers divide.</param>
public sealed record OfferPage(IReadOnlyList<Offer> Items, string? Next, int Total, bool AtLeast, OfferFacets Facets);

/// <summary>Search over live-certified supply.</summary>
public static class FindOffers
{
    internal static void Map(RouteGroupBuilder offers) => offers.MapGet("", Handle).WithName("findOffers").Anyone();

    /// <summary>Find live-certified supply.</summary>
    /// <remarks>Only what can be reserved at this moment. 400 `unknown-sort`, `bad-price` or `bad-cursor`; a word that means nothing finds nothing.</remarks>
    /// <param name="text">Words in Kazakh, Russian, Kyrgyz or English, in Cyrillic or Latin; each names the product or the place. At most 200 characters.</param>
    /// <param name="product">Product code.</param>
    /// <param name="category">Rule group of the product, for example `veg_root`.</param>
    /// <param name="territory">Territory code; everything below it is included.</param>
    /// <param name="scheme">Conformity scheme, for example `PLANT-BATCH`.</param>
    /// <param name="priceFrom">Least price per kilogram, litre or piece, for example `120.50`.</param>
    /// <param name="priceTo">Highest price per kilogram, litre or piece.</param>
    /// <param name="readyBy">Ready on or before this day.</param>
    /// <param name="minRemainingDays">Days of shelf life left, counted from today (UTC); 0 to 3650.</param>
    /// <param name="sort">`relevance` (default), `price`, `-price`, `ready` (earliest first) or `freshness` (longest shelf life first).</param>
    /// <param name="limit">Offers in one page, 1 to 200.</param>
    /// <param name="cursor">The `next` of the page before, with all other parameters unchanged.</param>
    public static async Task<Results<Ok<OfferPage>, ProblemHttpResult>> Handle(
        HttpContext http, ICatalogueSearch search, Cursors cursors, CancellationToken cancel, [TextLength(200)] string? text = null,
        ProductCode? product = null, [TextLength(40)] string? category = null, TerritoryCode? territory = null, [TextLength(40)] string? scheme = null,
        [TextLength(20)] string? priceFrom = null, [TextLength(20)] string? priceTo = null, DateOnly? readyBy = null,
        [Range(0, 3650)] int? minRemainingDays = null, [TextLength(20)] string? sort = null, [Range(1, 200)] int limit = 50,
        [TextLength(500)] string? cursor = null)
    {
        if (SortOf(sort) is not { } order)
        {
            return Problems.From(Refusal.Invalid("#/query/sort", "unknown-sort", "Sort by relevance, price, -price, ready or freshness."));
        }

        if (!Price(priceFrom, out var least) || !Price(priceTo, out var most))
        {
            return Problems.From(Refusal.Invalid(
                Price(priceFrom, out _) ? "#/query/priceTo" : "#/query/priceFrom", "bad-price", "A price is a number such as 120.50."));
        }

        var query = new OfferQuery(text, product, category, territory, scheme, least, most, readyBy, minRemainingDays, order, limit, null);
        var own = query.Own();
        if (cursor is not null)
        {
            if (cursors.Read(own, cursor) is not [var score, var key, var lot])
            {
                return Problems.From(Cursors.Bad);
            }

            query = query with { After = new OfferKey(int.Parse(score, CultureInfo.InvariantCulture), key, LotId.From(Guid.Parse(lot))) };
        }

        return Answer.Ok(Page(await search.Find(query, cancel), found =>
        {
            var page = cursors.Cut(http, found.Rows, limit, own, row =>
                [row.Key.Score.ToString(CultureInfo.InvariantCulture), row.Key.Key, row.Key.Lot.Value.ToString()]);
            return new OfferPage([.. page.Items.Select(row => row.Offer)], page.Next, found.Total, found.AtLeast, found.Facets);
        }));
    }

    private static Outcome<OfferPage> Page(Outcome<OffersFound> found, Func<OffersFound, OfferPage> cut) =>
        found.Refusal is { } refusal ? refusal : cut(found.Value!);

    private static OfferSort? SortOf(string? sort) => sort switch
    {
        null or "relevance" => OfferSort.Relevance,
        "price" => OfferSort.Price,
        "-price" => OfferSort.PriceDown,
        "ready" => OfferSort.Ready,
        "freshness" => OfferSort.Freshness,
        _ => null,
    };

    // Not bound as a decimal: that would read "12,5" as 125.
    private static bool Price(string? typed, out long? tenThousandths)
    {
        tenThousandths = null;
        if (typed is null)
        {
            return true;
        }

        if (!decimal.TryParse(typed, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var price) || price is < 0 or > 1_000_000_000)
        {
            return false;
        }

        tenThousandths = (long)(price * 10_000);
        return true;
    }
}
