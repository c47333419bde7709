using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Orders.PurchaseOrders;

/// <summary>Rewrites a draft.</summary>
public static class EditOrder
{
    internal static void Map(RouteGroupBuilder orders) => orders.MapPut("/{id}", Handle).WithName("editOrder").Requires(Role.RetailBuyer)
        .ProducesProblem(412).ProducesProblem(428);

    /// <summary>Rewrite a draft order.</summary>
    /// <remarks>Replaces everything. Needs <c>If-Match</c> with the version read. 409 <c>wrong-stage</c> unless it is a draft;
    /// 412 <c>stale</c>; 428 <c>if-match-required</c>; 400 as for drafting.</remarks>
    public static async Task<Results<Ok<OrderDetails>, ProblemHttpResult>> Handle(
        PurchaseOrderId id, OrderDraft draft, IfMatch ifMatch, HttpContext http, Database database, DraftTerms terms, CancellationToken cancel) =>
        Answer.Versioned(http, await Edit(id, draft, ifMatch, database, terms, cancel), order => order.Version);

    internal static async Task<Outcome<OrderDetails>> Edit(
        PurchaseOrderId id, OrderDraft draft, IfMatch ifMatch, Database database, DraftTerms terms, CancellationToken cancel)
    {
        var order = await PurchaseOrder.OfBuyer(id, database, cancel);
        if (order is null)
        {
            return Refusal.NotFound;
        }

        if (PurchaseOrder.Next(order.Stage, OrderStep.Edit) is null)
        {
            return PurchaseOrder.WrongStage(order.Stage);
        }

        var checkedTerms = await terms.Check(draft, cancel);
        if (checkedTerms.Refusal is { } refusal)
        {
            return refusal;
        }

        var written = await database.Execute($"""
            update orders.purchase_order
               set applicant_id = {checkedTerms.Value!.Applicant}, currency = {draft.Currency}, payment_term_days = {draft.PaymentTermDays},
                   confirm_by = {draft.ConfirmBy}, minimum_fill_percent = {draft.MinimumFillPercent},
                   value_at_maximum = {checkedTerms.Value.ValueAtMaximum}, version = version + 1,
                   authors = case when {database.Actor.Person} = any (authors) then authors else authors || {database.Actor.Person} end
             where id = {id} and version = {ifMatch.Version} and stage = {OrderStage.Draft}
            """, cancel);
        if (written == 0)
        {
            return IfMatch.Stale;
        }

        await database.Execute($"delete from orders.order_line where order_id = {id}", cancel);
        await DraftTerms.Write(id, draft, database, cancel);
        return await ShowOrder.Show(id, database, cancel);
    }
}
