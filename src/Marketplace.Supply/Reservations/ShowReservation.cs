using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Supply.Reservations;

/// <summary>Shows a reservation.</summary>
public static class ShowReservation
{
    internal static void Map(RouteGroupBuilder reservations) =>
        reservations.MapGet("/{id:guid}", Handle).WithName("showReservation").Requires(Role.RetailBuyer);

    /// <summary>Show a reservation of the caller's chain.</summary>
    /// <remarks>404 when it is another buyer's.</remarks>
    public static async Task<Results<Ok<ReservationDetails>, ProblemHttpResult>> Handle(Guid id, Database database, CancellationToken cancel)
    {
        var head = await database.Find<Head>($"""
            select state, expires_at from supply.reservation where id = {id} and organisation_id = {database.Actor.Organisation}
            """, cancel);
        if (head is null)
        {
            return Problems.From(Refusal.NotFound);
        }

        var parts = await database.List<ReservationPart>($"""
            select lot_id as lot, amount from supply.reservation_part where reservation_id = {id} and released_at is null order by lot_id
            """, cancel);
        return TypedResults.Ok(new ReservationDetails(id, head.State, parts, head.ExpiresAt));
    }

    private sealed record Head(ReservationState State, DateTimeOffset ExpiresAt);
}
