using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Orders.PurchaseOrders;

/// <summary>A second person's decision on an order.</summary>
/// <param name="Approved">True lets the order be placed, false gives it back as a draft.</param>
/// <param name="Reason">Shown to the buyer; 3 to 2,000 characters.</param>
public sealed record OrderApproval(bool Approved, [TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>Approves or turns down an order above the buyer's limit.</summary>
public static class ApproveOrder
{
    internal static void Map(RouteGroupBuilder orders) =>
        orders.MapPost("/{id}/approval", Handle).WithName("approveOrder").Requires(stepUp: true, Role.RetailApprover).Moves();

    /// <summary>Approve or turn down an order.</summary>
    /// <remarks>Needs a fresh second factor. 409 <c>wrong-stage</c> unless it waits for approval; 409 <c>own-work</c> for anybody who wrote the
    /// draft; 409 <c>changed-meanwhile</c> when another decision won.</remarks>
    public static async Task<Results<Ok<OrderDetails>, ProblemHttpResult>> Handle(
        PurchaseOrderId id, OrderApproval approval, HttpContext http, Database database, CancellationToken cancel) =>
        Answer.Versioned(http, await Approve(id, approval, database, cancel), order => order.Version);

    internal static async Task<Outcome<OrderDetails>> Approve(PurchaseOrderId id, OrderApproval approval, Database database, CancellationToken cancel)
    {
        var order = await PurchaseOrder.OfBuyer(id, database, cancel);
        if (order is null)
        {
            return Refusal.NotFound;
        }

        if (PurchaseOrder.Next(order.Stage, approval.Approved ? OrderStep.Approve : OrderStep.TurnDown) is not { } next)
        {
            return PurchaseOrder.WrongStage(order.Stage);
        }

        // own-work is the table's constraint: its name is the refusal's code, so no path can forget it.
        var decider = approval.Approved ? database.Actor.Person : null;
        var written = await database.Execute($"""
            update orders.purchase_order set stage = {next}, approved_by = {decider}, approved_at = kernel.now(), decision_reason = {approval.Reason},
                   version = version + 1
             where id = {id} and version = {order.Version}
            """, cancel);
        return written == 0 ? Refusal.ChangedMeanwhile : await ShowOrder.Show(id, database, cancel);
    }
}
