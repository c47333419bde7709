namespace Marketplace.Catalogue.Offers;

/// <summary>How the found offers divide; at most 30 values of each property, the most frequent first.</summary>
/// <param name="Product">By product code.</param>
/// <param name="Category">By rule group.</param>
/// <param name="Scheme">By conformity scheme.</param>
/// <param name="Territory">By territory code, one level below the territory asked for; by oblast when none was.</param>
/// <param name="PriceBand">By price per trading unit: the lower end of the band, for example <c>200</c> for 200 to 500; <c>on-request</c> without price.</param>
public sealed record OfferFacets(
    IReadOnlyList<OfferFacet> Product, IReadOnlyList<OfferFacet> Category, IReadOnlyList<OfferFacet> Scheme, IReadOnlyList<OfferFacet> Territory,
    IReadOnlyList<OfferFacet> PriceBand);

/// <summary>One value of a property.</summary>
/// <param name="Value">The value, ready to be sent back as a filter.</param>
/// <param name="Count">How many offers have it, among the first 10,000 found.</param>
public sealed record OfferFacet(string Value, int Count);
