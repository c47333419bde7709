using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Orders.PurchaseOrders;

/// <summary>What placing may name.</summary>
/// <param name="Reservation">An open reservation of the same chain: it ends with the placing, so that its lots are free for the allocation that follows.</param>
public sealed record OrderPlacement(Guid? Reservation = null);

/// <summary>Places an order: from here on its terms are frozen and households are asked.</summary>
public static class PlaceOrder
{
    internal static void Map(RouteGroupBuilder orders) =>
        orders.MapPost("/{id}/placement", Handle).WithName("placeOrder").Requires(Role.RetailBuyer).Moves();

    /// <summary>Place an order.</summary>
    /// <remarks>Allocation starts by itself. 409 <c>wrong-stage</c> unless it is approved; 409 <c>confirm-by-past</c> when the cut-off has passed
    /// meanwhile; 409 <c>reservation-not-open</c>; 409 <c>changed-meanwhile</c>.</remarks>
    public static async Task<Results<Ok<OrderDetails>, ProblemHttpResult>> Handle(
        PurchaseOrderId id, HttpContext http, Database database, IReservations reservations, TimeProvider time, CancellationToken cancel,
        OrderPlacement? placement = null) =>
        Answer.Versioned(http, await Place(id, placement?.Reservation, database, reservations, time, cancel), order => order.Version);

    internal static async Task<Outcome<OrderDetails>> Place(
        PurchaseOrderId id, Guid? reservation, Database database, IReservations reservations, TimeProvider time, CancellationToken cancel)
    {
        var order = await PurchaseOrder.OfBuyer(id, database, cancel);
        if (order is null)
        {
            return Refusal.NotFound;
        }

        if (PurchaseOrder.Next(order.Stage, OrderStep.Place) is not { } next)
        {
            return PurchaseOrder.WrongStage(order.Stage);
        }

        if (order.ConfirmBy <= time.GetUtcNow())
        {
            return new Refusal("confirm-by-past", "The cut-off must be later than now.");
        }

        var written = await database.Execute($"""
            with moved as (
                update orders.purchase_order set stage = {next}, placed_by = {database.Actor.Person}, placed_at = kernel.now(), version = version + 1
                 where id = {id} and version = {order.Version}
                returning id)
            select kernel.append(id, {nameof(OrderPlaced)}, {Event.Text(new OrderPlaced(id, order.Buyer))}) from moved
            """, cancel);
        if (written == 0)
        {
            return Refusal.ChangedMeanwhile;
        }

        if (reservation is { } held && (await reservations.TakeOver(held, order.Buyer, cancel)).Refusal is not null)
        {
            return new Refusal("reservation-not-open", "This reservation is not open any more.");
        }

        return await ShowOrder.Show(id, database, cancel);
    }
}
