using System.Text;
using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Stripe;
using Invoice = Marketplace.Settlement.Invoices.Invoice;

namespace Marketplace.Settlement.Payments;

/// <summary>Where a request to pay stands.</summary>
[DatabaseEnum("settlement.payment_request_stage")]
public enum PaymentRequestStage
{
    /// <summary>The buyer was asked.</summary>
    Requested,

    /// <summary>The money is there.</summary>
    Succeeded,

    /// <summary>The partner gave it up; nothing will come.</summary>
    Canceled,
}

/// <summary>The secret that signs Stripe's events; null switches the endpoint off.</summary>
/// <param name="Value">From <c>MARKETPLACE_STRIPE_WEBHOOK_SECRET</c>.</param>
internal sealed record StripeWebhookSecret(string? Value);

/// <summary>POST /v1/payment-events/stripe.</summary>
public static class ReceiveStripeEvent
{
    /// <summary>Seconds an event's signature holds, into the past and the future.</summary>
    private const long Tolerance = 300;

    internal static void Map(RouteGroupBuilder events) => events.MapPost("/stripe", Handle).WithName("receiveStripeEvent").Anyone();

    /// <summary>Take an event from Stripe.</summary>
    /// <remarks>For Stripe only: the raw body must carry its signature, at most 300 seconds old. An event seen before changes nothing. 400
    /// `bad-signature`, `bad-event`; 409 `event-mismatch` when amount, currency or invoice differ from what was asked; 409 `overpaid`; 404
    /// `not-found` when Stripe is not configured or the event speaks of nothing here.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(HttpContext http, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(http);
        var services = http.RequestServices;
        if (Service<StripeWebhookSecret>().Value is not { } secret)
        {
            return Problems.From(Refusal.NotFound);
        }

        using var raw = new MemoryStream();
        await http.Request.Body.CopyToAsync(raw, cancel);
        var read = StripeEvents.Read(
            raw.ToArray(), http.Request.Headers["Stripe-Signature"].ToString(), secret, Service<TimeProvider>().GetUtcNow());
        return read.Refusal is { } refusal
            ? Problems.From(refusal)
            : Answer.NoContent(await Take(read.Value!, Service<CurrentActor>(), Service<Database>(), Service<IOrders>(), Service<TimeProvider>(), cancel));

        T Service<T>()
            where T : notnull => (T)services.GetService(typeof(T))!;
    }

    /// <summary>Applies a verified event, once.</summary>
    internal static async Task<Refusal?> Take(
        StripePayment happened, CurrentActor actor, Database database, IOrders orders, TimeProvider time, CancellationToken cancel)
    {
        if (happened.Tenant is null || happened.Request is not { } request)
        {
            return null; // signed, but not about a payment of ours: taken, so that it is not sent again
        }

        // The tenant was written by us into the metadata and comes back under the signature.
        actor.Value = Actor.System(happened.Tenant);
        var first = await database.Value<bool?>($"""
            insert into settlement.payment_event (id, type) values ({happened.Event}, {happened.Type}) on conflict do nothing returning true
            """, cancel);
        if (first is null)
        {
            return null;
        }

        var asked = await database.Find<Asked>($"""
            select id, invoice_id, reference, amount, currency, stage from settlement.payment_request where id = {request} and gateway = 'stripe' for update
            """, cancel);
        if (asked is null)
        {
            return Refusal.NotFound;
        }

        if (Next(asked.Stage, happened.Type) is not { } next)
        {
            return null; // late or out of order: a state only goes forwards
        }

        if (happened.Intent != asked.Reference || happened.Invoice != asked.InvoiceId.Value
            || happened.Currency != asked.Currency || (next == PaymentRequestStage.Succeeded && happened.Received != asked.Amount))
        {
            return new Refusal("event-mismatch", "The event differs from what was asked.");
        }

        await database.Execute($"update settlement.payment_request set stage = {next} where id = {request}", cancel);
        if (next != PaymentRequestStage.Succeeded)
        {
            return null;
        }

        var invoice = (await Invoice.Lock(asked.InvoiceId, database, cancel))!;
        var payment = new PaymentToRecord(
            invoice.Id, new Money(asked.Amount, asked.Currency), invoice.Number, happened.Intent, DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime));
        return (await RecordPayment.Arrived(invoice, payment, "stripe", database, orders, cancel)).Refusal;
    }

    /// <summary>The life of a request to pay, by the events of its intent.</summary>
    internal static PaymentRequestStage? Next(PaymentRequestStage stage, string type) => (stage, type) switch
    {
        (PaymentRequestStage.Requested, "payment_intent.succeeded") => PaymentRequestStage.Succeeded,
        (PaymentRequestStage.Requested, "payment_intent.canceled") => PaymentRequestStage.Canceled,
        _ => null,
    };

    private sealed record Asked(PaymentRequestId Id, InvoiceId InvoiceId, string? Reference, long Amount, string Currency, PaymentRequestStage Stage);
}

/// <summary>What an event says of a payment.</summary>
internal sealed record StripePayment(string Event, string Type, string Intent, long Received, string Currency, string? Tenant, PaymentRequestId? Request, Guid? Invoice);

/// <summary>Reads signed events: pure.</summary>
internal static class StripeEvents
{
    private static readonly Refusal BadSignature = new("bad-signature", "The signature does not hold.", Status: 400);
    private static readonly Refusal BadEvent = new("bad-event", "The event cannot be read.", Status: 400);

    /// <summary>The event in a body, when its signature is good and at most 300 seconds away from <paramref name="now"/>.</summary>
    public static Outcome<StripePayment> Read(byte[] body, string signature, string secret, DateTimeOffset now)
    {
        string json;
        try
        {
            // Strictly: a byte that is not UTF-8 would be replaced, and the signature is over the bytes.
            json = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body);
            EventUtility.ValidateSignature(json, signature, secret, 300, now.ToUnixTimeSeconds());
        }
        catch (Exception failure) when (failure is StripeException or DecoderFallbackException or FormatException or OverflowException or ArgumentException)
        {
            return BadSignature;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var it = root.GetProperty("data").GetProperty("object");
            var type = root.GetProperty("type").GetString()!;
            if (it.GetProperty("object").GetString() != "payment_intent")
            {
                return new StripePayment(root.GetProperty("id").GetString()!, type, "", 0, "", null, null, null);
            }

            var metadata = it.GetProperty("metadata");
            return new StripePayment(
                root.GetProperty("id").GetString() ?? throw new FormatException(), type, it.GetProperty("id").GetString()!,
                it.GetProperty("amount_received").GetInt64(), it.GetProperty("currency").GetString()!.ToUpperInvariant(), Text("tenant"),
                Guid.TryParse(Text("request"), out var request) ? PaymentRequestId.From(request) : null,
                Guid.TryParse(Text("invoice"), out var invoice) ? invoice : null);

            string? Text(string name) => metadata.TryGetProperty(name, out var value) ? value.GetString() : null;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return BadEvent;
        }
    }
}
