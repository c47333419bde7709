using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Catalogue.Offers;

/// <summary>What a buyer looks for; every member narrows the answer.</summary>
/// <param name="Text">Typed words in any of the languages and either script, in any order; each must name the product or the place.</param>
/// <param name="Product">Product type.</param>
/// <param name="Category">Rule group of the product, for example <c>veg_root</c>.</param>
/// <param name="Territory">Only offers in this territory or below it.</param>
/// <param name="Scheme">Conformity scheme of the certificate.</param>
/// <param name="PriceFrom">Least price per trading unit, in 1/10,000 of the currency unit.</param>
/// <param name="PriceTo">Highest price per trading unit, in 1/10,000 of the currency unit.</param>
/// <param name="ReadyBy">Ready on or before this day.</param>
/// <param name="MinRemainingDays">Shelf life left from today on, in days.</param>
/// <param name="Sort">Order of the answer.</param>
/// <param name="Limit">Most offers in one page, 1 to 200.</param>
/// <param name="After">Sort key of the last offer of the page before; null for the first page.</param>
public sealed record OfferQuery(
    string? Text, ProductCode? Product, string? Category, TerritoryCode? Territory, string? Scheme, long? PriceFrom, long? PriceTo, DateOnly? ReadyBy,
    int? MinRemainingDays, OfferSort Sort, int Limit, OfferKey? After)
{
    /// <summary>The query's own text, without its page: a cursor continues this query and no other.</summary>
    public string Own() => Event.Text(this with { After = null, Limit = 1 });
}

/// <summary>Order of offers.</summary>
public enum OfferSort
{
    /// <summary>With text: the more of the product's name is meant, the earlier; then, and without text, the newest first.</summary>
    Relevance,

    /// <summary>Cheapest first; on request last.</summary>
    Price,

    /// <summary>Dearest first; on request last.</summary>
    PriceDown,

    /// <summary>Earliest ready first.</summary>
    Ready,

    /// <summary>Longest shelf life first.</summary>
    Freshness,
}

/// <summary>Where a page ended.</summary>
/// <param name="Score">How well the text fits; zero without text.</param>
/// <param name="Key">The sort's own value.</param>
/// <param name="Lot">The last lot.</param>
public sealed record OfferKey(int Score, string Key, LotId Lot);

/// <summary>What was found.</summary>
/// <param name="Rows">One more than the page takes, when there are more.</param>
/// <param name="Total">How many there are, at most 10,000.</param>
/// <param name="AtLeast">True when there are more than <paramref name="Total"/>.</param>
/// <param name="Facets">Counts by property.</param>
public sealed record OffersFound(IReadOnlyList<(Offer Offer, OfferKey Key)> Rows, int Total, bool AtLeast, OfferFacets Facets);

/// <summary>The seam a search engine plugs into; PostgreSQL answers by default.</summary>
public interface ICatalogueSearch
{
    /// <summary>Finds live-certified, available offers. Refuses <c>bad-cursor</c> for a page key it cannot read.</summary>
    Task<Outcome<OffersFound>> Find(OfferQuery query, CancellationToken cancel);
}
