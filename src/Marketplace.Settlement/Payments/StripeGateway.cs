using System.Text.Json;
using Marketplace.Kernel;
using Microsoft.Extensions.Logging;
using Stripe;

namespace Marketplace.Settlement.Payments;

/// <summary>Where Stripe is and how to talk to it.</summary>
/// <param name="Key">Secret API key, from <c>MARKETPLACE_STRIPE_KEY</c>.</param>
/// <param name="Api">Base address; Stripe's own by default.</param>
internal sealed record StripeSettings(string Key, string? Api = null);

/// <summary>Card payments through Stripe: a payment intent per request, found again by our id.</summary>
internal sealed class StripeGateway(StripeSettings settings, HttpClient http, ILogger<StripeGateway> log) : IPaymentGateway
{
    /// <summary>Stripe takes at most eight digits; more is refused here and never sent.</summary>
    internal const long MostMinor = 99_999_999;

    private readonly StripeClient client = new(new StripeClientOptions
    {
        ApiKey = settings.Key,
        ApiBase = settings.Api,
        HttpClient = new SystemNetHttpClient(http, maxNetworkRetries: 2, appInfo: null, enableTelemetry: false),
    });

    public string Name => "stripe";

    public async Task<Outcome<string?>> Ask(PaymentToAsk payment, CancellationToken cancel)
    {
        if (payment.Amount.Minor > MostMinor)
        {
            return new Refusal("too-much-for-card", "Stripe takes at most 999,999.99; pay by bank transfer.");
        }

        try
        {
            // Ids only: no name, telephone or account ever leaves with a payment.
            var intent = await client.V1.PaymentIntents.CreateAsync(
                new PaymentIntentCreateOptions
                {
                    Amount = payment.Amount.Minor,
                    Currency = payment.Amount.Currency.ToLowerInvariant(),
                    Metadata = new Dictionary<string, string>
                    {
                        ["tenant"] = payment.Tenant, ["request"] = payment.Request.Value.ToString(), ["invoice"] = payment.Invoice.Value.ToString(),
                    },
                },
                new RequestOptions { IdempotencyKey = payment.Request.Value.ToString() },
                cancel);
            return intent.Id;
        }
        catch (StripeException failure) when ((int)failure.HttpStatusCode is 400 or 402 or 404)
        {
            log.LogWarning("Stripe refused a payment intent: {Type} {Code}", failure.StripeError?.Type, failure.StripeError?.Code);
            return new Refusal("payment-refused", "The payment service refused; pay by bank transfer.");
        }
        catch (Exception failure) when (failure is StripeException or HttpRequestException or JsonException or Newtonsoft.Json.JsonException
            || (failure is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            log.LogWarning("Stripe cannot be reached: {Failure}", failure.GetType().Name);
            return new Refusal("payment-service-down", "The payment service is not answering; try again later.", Status: 503);
        }
    }
}
