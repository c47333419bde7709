using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Orders.Promises;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Orders.PurchaseOrders;

/// <summary>Calls an order off.</summary>
public static class CancelOrder
{
    internal static void Map(RouteGroupBuilder orders) =>
        orders.MapPost("/{id}/cancellation", Handle).WithName("cancelOrder").Requires(Role.RetailBuyer).Moves();

    /// <summary>Call an order off.</summary>
    /// <remarks>Free before it is firm, and after that only while less is promised than the minimum fill. Everything reserved or promised goes back
    /// to its lots. 409 <c>wrong-stage</c> later; 409 <c>goods-weighed</c> once goods were handed in for it.</remarks>
    public static async Task<Results<Ok<OrderDetails>, ProblemHttpResult>> Handle(
        PurchaseOrderId id, HttpContext http, Database database, ILotAccounts accounts, CancellationToken cancel) =>
        Answer.Versioned(http, await Cancel(id, database, accounts, cancel), order => order.Version);

    internal static async Task<Outcome<OrderDetails>> Cancel(PurchaseOrderId id, Database database, ILotAccounts accounts, CancellationToken cancel)
    {
        var order = await database.Find<PurchaseOrder>($"""
            select {PurchaseOrder.Columns} from orders.purchase_order o where o.id = {id} and o.buyer_id = {database.Actor.Organisation} for update
            """, cancel);
        if (order is null)
        {
            return Refusal.NotFound;
        }

        var step = order.Stage == OrderStage.Firm ? OrderStep.CancelShort : OrderStep.Cancel;
        if (PurchaseOrder.Next(order.Stage, step) is not { } next)
        {
            return PurchaseOrder.WrongStage(order.Stage);
        }

        if (step == OrderStep.CancelShort
            && (await ShowOrder.Show(id, database, cancel)).Value?.FillPercent >= Math.Max(1, order.MinimumFillPercent))
        {
            return PurchaseOrder.WrongStage(order.Stage);
        }

        var promises = await database.List<OpenPromise>($"""
            select id, lot_id as lot, household_id as household, stage, case stage when 'offered' then offered else amount end as amount
              from orders.promise where order_id = {id} and stage in ('offered', 'confirmed', 'tendered') order by id for update
            """, cancel);
        if (promises.Any(promise => promise.Stage == PromiseStage.Tendered))
        {
            return new Refusal("goods-weighed", "Goods were already handed in for this order.");
        }

        await database.Execute($"""
            update orders.promise set stage = 'cancelled', amount = 0, answered_at = coalesce(answered_at, kernel.now())
             where order_id = {id} and stage in ('offered', 'confirmed')
            """, cancel);
        if (Parts(promises, PromiseStage.Offered) is { Count: > 0 } reserved && await accounts.Release(id.Value, reserved, cancel) is { } first)
        {
            return first;
        }

        if (Parts(promises, PromiseStage.Confirmed) is { Count: > 0 } promised && await accounts.Unpromise(id.Value, promised, cancel) is { } second)
        {
            return second;
        }

        await database.Execute($"""
            update orders.purchase_order set stage = {next}, cancelled_at = kernel.now(), version = version + 1 where id = {id}
            """, cancel);
        return await ShowOrder.Show(id, database, cancel);
    }

    private static List<LotPart> Parts(List<OpenPromise> promises, PromiseStage stage) => LotParts.Of(
        promises.Where(promise => promise.Stage == stage).Select(promise => (promise.Lot, promise.Amount)));

    private sealed record OpenPromise(PromiseId Id, LotId Lot, HouseholdId Household, PromiseStage Stage, long Amount);
}
