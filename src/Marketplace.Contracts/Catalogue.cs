namespace Marketplace.Contracts;

/// <summary>A certified lot became visible in the catalogue.</summary>
public sealed record LotListed(LotId Lot);
