using Marketplace.Kernel;

namespace Marketplace.Catalogue.Words;

/// <summary>What a word names.</summary>
[DatabaseEnum("catalogue.named")]
internal enum Named
{
    Product,
    Country,
    Oblast,
    District,
    Okrug,
    Village,
}
