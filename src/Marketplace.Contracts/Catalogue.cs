using Marketplace.Kernel;

namespace Marketplace.Contracts;

/// <summary>A certified lot became visible in the catalogue.</summary>
/// <param name="Lot">The lot.</param>
/// <param name="Quantity">What its certificate covers.</param>
/// <param name="Price">Asking price; null means on request.</param>
public sealed record LotListed(LotId Lot, Quantity Quantity, UnitPrice? Price);
