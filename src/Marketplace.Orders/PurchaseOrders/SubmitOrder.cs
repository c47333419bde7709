using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Orders.PurchaseOrders;

/// <summary>Hands a draft in.</summary>
public static class SubmitOrder
{
    internal static void Map(RouteGroupBuilder orders) =>
        orders.MapPost("/{id}/submission", Handle).WithName("submitOrder").Requires(Role.RetailBuyer).Moves();

    /// <summary>Submit a draft order.</summary>
    /// <remarks>Within the buyer's limit it becomes <c>approved</c> at once and may be placed; above it becomes <c>approval</c> and waits for an
    /// approver. 409 <c>wrong-stage</c> unless it is a draft; 409 <c>changed-meanwhile</c> when somebody changed it just now.</remarks>
    public static async Task<Results<Ok<OrderDetails>, ProblemHttpResult>> Handle(
        PurchaseOrderId id, HttpContext http, Database database, CancellationToken cancel) =>
        Answer.Versioned(http, await Submit(id, database, cancel), order => order.Version);

    internal static async Task<Outcome<OrderDetails>> Submit(PurchaseOrderId id, Database database, CancellationToken cancel)
    {
        var order = await PurchaseOrder.OfBuyer(id, database, cancel);
        if (order is null)
        {
            return Refusal.NotFound;
        }

        var limit = await database.Value<long>($"""
            select coalesce(
                (select minor from orders.approval_limit where role = {Role.RetailBuyer} and currency = {order.Currency}),
                (select minor from orders.default_approval_limit where role = {Role.RetailBuyer} and currency = {order.Currency}), 0)
            """, cancel);
        var above = order.ValueAtMaximum > limit;
        if (PurchaseOrder.Next(order.Stage, above ? OrderStep.Submit : OrderStep.SubmitWithinLimit) is not { } next)
        {
            return PurchaseOrder.WrongStage(order.Stage);
        }

        var written = await database.Execute($"""
            update orders.purchase_order set stage = {next}, needs_approval = {above}, submitted_at = kernel.now(), decision_reason = null,
                   version = version + 1
             where id = {id} and version = {order.Version}
            """, cancel);
        return written == 0 ? Refusal.ChangedMeanwhile : await ShowOrder.Show(id, database, cancel);
    }
}
