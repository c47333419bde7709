using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Supply.Products;

/// <summary>Answers other modules' questions about products.</summary>
internal sealed class ProductQuestions(Database database) : IProducts
{
    public async Task<IReadOnlyDictionary<ProductCode, ProductCard>> Of(IReadOnlyCollection<ProductCode> products, CancellationToken cancel) =>
        (await database.List<ProductCard>($"""
            select code, name_en, name_ru, name_kk, name_ky, rule_group, hs6, unit, step, shelf_life_days, scheme
              from supply.product where code = any ({products.ToArray()})
            """, cancel)).ToDictionary(product => product.Code);
}
