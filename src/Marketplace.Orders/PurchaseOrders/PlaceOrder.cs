using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Orders.PurchaseOrders;

/// <summary>Places an order: from here on its terms are frozen and households are asked.</summary>
public static class PlaceOrder
{
    internal static void Map(RouteGroupBuilder orders) =>
        orders.MapPost("/{id}/placement", Handle).WithName("placeOrder").Requires(Role.RetailBuyer).Moves();

    /// <summary>Place an order.</summary>
    /// <remarks>Allocation starts by itself. 409 <c>wrong-stage</c> unless it is approved; 409 <c>confirm-by-past</c> when the cut-off has passed
    /// meanwhile; 409 <c>changed-meanwhile</c>.</remarks>
    public static async Task<Results<Ok<OrderDetails>, ProblemHttpResult>> Handle(
        PurchaseOrderId id, HttpContext http, Database database, TimeProvider time, CancellationToken cancel) =>
        Answer.Versioned(http, await Place(id, database, time, cancel), order => order.Version);

    internal static async Task<Outcome<OrderDetails>> Place(PurchaseOrderId id, Database database, TimeProvider time, CancellationToken cancel)
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
        return written == 0 ? Refusal.ChangedMeanwhile : await ShowOrder.Show(id, database, cancel);
    }
}
