using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Supply.Accounts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Supply.Reservations;

/// <summary>A part of a lot to reserve.</summary>
/// <param name="Lot">The lot, as the catalogue names it.</param>
/// <param name="Amount">Grams, millilitres or pieces of the lot's step; 1 or more.</param>
public sealed record ReservationPart(LotId Lot, [Range(1, Quantity.Largest)] long Amount);

/// <summary>Lots to hold for a buyer while the order is prepared.</summary>
/// <param name="Parts">1 to 100 parts, each lot once.</param>
/// <param name="Hours">Hours until it ends by itself, 1 to 24; 24 by default.</param>
public sealed record NewReservation([Required, MinLength(1), MaxLength(100)] IReadOnlyList<ReservationPart> Parts, [Range(1, 24)] int Hours = 24);

/// <summary>A reservation.</summary>
/// <param name="Id">Its id; name it when placing an order, so that its lots are free for that order.</param>
/// <param name="State">Its state.</param>
/// <param name="Parts">What it holds.</param>
/// <param name="ExpiresAt">When it ends by itself.</param>
public sealed record ReservationDetails(Guid Id, ReservationState State, IReadOnlyList<ReservationPart> Parts, DateTimeOffset ExpiresAt);

/// <summary>State of a reservation.</summary>
[DatabaseEnum("supply.reservation_state")]
public enum ReservationState
{
    /// <summary>It holds quantity.</summary>
    Open,

    /// <summary>The buyer gave it back.</summary>
    Released,

    /// <summary>Its time ran out.</summary>
    Expired,

    /// <summary>An order took it over.</summary>
    Ordered,
}

/// <summary>Reserves lots for a buyer.</summary>
public static class ReserveLots
{
    internal static void Map(RouteGroupBuilder reservations) =>
        reservations.MapPost("", Handle).WithName("reserveLots").Requires(Role.RetailBuyer).Moves();

    /// <summary>Reserve parts of lots: all of them or none.</summary>
    /// <remarks>
    /// 400 <c>lot-twice</c>; 409 <c>not-available</c> when any part is sold, held or no longer certified; 409 <c>too-many-reservations</c> above the cap.
    /// </remarks>
    public static async Task<Results<Created<ReservationDetails>, ProblemHttpResult>> Handle(
        NewReservation reservation, Database database, TimeProvider clock, CancellationToken cancel) =>
        Answer.Created(await Reserve(reservation, database, clock, cancel), made => $"/v1/reservations/{made.Id}");

    internal static async Task<Outcome<ReservationDetails>> Reserve(
        NewReservation reservation, Database database, TimeProvider clock, CancellationToken cancel)
    {
        if (reservation.Parts.DistinctBy(part => part.Lot).Count() != reservation.Parts.Count)
        {
            return Refusal.Invalid("#/parts", "lot-twice", "Name each lot once.");
        }

        if (database.Actor.Organisation is not { } buyer)
        {
            return Refusal.NotFound;
        }

        var id = Guid.CreateVersion7();
        var expires = clock.GetUtcNow().AddHours(reservation.Hours);
        var parts = reservation.Parts.Select(part => new LotPart(part.Lot, part.Amount)).ToList();
        await database.Gate([.. parts.Select(part => part.Lot.Value)], cancel);
        var reserved = await database.Execute(LotAccounts.ReserveAll(id, parts, Sql.Of($"""
            held as (
                insert into supply.reservation (id, organisation_id, expires_at) select {id}, {buyer}, {expires} where exists (select from moved)),
            kept as (insert into supply.reservation_part (reservation_id, lot_id, amount) select {id}, lot_id, amount from moved),
            counted as (
                insert into supply.buyer_hold (organisation_id, open) select {buyer}, 1 where exists (select from moved)
                    on conflict (organisation_id, tenant_id) do update set open = buyer_hold.open + 1),
            """)), cancel);
        return reserved == parts.Count
            ? new ReservationDetails(id, ReservationState.Open, reservation.Parts, expires)
            : LotAccounts.NotAvailable;
    }
}
