using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Settlement.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Settlement.Invoices;

/// <summary>An invoice in a list.</summary>
/// <param name="Id">The invoice.</param>
/// <param name="Number">Without gaps per seller and year: <c>INV-2026-000001</c>.</param>
/// <param name="Seller">The applicant of record.</param>
/// <param name="Buyer">The chain.</param>
/// <param name="Order">The order.</param>
/// <param name="OrderNumber">The order's number.</param>
/// <param name="Stage">Where it stands.</param>
/// <param name="Total">What the buyer owes for the accepted goods.</param>
/// <param name="Open">What is not paid yet.</param>
/// <param name="IssuedOn">Date of issue.</param>
/// <param name="DueOn">Due date by the order's payment term.</param>
public sealed record InvoiceSummary(
    InvoiceId Id, string Number, OrganisationId Seller, OrganisationId Buyer, PurchaseOrderId Order, string OrderNumber, InvoiceStage Stage, Money Total,
    Money Open, DateOnly IssuedOn, DateOnly DueOn);

/// <summary>GET /v1/invoices.</summary>
public static class ListInvoices
{
    private const string Query = "invoices";

    internal static void Map(RouteGroupBuilder invoices) => invoices.MapGet("", Handle).WithName("listInvoices").Requires(InvoiceRoles.Read);

    /// <summary>List invoices.</summary>
    /// <remarks>Those your organisation issued or has to pay, newest first; auditors see all. 400 `bad-cursor`.</remarks>
    /// <param name="order">Only those of this order.</param>
    /// <param name="limit">At most this many; 1 to 200, default 50.</param>
    /// <param name="cursor">Where the last page ended.</param>
    public static async Task<Results<Ok<Page<InvoiceSummary>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, PurchaseOrderId? order = null,
        [Range(1, Cursors.MostItems)] int limit = 50, string? cursor = null)
    {
        Guid? after = null;
        var query = $"{Query} {order}";
        if (cursor is not null)
        {
            if (cursors.Read(query, cursor) is not [var last])
            {
                return Problems.From(Cursors.Bad);
            }

            after = Guid.Parse(last);
        }

        var rows = await List(order, after, limit + 1, database, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, query, row => [row.Id.Value.ToString()]));
    }

    internal static async Task<List<InvoiceSummary>> List(PurchaseOrderId? order, Guid? after, int most, Database database, CancellationToken cancel)
    {
        var all = Books.All(database.Actor);
        var rows = await database.List<Row>($"""
            select id, number, seller_id, buyer_id, order_id, order_number, stage, total, paid, currency, issued_on, due_on from settlement.invoice
             where ({all} or seller_id = {database.Actor.Organisation} or buyer_id = {database.Actor.Organisation})
               and ({order} is null or order_id = {order}) and ({after} is null or id < {after})
             order by id desc limit {most}
            """, cancel);
        return [.. rows.Select(row => row.Summary())];
    }

    internal sealed record Row(
        InvoiceId Id, string Number, OrganisationId SellerId, OrganisationId BuyerId, PurchaseOrderId OrderId, string OrderNumber, InvoiceStage Stage,
        long Total, long Paid, string Currency, DateOnly IssuedOn, DateOnly DueOn)
    {
        public InvoiceSummary Summary() => new(
            Id, Number, SellerId, BuyerId, OrderId, OrderNumber, Stage, new Money(Total, Currency), new Money(Total - Paid, Currency), IssuedOn, DueOn);
    }
}

/// <summary>Who reads invoices.</summary>
internal static class InvoiceRoles
{
    public static readonly string[] Read =
    [
        Role.RetailBuyer, Role.RetailApprover, Role.RetailFinance, Role.CooperativeManager, Role.PayoutOfficer, Role.PayoutApprover, Role.Auditor,
        Role.PlatformAdministrator,
    ];
}
