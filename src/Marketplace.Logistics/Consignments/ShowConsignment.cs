using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Logistics.CollectionPoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Logistics.Consignments;

/// <summary>A consignment with its despatch lines.</summary>
/// <param name="Id">The consignment.</param>
/// <param name="Order">The order.</param>
/// <param name="Sscc">Serial shipping container code of the logistic unit, 18 digits.</param>
/// <param name="Stage">Its state.</param>
/// <param name="CreatedAt">When it was put together.</param>
/// <param name="DispatchedAt">When it left.</param>
/// <param name="Lines">The despatch lines.</param>
public sealed record ConsignmentDetails(
    ConsignmentId Id, PurchaseOrderId Order, string Sscc, ConsignmentStage Stage, DateTimeOffset CreatedAt, DateTimeOffset? DispatchedAt,
    IReadOnlyList<DespatchLine> Lines);

/// <summary>A despatch line: one weighed part of a lot.</summary>
/// <param name="Tender">The weighing.</param>
/// <param name="Lot">The lot.</param>
/// <param name="Product">What.</param>
/// <param name="Quantity">The weighed quantity, no more than was promised.</param>
/// <param name="CertificateSerial">The certificate that was live at dispatch.</param>
/// <param name="ExpiresOn">Last day of the lot's shelf life.</param>
public sealed record DespatchLine(TenderId Tender, LotId Lot, ProductCode Product, Quantity Quantity, string? CertificateSerial, DateOnly? ExpiresOn);

/// <summary>A consignment in a list.</summary>
/// <param name="Id">The consignment.</param>
/// <param name="Order">The order.</param>
/// <param name="Sscc">Serial shipping container code, 18 digits.</param>
/// <param name="Stage">Its state.</param>
/// <param name="CreatedAt">When it was put together.</param>
/// <param name="DispatchedAt">When it left.</param>
public sealed record ConsignmentSummary(
    ConsignmentId Id, PurchaseOrderId Order, string Sscc, ConsignmentStage Stage, DateTimeOffset CreatedAt, DateTimeOffset? DispatchedAt);

/// <summary>Reads consignments.</summary>
public static class ShowConsignment
{
    internal static void Map(RouteGroupBuilder consignments)
    {
        consignments.MapGet("", HandleList).WithName("listConsignments").RequiresSignIn();
        consignments.MapGet("/{id}", Handle).WithName("showConsignment").RequiresSignIn();
    }

    /// <summary>Read a consignment.</summary>
    /// <remarks>For the co-operative that sends it and, once it left, the chain it goes to. 404 for anybody else.</remarks>
    public static async Task<Results<Ok<ConsignmentDetails>, ProblemHttpResult>> Handle(ConsignmentId id, Database database, CancellationToken cancel) =>
        Answer.Ok(await Show(id, database, cancel));

    /// <summary>List consignments, newest first.</summary>
    /// <remarks>The co-operative sees those it sends, the chain those on their way to it. 400 <c>bad-cursor</c>.</remarks>
    /// <param name="order">Only consignments of this order.</param>
    /// <param name="limit">1 to 200 entries.</param>
    /// <param name="cursor">From <c>next</c> of the page before.</param>
    public static async Task<Results<Ok<Page<ConsignmentSummary>>, ProblemHttpResult>> HandleList(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, PurchaseOrderId? order = null, [Range(1, 200)] int limit = 50,
        string? cursor = null)
    {
        var query = $"consignments {order}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var rows = await database.List<ConsignmentSummary>($"""
            select c.id, c.order_id as "order", c.sscc, c.stage, c.created_at, c.dispatched_at from logistics.consignment c
             where {Own(database.Actor)} {(order is { } only ? Sql.Of($"and c.order_id = {only}") : Sql.Of($""))}
               {(after is { } last ? Sql.Of($"and c.id < {last}") : Sql.Of($""))}
             order by c.id desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, query, one => [one.Id.ToString()]));
    }

    internal static async Task<Outcome<ConsignmentDetails>> Show(ConsignmentId id, Database database, CancellationToken cancel)
    {
        var found = await database.Find<ConsignmentSummary>($"""
            select c.id, c.order_id as "order", c.sscc, c.stage, c.created_at, c.dispatched_at from logistics.consignment c
             where c.id = {id} and {Own(database.Actor)}
            """, cancel);
        if (found is null)
        {
            return Refusal.NotFound;
        }

        var parts = await database.List<Part>($"""
            select t.id as tender, t.lot_id as lot, t.product_code as product, t.delivered, t.unit, p.certificate_serial, p.expires_on
              from logistics.consignment_part p join logistics.tender t on t.id = p.tender_id where p.consignment_id = {id} order by t.id
            """, cancel);
        return new ConsignmentDetails(found.Id, found.Order, found.Sscc, found.Stage, found.CreatedAt, found.DispatchedAt,
            parts.ConvertAll(part => new DespatchLine(part.Tender, part.Lot, part.Product, new Quantity(part.Delivered, part.Unit), part.CertificateSerial,
                part.ExpiresOn)));
    }

    private static Sql Own(Actor actor) =>
        Sql.Of($"(c.applicant_id = {actor.Organisation} or c.buyer_id = {actor.Organisation} and c.stage <> 'loading')");

    private sealed record Part(
        TenderId Tender, LotId Lot, ProductCode Product, long Delivered, string Unit, string? CertificateSerial, DateOnly? ExpiresOn);
}
