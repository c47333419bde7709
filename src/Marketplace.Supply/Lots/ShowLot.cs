using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Supply.Lots;

/// <summary>A lot and its quantity account.</summary>
/// <param name="Id">The lot.</param>
/// <param name="Household">Whose it is.</param>
/// <param name="Product">What it is.</param>
/// <param name="Village">Where it is.</param>
/// <param name="State">Its state.</param>
/// <param name="ReadyOn">First day it can be handed in.</param>
/// <param name="ExpiresOn">Last day of its shelf life.</param>
/// <param name="Price">Asking price; absent means on request.</param>
/// <param name="Declared">What the household declared.</param>
/// <param name="Certified">Covered by a certificate.</param>
/// <param name="Reserved">Held by allocations and reservations.</param>
/// <param name="Promised">Promised by the household.</param>
/// <param name="Delivered">Weighed in.</param>
/// <param name="Available">Certified and free to sell, when not held and not past <paramref name="SellableUntil"/>.</param>
/// <param name="Held">True while nothing may leave it.</param>
/// <param name="SellableUntil">End of the certificate; absent when there is none.</param>
/// <param name="Application">The application that covers it.</param>
/// <param name="Version">Row version, also the <c>ETag</c>.</param>
public sealed record LotDetails(
    LotId Id, HouseholdId Household, ProductCode Product, TerritoryCode Village, LotState State, DateOnly ReadyOn, DateOnly ExpiresOn, UnitPrice? Price,
    Quantity Declared, Quantity Certified, Quantity Reserved, Quantity Promised, Quantity Delivered, Quantity Available, bool Held,
    DateTimeOffset? SellableUntil, CertificationApplicationId? Application, int Version);

/// <summary>Shows a lot.</summary>
public static class ShowLot
{
    internal static void Map(RouteGroupBuilder lots) => lots.MapGet("/{id}", Handle).WithName("showLot")
        .Requires(Role.Producer, Role.VillageAgent, Role.CooperativeManager, Role.PlatformAdministrator, Role.Auditor);

    /// <summary>Show a lot with its account.</summary>
    /// <remarks>404 when the caller may not act for its household.</remarks>
    public static async Task<Results<Ok<LotDetails>, ProblemHttpResult>> Handle(
        LotId id, HttpContext http, Database database, IHouseholds households, CancellationToken cancel) =>
        Answer.Versioned(http, await Show(id, database, households, cancel), lot => lot.Version);

    internal static async Task<Outcome<LotDetails>> Show(LotId id, Database database, IHouseholds households, CancellationToken cancel)
    {
        if (await Find(id, database, cancel) is not { } lot)
        {
            return Refusal.NotFound;
        }

        return await MayRead(lot.Household, database, households, cancel) ? lot : Refusal.NotFound;
    }

    /// <summary>Auditors and administrators read all; everybody else the lots of households they act for.</summary>
    internal static async Task<bool> MayRead(HouseholdId household, Database database, IHouseholds households, CancellationToken cancel) =>
        database.Actor.Roles.Contains(Role.Auditor) || database.Actor.Roles.Contains(Role.PlatformAdministrator)
        || (await households.ToActFor(household, cancel)).Refusal is null;

    internal static async Task<LotDetails?> Find(LotId id, Database database, CancellationToken cancel) =>
        (await database.Find<Row>($"{Columns} where l.id = {id}", cancel))?.Details;

    internal static Sql Columns => Sql.Of($"""
        select l.id, l.household_id, l.product_code, l.village, l.state, l.ready_on, l.expires_on, l.price_ten_thousandths, l.currency, l.per, l.step, l.declared,
               a.certified, a.reserved, a.promised, a.delivered, a.hold_count, a.sellable_until, l.application_id, l.version
          from supply.lot l join supply.lot_account a on a.lot_id = l.id
        """);

    internal sealed record Row(
        LotId Id, HouseholdId HouseholdId, ProductCode ProductCode, TerritoryCode Village, LotState State, DateOnly ReadyOn, DateOnly ExpiresOn,
        long? PriceTenThousandths, string? Currency, string? Per, string Step, long Declared, long Certified, long Reserved, long Promised, long Delivered,
        int HoldCount, DateTimeOffset? SellableUntil, CertificationApplicationId? ApplicationId, int Version)
    {
        public LotDetails Details => new(
            Id, HouseholdId, ProductCode, Village, State, ReadyOn, ExpiresOn,
            PriceTenThousandths is { } price ? new UnitPrice(price, Currency!, Per!) : null, new Quantity(Declared, Step), new Quantity(Certified, Step),
            new Quantity(Reserved, Step), new Quantity(Promised, Step), new Quantity(Delivered, Step),
            new Quantity(Certified - Reserved - Promised - Delivered, Step), HoldCount > 0, SellableUntil, ApplicationId, Version);
    }
}
