using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Orders.PurchaseOrders;

/// <summary>Lists orders.</summary>
public static class ListOrders
{
    private const string Stages = "^(draft|approval|approved|placed|allocating|confirming|firm|dispatched|received|invoiced|paid|paid_out|closed|cancelled)$";

    internal static void Map(RouteGroupBuilder orders) => orders.MapGet("", Handle).WithName("listOrders").RequiresSignIn();

    /// <summary>List orders, newest first.</summary>
    /// <remarks>The chain sees its own, the co-operative those placed with it; anybody else an empty list. 400 <c>bad-cursor</c>.</remarks>
    /// <param name="stage">Only orders in this state.</param>
    /// <param name="limit">1 to 200 entries.</param>
    /// <param name="cursor">From <c>next</c> of the page before.</param>
    public static async Task<Results<Ok<Page<OrderSummary>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, [RegularExpression(Stages)] string? stage = null, [Range(1, 200)] int limit = 50,
        string? cursor = null)
    {
        var query = $"orders {stage}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var rows = await database.List<Row>($"""
            select o.id, o.number, o.buyer_id as buyer, o.applicant_id as applicant, o.stage, o.value_at_maximum, o.currency, o.confirm_by, o.created_at
              from orders.purchase_order o
             where {PurchaseOrder.Readable(database.Actor)} {(Wire.Label<OrderStage>(stage) is { } only ? Sql.Of($"and o.stage = {only}") : Sql.Of($""))}
               {(after is { } last ? Sql.Of($"and o.id < {last}") : Sql.Of($""))}
             order by o.id desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows.ConvertAll(row => new OrderSummary(row.Id, row.Number, row.Buyer, row.Applicant, row.Stage,
            new Money(row.ValueAtMaximum, row.Currency), row.ConfirmBy, row.CreatedAt)), limit, query, order => [order.Id.ToString()]));
    }

    private sealed record Row(
        PurchaseOrderId Id, string Number, OrganisationId Buyer, OrganisationId Applicant, OrderStage Stage, long ValueAtMaximum, string Currency,
        DateTimeOffset ConfirmBy, DateTimeOffset CreatedAt);
}
