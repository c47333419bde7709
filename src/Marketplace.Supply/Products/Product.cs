using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Supply.Products;

/// <summary>Answers other modules' questions about products.</summary>
internal sealed class ProductQuestions(Database database) : IProducts
{
    private static readonly Sql Columns = Sql.Of($"code, name_en, name_ru, name_kk, name_ky, rule_group, hs6, unit, step, shelf_life_days, scheme");

    public async Task<IReadOnlyDictionary<ProductCode, ProductCard>> Of(IReadOnlyCollection<ProductCode> products, CancellationToken cancel) =>
        (await database.List<ProductCard>($"select {Columns} from supply.product where code = any ({products.ToArray()})", cancel))
            .ToDictionary(product => product.Code);

    public async Task<IReadOnlyList<ProductCard>> All(CancellationToken cancel) =>
        await database.List<ProductCard>($"select {Columns} from supply.product order by code", cancel);
}
