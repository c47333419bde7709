using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Supply.Lots;

/// <summary>A lot to declare.</summary>
/// <param name="Product">What it is.</param>
/// <param name="Quantity">How much, in a unit of the product: <c>{"value": "120", "unit": "KGM"}</c>; one step or more.</param>
/// <param name="ReadyOn">First day it can be handed in; from 30 days ago to a year ahead.</param>
/// <param name="Household">Whose it is; absent means the caller's own household.</param>
/// <param name="Price">Asking price per trading unit; absent means on request.</param>
public sealed record NewLot(ProductCode Product, Quantity Quantity, DateOnly ReadyOn, HouseholdId? Household = null, UnitPrice? Price = null);

/// <summary>Declares a lot.</summary>
public static class DeclareLot
{
    // A thousand tonnes, or ten million pieces: more is a typing error, and keeps sums of values within 64 bits.
    private const long MostSteps = 1_000_000_000;
    private const long MostPieces = 10_000_000;

    internal static void Map(RouteGroupBuilder lots) =>
        lots.MapPost("", Handle).WithName("declareLot").Requires(Role.Producer, Role.VillageAgent, Role.CooperativeManager).Moves();

    /// <summary>Declare a lot: so much of a product, ready on a day.</summary>
    /// <remarks>
    /// 400 <c>unknown-product</c>, <c>wrong-unit</c>, <c>nothing-declared</c>, <c>quantity-out-of-range</c>, <c>date-out-of-range</c>, <c>wrong-price</c>; 404 when
    /// the caller may not act for the household; 409 <c>household-not-active</c>.
    /// </remarks>
    public static async Task<Results<Created<LotDetails>, ProblemHttpResult>> Handle(
        NewLot lot, Database database, IHouseholds households, IProducts products, TimeProvider clock, CancellationToken cancel) =>
        Answer.Created(await Declare(lot, database, households, products, clock, cancel), declared => $"/v1/lots/{declared.Id}");

    internal static async Task<Outcome<LotDetails>> Declare(
        NewLot lot, Database database, IHouseholds households, IProducts products, TimeProvider clock, CancellationToken cancel)
    {
        var whose = lot.Household ?? (database.Actor.Household is { } own ? HouseholdId.From(own) : null);
        if (whose is null)
        {
            return Refusal.Invalid("#/household", "household-required", "Say whose lot it is.");
        }

        var acted = await households.ToActFor(whose.Value, cancel);
        if (acted.Refusal is { } refusal)
        {
            return refusal;
        }

        var household = acted.Value!;
        if (!household.MayDeclare)
        {
            return new Refusal("household-not-active", "This household may not declare lots now.");
        }

        if (!(await products.Of([lot.Product], cancel)).TryGetValue(lot.Product, out var product))
        {
            return Refusal.Invalid("#/product", "unknown-product", "There is no such product.");
        }

        if (lot.Quantity.Unit != product.Step)
        {
            return Refusal.Invalid("#/quantity/unit", "wrong-unit", $"This product is measured in {product.Unit}.");
        }

        if (lot.Quantity.Amount < 1)
        {
            return Refusal.Invalid("#/quantity", "nothing-declared", "Declare more than nothing.");
        }

        if (lot.Quantity.Amount > (product.Step == "H87" ? MostPieces : MostSteps))
        {
            return Refusal.Invalid("#/quantity", "quantity-out-of-range", "No household has that much; check the quantity.");
        }

        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        if (lot.ReadyOn < today.AddDays(-30) || lot.ReadyOn > today.AddDays(366))
        {
            return Refusal.Invalid("#/readyOn", "date-out-of-range", "The day lies more than 30 days back or a year ahead.");
        }

        if (lot.Price is { } price && (Units.Find(price.Per)?.Step != product.Step))
        {
            return Refusal.Invalid("#/price/per", "wrong-price", $"The price is per {product.Unit}.");
        }

        var id = LotId.New();
        var expires = lot.ReadyOn.AddDays(product.ShelfLifeDays);
        var declared = new LotDeclared(id, household.Id, lot.Product, household.Village, lot.Quantity, lot.ReadyOn, expires, lot.Price);
        await database.Execute($"""
            with lot as (
                insert into supply.lot (id, household_id, product_code, village, step, declared, ready_on, expires_on, price_ten_thousandths, currency, per)
                values ({id}, {household.Id}, {lot.Product}, {household.Village}, {product.Step}, {lot.Quantity.Amount}, {lot.ReadyOn}, {expires},
                        {lot.Price?.TenThousandths}, {lot.Price?.Currency}, {lot.Price?.Per})
                returning id),
            account as (insert into supply.lot_account (lot_id, ceiling) select {id}, {lot.Quantity.Amount} from lot),
            move as (insert into supply.lot_move (lot_id, kind, cause, ceiling) select id, 'declare', id, {lot.Quantity.Amount} from lot)
            select kernel.append(id, {nameof(LotDeclared)}, {Event.Text(declared)}) from lot
            """, cancel);
        return (await ShowLot.Find(id, database, cancel))!;
    }
}
