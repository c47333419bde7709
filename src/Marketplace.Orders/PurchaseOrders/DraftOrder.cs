using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Orders.PurchaseOrders;

/// <summary>Starts a purchase order.</summary>
public static class DraftOrder
{
    internal static void Map(RouteGroupBuilder orders) =>
        orders.MapPost("", Handle).WithName("draftOrder").Requires(Role.RetailBuyer).Moves();

    /// <summary>Draft a purchase order.</summary>
    /// <remarks>For a buyer of a chain. 400 <c>product-unknown</c>, <c>unit-mismatch</c>, <c>quantity-zero</c>, <c>currency-mismatch</c>,
    /// <c>price-too-high</c>, <c>territory-unknown</c>, <c>window-reversed</c>, <c>window-past</c>, <c>confirm-by-past</c>,
    /// <c>confirm-by-late</c>, <c>applicant-required</c>, <c>applicant-unknown</c>; 409 <c>no-organisation</c> for a buyer of no chain.</remarks>
    public static async Task<Results<Created<OrderDetails>, ProblemHttpResult>> Handle(
        OrderDraft draft, HttpContext http, Database database, DraftTerms terms, CancellationToken cancel)
    {
        var outcome = await Draft(draft, database, terms, cancel);
        if (outcome.Value is { } order && outcome.Refusal is null)
        {
            http.Response.Headers.ETag = Routes.Etag(order.Version);
        }

        return Answer.Created(outcome, order => $"/v1/orders/{order.Id}");
    }

    internal static async Task<Outcome<OrderDetails>> Draft(OrderDraft draft, Database database, DraftTerms terms, CancellationToken cancel)
    {
        if (database.Actor is not { Organisation: { } buyer, Person: { } person })
        {
            return new Refusal("no-organisation", "Only people of a chain can order.");
        }

        var checkedTerms = await terms.Check(draft, cancel);
        if (checkedTerms.Refusal is { } refusal)
        {
            return refusal;
        }

        var id = PurchaseOrderId.New();
        await database.Execute($"""
            insert into orders.purchase_order (id, number, buyer_id, applicant_id, currency, payment_term_days, confirm_by, minimum_fill_percent,
                   value_at_maximum, authors)
            values ({id}, orders.next_number(), {buyer}, {checkedTerms.Value!.Applicant}, {draft.Currency}, {draft.PaymentTermDays}, {draft.ConfirmBy},
                   {draft.MinimumFillPercent}, {checkedTerms.Value.ValueAtMaximum}, {new[] { person }})
            """, cancel);
        await DraftTerms.Write(id, draft, database, cancel);
        return await ShowOrder.Show(id, database, cancel);
    }
}
