using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Supply.Products;

/// <summary>A product type.</summary>
/// <param name="Code">Stable code.</param>
/// <param name="NameEn">Name in English.</param>
/// <param name="NameRu">Name in Russian.</param>
/// <param name="NameKk">Name in Kazakh.</param>
/// <param name="NameKy">Name in Kyrgyz.</param>
/// <param name="RuleGroup">Group of the limits table, also the catalogue's category.</param>
/// <param name="Hs6">HS 2022 subheading.</param>
/// <param name="Unit">Trading unit, UN/ECE Rec 20.</param>
/// <param name="Step">Smallest step, UN/ECE Rec 20.</param>
/// <param name="ShelfLifeDays">Days from ready to expiry.</param>
/// <param name="Season">Months it is usually ready, for example <c>7-10</c>.</param>
/// <param name="Scheme">Conformity scheme proposed for it.</param>
public sealed record ProductDetails(
    ProductCode Code, string NameEn, string NameRu, string NameKk, string NameKy, string RuleGroup, string Hs6, string Unit, string Step, int ShelfLifeDays,
    string Season, string Scheme);

/// <summary>Lists the products.</summary>
public static class ListProducts
{
    internal static void Map(RouteGroupBuilder products) => products.MapGet("", Handle).WithName("listProducts").Anyone();

    /// <summary>List the products, all on one page.</summary>
    public static async Task<Ok<Page<ProductDetails>>> Handle(Database database, CancellationToken cancel) =>
        TypedResults.Ok(new Page<ProductDetails>(await database.List<ProductDetails>($"""
            select code, name_en, name_ru, name_kk, name_ky, rule_group, hs6, unit, step, shelf_life_days, season, scheme
              from supply.product order by code
            """, cancel), null));
}
