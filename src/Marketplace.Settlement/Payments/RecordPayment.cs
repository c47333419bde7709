using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Settlement.Invoices;
using Marketplace.Settlement.Ledger;
using Marketplace.Settlement.Payouts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Settlement.Payments;

/// <summary>A payment seen on the bank statement.</summary>
/// <param name="Invoice">The invoice it pays.</param>
/// <param name="Amount">What arrived; at least one minor unit and at most what is open. Parts add up.</param>
/// <param name="PayerReference">What the payer wrote; 1 to 140 characters.</param>
/// <param name="BankReference">The bank's reference of the statement line; each is recorded once. 1 to 70 characters.</param>
/// <param name="ReceivedOn">The day it arrived; not in the future.</param>
public sealed record PaymentToRecord(
    InvoiceId Invoice, Money Amount, [TextLength(140, MinimumLength = 1)] string PayerReference, [TextLength(70, MinimumLength = 1)] string BankReference,
    DateOnly ReceivedOn);

/// <summary>A recorded payment and what it did.</summary>
/// <param name="Id">The payment.</param>
/// <param name="Invoice">The invoice.</param>
/// <param name="Amount">What was paid.</param>
/// <param name="Open">What is left to pay.</param>
/// <param name="Stage">Where the invoice stands now.</param>
/// <param name="Payouts">How many payouts the full payment opened; zero while something is open.</param>
public sealed record PaymentDetails(PaymentId Id, InvoiceId Invoice, Money Amount, Money Open, InvoiceStage Stage, int Payouts);

/// <summary>POST /v1/payments.</summary>
public static class RecordPayment
{
    internal static void Map(RouteGroupBuilder payments) =>
        payments.MapPost("", Handle).WithName("recordPayment").InPersonOnly().Requires(Role.PayoutOfficer).Moves();

    /// <summary>Record a payment.</summary>
    /// <remarks>By the seller, who sees its bank statement. 404 `not-found` for an invoice of others; 409 `overpaid` above the open amount;
    /// 409 `payment-known` for a bank reference already recorded; 400 `not-positive`, `wrong-currency`, `in-future`.</remarks>
    public static async Task<Results<Created<PaymentDetails>, ProblemHttpResult>> Handle(
        PaymentToRecord payment, Database database, IOrders orders, TimeProvider time, CancellationToken cancel) =>
        Answer.Created(await Record(payment, database, orders, time, cancel), recorded => $"/v1/invoices/{recorded.Invoice}");

    internal static async Task<Outcome<PaymentDetails>> Record(
        PaymentToRecord payment, Database database, IOrders orders, TimeProvider time, CancellationToken cancel)
    {
        if (payment.Amount.Minor <= 0)
        {
            return Refusal.Invalid("#/amount/minor", "not-positive", "A payment is at least one minor unit.");
        }

        // Two days: the bank's day may be ahead of ours, but not more.
        if (payment.ReceivedOn > DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(1))
        {
            return Refusal.Invalid("#/receivedOn", "in-future", "A payment cannot have arrived in the future.");
        }

        var invoice = await Invoice.Lock(payment.Invoice, database, cancel);
        if (invoice is null || invoice.SellerId.Value != database.Actor.Organisation)
        {
            return Refusal.NotFound;
        }

        return await Arrived(invoice, payment, "bank", database, orders, cancel);
    }

    /// <summary>Books money that arrived for a locked invoice, whichever way it came.</summary>
    internal static async Task<Outcome<PaymentDetails>> Arrived(
        Invoice invoice, PaymentToRecord payment, string channel, Database database, IOrders orders, CancellationToken cancel)
    {
        if (payment.Amount.Currency != invoice.Currency)
        {
            return Refusal.Invalid("#/amount/currency", "wrong-currency", $"This invoice is in {invoice.Currency}.");
        }

        if (await database.Value<bool?>($"""
            select true from settlement.payment where seller_id = {invoice.SellerId} and bank_reference = {payment.BankReference}
            """, cancel) == true)
        {
            return new Refusal("payment-known", Known);
        }

        if (payment.Amount.Minor > invoice.Open.Minor)
        {
            return new Refusal("overpaid", Overpaid);
        }

        var id = PaymentId.New();
        var open = invoice.Open - payment.Amount;
        var stage = open.Minor == 0 ? InvoiceStage.Paid : InvoiceStage.Issued;
        var recorded = Event.Text(new PaymentRecorded(id, invoice.Id, payment.Amount));
        await database.Execute($"""
            with received as (
                insert into settlement.payment (id, invoice_id, seller_id, channel, amount, currency, payer_reference, bank_reference, received_on, recorded_by)
                values ({id}, {invoice.Id}, {invoice.SellerId}, {channel}, {payment.Amount.Minor}, {invoice.Currency}, {payment.PayerReference},
                        {payment.BankReference}, {payment.ReceivedOn}, kernel.person())
                returning invoice_id),
            credited as (
                update settlement.invoice i set paid = i.paid + {payment.Amount.Minor}, stage = {stage}, version = i.version + 1
                  from received where i.id = received.invoice_id returning i.id)
            select kernel.append(id, {nameof(PaymentRecorded)}, {recorded}) from credited
            """, cancel);
        var clearing = channel == "stripe" ? Purpose.StripeClearing : Purpose.BankClearing;
        var posted = await Transfer.Of(invoice.SellerId, "payment", id.Value,
            [
                Posting.Of(invoice.SellerId, clearing, payment.Amount),
                Posting.Of(invoice.BuyerId, Purpose.BuyerReceivable, payment.Amount with { Minor = -payment.Amount.Minor }),
            ]).Post(database, cancel);
        if (posted is not null)
        {
            return posted;
        }

        if (stage != InvoiceStage.Paid)
        {
            return new PaymentDetails(id, invoice.Id, payment.Amount, open, stage, 0);
        }

        var payouts = await OpenPayouts.For(invoice, database, cancel);
        if (payouts.Refusal is { } refusal)
        {
            return refusal;
        }

        await database.Execute($"""
            select kernel.append({invoice.Id}, {nameof(InvoicePaid)},
                {Event.Text(new InvoicePaid(invoice.Id, invoice.OrderId, new Money(invoice.Total, invoice.Currency)))})
            """, cancel);
        await OrderProgress.Paid(invoice.OrderId, database, orders, cancel);
        return new PaymentDetails(id, invoice.Id, payment.Amount, open, stage, payouts.Value);
    }

    internal const string Known = "This bank reference was recorded before.";
    internal const string Overpaid = "This is more than is open on the invoice.";
}
