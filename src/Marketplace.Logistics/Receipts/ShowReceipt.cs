using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Logistics.CollectionPoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Logistics.Receipts;

/// <summary>A receipt.</summary>
/// <param name="Id">The receipt.</param>
/// <param name="Consignment">The consignment.</param>
/// <param name="Order">The order.</param>
/// <param name="ReceivedAt">When.</param>
/// <param name="BySilence">True when nobody answered in time and everything counts as accepted.</param>
/// <param name="Parts">What became of each part; a household sees its own only.</param>
public sealed record ReceiptDetails(
    ReceiptId Id, ConsignmentId Consignment, PurchaseOrderId Order, DateTimeOffset ReceivedAt, bool BySilence, IReadOnlyList<ReceiptPartDetails> Parts);

/// <summary>What became of one part.</summary>
/// <param name="Tender">The weighing.</param>
/// <param name="Promise">The promise.</param>
/// <param name="Lot">The lot.</param>
/// <param name="Product">What.</param>
/// <param name="Accepted">Accepted.</param>
/// <param name="Rejected">Rejected.</param>
/// <param name="Reason">Why rejected.</param>
/// <param name="Detail">In words.</param>
public sealed record ReceiptPartDetails(
    TenderId Tender, PromiseId Promise, LotId Lot, ProductCode Product, Quantity Accepted, Quantity Rejected, RejectReason? Reason, string? Detail);

/// <summary>A receipt in a list.</summary>
/// <param name="Id">The receipt.</param>
/// <param name="Consignment">The consignment.</param>
/// <param name="Order">The order.</param>
/// <param name="ReceivedAt">When.</param>
/// <param name="BySilence">True when nobody answered in time.</param>
public sealed record ReceiptSummary(ReceiptId Id, ConsignmentId Consignment, PurchaseOrderId Order, DateTimeOffset ReceivedAt, bool BySilence);

/// <summary>Reads receipts.</summary>
public static class ShowReceipt
{
    internal static void Map(RouteGroupBuilder receipts)
    {
        receipts.MapGet("", HandleList).WithName("listReceipts").RequiresSignIn();
        receipts.MapGet("/{id}", Handle).WithName("showReceipt").RequiresSignIn();
    }

    /// <summary>Read a receipt.</summary>
    /// <remarks>For the chain, the co-operative, and each household its own parts. 404 for anybody else.</remarks>
    public static async Task<Results<Ok<ReceiptDetails>, ProblemHttpResult>> Handle(ReceiptId id, Database database, CancellationToken cancel)
    {
        var receipt = await Find(id, database, cancel, Own(database.Actor), Sql.Of($"""
            (c.buyer_id = {database.Actor.Organisation} or c.applicant_id = {database.Actor.Organisation} or t.household_id = {database.Actor.Household})
            """));
        return receipt is null ? Problems.From(Refusal.NotFound) : TypedResults.Ok(receipt);
    }

    /// <summary>List receipts, newest first.</summary>
    /// <remarks>400 <c>bad-cursor</c>.</remarks>
    /// <param name="order">Only receipts of this order.</param>
    /// <param name="limit">1 to 200 entries.</param>
    /// <param name="cursor">From <c>next</c> of the page before.</param>
    public static async Task<Results<Ok<Page<ReceiptSummary>>, ProblemHttpResult>> HandleList(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, PurchaseOrderId? order = null, [Range(1, 200)] int limit = 50,
        string? cursor = null)
    {
        var query = $"receipts {order}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var rows = await database.List<ReceiptSummary>($"""
            select r.id, r.consignment_id as consignment, r.order_id as "order", r.received_at, r.received_by is null as by_silence
              from logistics.receipt r join logistics.consignment c on c.id = r.consignment_id
             where {Own(database.Actor)} {(order is { } only ? Sql.Of($"and r.order_id = {only}") : Sql.Of($""))}
               {(after is { } last ? Sql.Of($"and r.id < {last}") : Sql.Of($""))}
             order by r.id desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, query, receipt => [receipt.Id.ToString()]));
    }

    internal static Task<ReceiptDetails?> Find(ReceiptId id, Database database, CancellationToken cancel) =>
        Find(id, database, cancel, Sql.Of($"true"), Sql.Of($"true"));

    private static async Task<ReceiptDetails?> Find(ReceiptId id, Database database, CancellationToken cancel, Sql readable, Sql visible)
    {
        var found = await database.Find<ReceiptSummary>($"""
            select r.id, r.consignment_id as consignment, r.order_id as "order", r.received_at, r.received_by is null as by_silence
              from logistics.receipt r join logistics.consignment c on c.id = r.consignment_id where r.id = {id} and {readable}
            """, cancel);
        if (found is null)
        {
            return null;
        }

        var parts = await database.List<Part>($"""
            select t.id as tender, t.promise_id as promise, t.lot_id as lot, t.product_code as product, p.accepted, p.rejected, t.unit, p.reason, p.detail
              from logistics.receipt_part p join logistics.tender t on t.id = p.tender_id join logistics.receipt r on r.id = p.receipt_id
              join logistics.consignment c on c.id = r.consignment_id
             where p.receipt_id = {id} and {visible} order by t.id
            """, cancel);
        return new ReceiptDetails(found.Id, found.Consignment, found.Order, found.ReceivedAt, found.BySilence, parts.ConvertAll(part =>
            new ReceiptPartDetails(part.Tender, part.Promise, part.Lot, part.Product, new Quantity(part.Accepted, part.Unit),
                new Quantity(part.Rejected, part.Unit), part.Reason, part.Detail)));
    }

    private static Sql Own(Actor actor) => Sql.Of($"""
        (c.buyer_id = {actor.Organisation} or c.applicant_id = {actor.Organisation} or exists (
            select from logistics.receipt_part own join logistics.tender mine on mine.id = own.tender_id
             where own.receipt_id = r.id and mine.household_id = {actor.Household}))
        """);

    private sealed record Part(
        TenderId Tender, PromiseId Promise, LotId Lot, ProductCode Product, long Accepted, long Rejected, string Unit, RejectReason? Reason, string? Detail);
}
