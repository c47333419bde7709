using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Settlement.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Settlement.Invoices;

/// <summary>An invoice with its lines.</summary>
/// <param name="Invoice">Its head.</param>
/// <param name="Receipt">The receipt whose accepted goods it charges.</param>
/// <param name="Lines">What is charged.</param>
/// <param name="FeeBasisPoints">The applicant's fee in 1/10,000, frozen at issue; shown to the seller and to auditors.</param>
/// <param name="Fee">The applicant's fee; shown to the seller and to auditors.</param>
/// <param name="Parts">What each household earns; shown to the seller and to auditors, never to the buyer.</param>
public sealed record InvoiceDetails(
    InvoiceSummary Invoice, ReceiptId Receipt, IReadOnlyList<InvoiceLineDetails> Lines, int? FeeBasisPoints, Money? Fee,
    IReadOnlyList<InvoicePartDetails>? Parts);

/// <summary>A line of an invoice.</summary>
/// <param name="Ordinal">1, 2, 3 …</param>
/// <param name="OrderLine">The order's line.</param>
/// <param name="Product">What.</param>
/// <param name="Quantity">Accepted at receipt.</param>
/// <param name="Price">The frozen price.</param>
/// <param name="Amount">Quantity × price, rounded half to even.</param>
public sealed record InvoiceLineDetails(int Ordinal, OrderLineId OrderLine, ProductCode Product, Quantity Quantity, UnitPrice Price, Money Amount);

/// <summary>A household's part of an invoice.</summary>
/// <param name="Line">The invoice line it belongs to.</param>
/// <param name="Household">Who.</param>
/// <param name="Lot">The lot.</param>
/// <param name="Quantity">Accepted of it.</param>
/// <param name="Gross">Its share of the line.</param>
/// <param name="Fee">Its share of the applicant's fee.</param>
/// <param name="Net">What the household is paid.</param>
public sealed record InvoicePartDetails(int Line, HouseholdId Household, LotId Lot, Quantity Quantity, Money Gross, Money Fee, Money Net);

/// <summary>GET /v1/invoices/{id}.</summary>
public static class ReadInvoice
{
    internal static void Map(RouteGroupBuilder invoices) => invoices.MapGet("/{id}", Handle).WithName("readInvoice").Requires(InvoiceRoles.Read);

    /// <summary>Read an invoice.</summary>
    /// <remarks>404 `not-found` unless your organisation issued it or has to pay it.</remarks>
    public static async Task<Results<Ok<InvoiceDetails>, ProblemHttpResult>> Handle(InvoiceId id, Database database, CancellationToken cancel) =>
        Answer.Ok(await Read(id, database, cancel));

    internal static async Task<Outcome<InvoiceDetails>> Read(InvoiceId id, Database database, CancellationToken cancel)
    {
        var all = Books.All(database.Actor);
        var head = await database.Find<ListInvoices.Row>($"""
            select id, number, seller_id, buyer_id, order_id, order_number, stage, total, paid, currency, issued_on, due_on from settlement.invoice
             where id = {id} and ({all} or seller_id = {database.Actor.Organisation} or buyer_id = {database.Actor.Organisation})
            """, cancel);
        if (head is null)
        {
            return Refusal.NotFound;
        }

        var terms = (await database.Find<Terms>($"select receipt_id, fee_basis_points, fee from settlement.invoice where id = {id}", cancel))!;
        var lines = await database.List<Line>($"""
            select ordinal, order_line, product_code, quantity, unit, price_ten_thousandths, per, amount
              from settlement.invoice_line where invoice_id = {id} order by ordinal
            """, cancel);
        var details = new InvoiceDetails(head.Summary(), terms.ReceiptId, [.. lines.Select(line => line.Details(head.Currency))], null, null, null);
        if (!all && head.SellerId.Value != database.Actor.Organisation)
        {
            return details;
        }

        var parts = await database.List<Part>($"""
            select p.line, p.household_id, p.lot_id, p.quantity, l.unit, p.gross, p.fee, p.net
              from settlement.invoice_part p join settlement.invoice_line l on l.invoice_id = p.invoice_id and l.ordinal = p.line
             where p.invoice_id = {id} order by p.line, p.promise_id
            """, cancel);
        return details with
        {
            FeeBasisPoints = terms.FeeBasisPoints,
            Fee = new Money(terms.Fee, head.Currency),
            Parts = [.. parts.Select(part => part.Details(head.Currency))],
        };
    }

    private sealed record Terms(ReceiptId ReceiptId, int FeeBasisPoints, long Fee);

    private sealed record Line(
        int Ordinal, OrderLineId OrderLine, ProductCode ProductCode, long Quantity, string Unit, long PriceTenThousandths, string Per, long Amount)
    {
        public InvoiceLineDetails Details(string currency) => new(
            Ordinal, OrderLine, ProductCode, new Quantity(Quantity, Unit), new UnitPrice(PriceTenThousandths, currency, Per), new Money(Amount, currency));
    }

    private sealed record Part(int Line, HouseholdId HouseholdId, LotId LotId, long Quantity, string Unit, long Gross, long Fee, long Net)
    {
        public InvoicePartDetails Details(string currency) => new(
            Line, HouseholdId, LotId, new Quantity(Quantity, Unit), new Money(Gross, currency), new Money(Fee, currency), new Money(Net, currency));
    }
}
