using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Settlement.Payments;

/// <summary>How to pay an invoice.</summary>
/// <param name="Id">The request.</param>
/// <param name="Invoice">The invoice.</param>
/// <param name="Gateway"><c>bank</c>: transfer to the account and name the reference; <c>stripe</c>: pay the intent named by the reference.</param>
/// <param name="Amount">What is open.</param>
/// <param name="Reference">The invoice's number, or the payment intent.</param>
/// <param name="Iban">The seller's account, for a bank transfer, when known.</param>
public sealed record PaymentRequestDetails(PaymentRequestId Id, InvoiceId Invoice, string Gateway, Money Amount, string Reference, string? Iban);

/// <summary>POST /v1/invoices/{id}/payment-requests.</summary>
public static class RequestPayment
{
    internal static void Map(RouteGroupBuilder invoices) =>
        invoices.MapPost("/{id}/payment-requests", Handle).WithName("requestPayment").Requires(Role.RetailFinance).Moves();

    /// <summary>Ask how to pay an invoice.</summary>
    /// <remarks>By the buyer. 404 `not-found` for an invoice of others; 409 `already-paid`; 409 `too-much-for-card`; 409 `payment-refused`;
    /// 503 `payment-service-down`.</remarks>
    public static async Task<Results<Created<PaymentRequestDetails>, ProblemHttpResult>> Handle(
        InvoiceId id, IServiceProvider services, Database database, CancellationToken cancel) =>
        Answer.Created(await Ask(id, services, database, cancel), asked => $"/v1/invoices/{asked.Invoice}");

    internal static async Task<Outcome<PaymentRequestDetails>> Ask(
        InvoiceId id, IServiceProvider services, Database database, CancellationToken cancel)
    {
        var gateway = services.GetRequiredService<IPaymentGateway>();

        // The partner is called between two transactions: this one reads and ends, the request's own begins with the write below.
        Payable? invoice;
        OrganisationCard? seller;
        await using (var reading = services.GetRequiredService<IServiceScopeFactory>().CreateAsyncScope())
        {
            reading.ServiceProvider.GetRequiredService<CurrentActor>().Value = database.Actor;
            var before = reading.ServiceProvider.GetRequiredService<Database>();
            invoice = await before.Find<Payable>($"""
                select number, seller_id, total - paid as open, currency from settlement.invoice where id = {id} and buyer_id = {database.Actor.Organisation}
                """, cancel);
            seller = invoice is null ? null : (await reading.ServiceProvider.GetRequiredService<IOrganisations>().Of([invoice.SellerId], cancel))
                .GetValueOrDefault(invoice.SellerId);
        }

        if (invoice is null)
        {
            return Refusal.NotFound;
        }

        if (invoice.Open == 0)
        {
            return new Refusal("already-paid", "Nothing is open on this invoice.");
        }

        // The same id for the same invoice and open amount: asking again, or after an answer that was lost, finds the same intent.
        var amount = new Money(invoice.Open, invoice.Currency);
        var request = PaymentRequestId.From(Ledger.Transfer.IdOf($"ask:{gateway.Name}:{amount.Minor}", id.Value));
        var asked = await gateway.Ask(new PaymentToAsk(request, database.Actor.Tenant, id, invoice.Number, amount), cancel);
        if (asked.Refusal is { } refusal)
        {
            return refusal;
        }

        await database.Execute($"""
            insert into settlement.payment_request (id, invoice_id, gateway, reference, amount, currency)
            values ({request}, {id}, {gateway.Name}, {asked.Value}, {amount.Minor}, {amount.Currency}) on conflict do nothing
            """, cancel);
        return new PaymentRequestDetails(
            request, id, gateway.Name, amount, asked.Value ?? invoice.Number, gateway.Name == "bank" ? seller?.Iban : null);
    }

    private sealed record Payable(string Number, OrganisationId SellerId, long Open, string Currency);
}
