using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Supply.Lots;

/// <summary>An asking price.</summary>
/// <param name="Price">Price per trading unit; absent means on request. Promises made earlier keep their price.</param>
public sealed record LotPricing(UnitPrice? Price = null);

/// <summary>Sets a lot's asking price.</summary>
public static class PriceLot
{
    internal static void Map(RouteGroupBuilder lots) =>
        lots.MapPut("/{id}/price", Handle).WithName("priceLot").Requires(Role.Producer, Role.VillageAgent, Role.CooperativeManager)
            .ProducesProblem(412).ProducesProblem(428);

    /// <summary>Set the asking price of a lot.</summary>
    /// <remarks>Needs <c>If-Match</c> (428 without, 412 stale). 400 <c>wrong-price</c>; 404 when the caller may not act for the household.</remarks>
    public static async Task<Results<Ok<LotDetails>, ProblemHttpResult>> Handle(
        LotId id, LotPricing pricing, IfMatch match, HttpContext http, Database database, IHouseholds households, CancellationToken cancel) =>
        Answer.Versioned(http, await Price(id, pricing, match, database, households, cancel), lot => lot.Version);

    internal static async Task<Outcome<LotDetails>> Price(
        LotId id, LotPricing pricing, IfMatch match, Database database, IHouseholds households, CancellationToken cancel)
    {
        if (await ShowLot.Find(id, database, cancel) is not { } lot || (await households.ToActFor(lot.Household, cancel)).Refusal is not null)
        {
            return Refusal.NotFound;
        }

        if (pricing.Price is { } price && Units.Find(price.Per)?.Step != lot.Declared.Unit)
        {
            return Refusal.Invalid("#/price/per", "wrong-price", "The price is per another unit than the lot is measured in.");
        }

        var priced = new LotPriced(id, pricing.Price);
        var written = await database.Execute($"""
            with moved as (
                update supply.lot set price_ten_thousandths = {pricing.Price?.TenThousandths}, currency = {pricing.Price?.Currency}, per = {pricing.Price?.Per},
                       version = version + 1
                 where id = {id} and version = {match.Version} returning id)
            select kernel.append(id, {nameof(LotPriced)}, {Event.Text(priced)}) from moved
            """, cancel);
        return written == 1 ? (await ShowLot.Find(id, database, cancel))! : IfMatch.Stale;
    }
}
