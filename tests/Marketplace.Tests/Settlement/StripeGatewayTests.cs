using System.Net;
using System.Text;
using System.Web;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Settlement.Payments;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Tests.Settlement;

public sealed class StripeGatewayTests
{
    private static readonly PaymentToAsk Payment =
        new(PaymentRequestId.New(), "demo", InvoiceId.New(), "INV-2026-000001", new Money(1_250_000, "KZT"));

    [Fact]
    public async Task An_intent_carries_amount_currency_ids_and_our_key_and_nothing_personal()
    {
        var stripe = new RecordedServer();
        var asked = await Ask(stripe, Payment);

        Assert.Equal("pi_recorded_1", asked.Value);
        var request = Assert.Single(stripe.Requests);
        Assert.Equal("/v1/payment_intents", request.Path);
        Assert.Equal(Payment.Request.Value.ToString(), request.Key);
        Assert.Equal("2026-10-28.endive", request.Version);
        Assert.Equal(
            ["amount=1250000", "currency=kzt", $"metadata[invoice]={Payment.Invoice}", $"metadata[request]={Payment.Request}", "metadata[tenant]=demo"],
            request.Form.AllKeys.Order(StringComparer.Ordinal).Select(key => $"{key}={request.Form[key]}"));
        Assert.DoesNotContain("telemetry_id", request.Client, StringComparison.Ordinal);
        Assert.DoesNotContain("platform", request.Client, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asking_again_finds_the_same_intent()
    {
        var stripe = new RecordedServer();
        var first = await Ask(stripe, Payment);
        var second = await Ask(stripe, Payment);
        Assert.Equal(first.Value, second.Value);
    }

    [Fact]
    public async Task The_same_request_with_another_amount_is_refused_by_the_partner()
    {
        var stripe = new RecordedServer();
        await Ask(stripe, Payment);
        var second = await Ask(stripe, Payment with { Amount = new Money(1, "KZT") });
        Assert.Equal("payment-refused", second.Refusal?.Code);
    }

    [Fact]
    public async Task More_than_eight_digits_are_refused_before_the_call()
    {
        var stripe = new RecordedServer();
        Assert.Null((await Ask(stripe, Payment with { Amount = new Money(99_999_999, "KZT") })).Refusal);
        Assert.Equal("too-much-for-card", (await Ask(stripe, Payment with { Amount = new Money(100_000_000, "KZT") })).Refusal?.Code);
        Assert.Single(stripe.Requests);
    }

    [Theory]
    [InlineData(402, RecordedStripe.Declined, "payment-refused", 409, 1)]
    [InlineData(429, RecordedStripe.TooMany, "payment-service-down", 503, 1)]
    [InlineData(500, RecordedStripe.Broken, "payment-service-down", 503, 3)]
    [InlineData(200, "<html>not JSON</html>", "payment-service-down", 503, 1)]
    public async Task A_failure_of_the_partner_is_an_answer_of_ours(int status, string body, string code, int answered, int calls)
    {
        var stripe = new RecordedServer { Fault = (status, body) };
        var asked = await Ask(stripe, Payment);
        Assert.Equal(code, asked.Refusal?.Code);
        Assert.Equal(answered, asked.Refusal?.Status);
        Assert.Equal(calls, stripe.Requests.Count);
    }

    [Fact]
    public async Task A_partner_that_cannot_be_reached_is_an_answer_of_ours()
    {
        var stripe = new RecordedServer { Unreachable = true };
        Assert.Equal("payment-service-down", (await Ask(stripe, Payment)).Refusal?.Code);
    }

    [Fact]
    public async Task An_answer_lost_after_executing_is_found_again_by_the_key()
    {
        var stripe = new RecordedServer { LoseAnswers = 1 };
        Assert.Equal("pi_recorded_1", (await Ask(stripe, Payment)).Value);
        Assert.Equal(1, stripe.Intents);
    }

    private static async Task<Outcome<string?>> Ask(RecordedServer stripe, PaymentToAsk payment)
    {
        using var http = new HttpClient(stripe, disposeHandler: false);
        return await new StripeGateway(new StripeSettings("sk_test_recorded", "http://stripe.test"), http, NullLogger<StripeGateway>.Instance)
            .Ask(payment, CancellationToken.None);
    }

    /// <summary>Answers as recorded and keeps state: the same key is the same intent, another body under it is refused.</summary>
    private sealed class RecordedServer : HttpMessageHandler
    {
        private readonly Dictionary<string, (string Body, string Answer)> known = new(StringComparer.Ordinal);

        public List<(string Path, string? Key, string Version, string Client, System.Collections.Specialized.NameValueCollection Form)> Requests { get; } = [];

        public (int Status, string Body)? Fault { get; init; }

        public bool Unreachable { get; init; }

        public int LoseAnswers { get; set; }

        public int Intents => known.Count;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = await request.Content!.ReadAsStringAsync(cancellationToken);
            var key = request.Headers.GetValues("Idempotency-Key").Single();
            Requests.Add((
                request.RequestUri!.AbsolutePath, key, request.Headers.GetValues("Stripe-Version").Single(),
                string.Concat(request.Headers.TryGetValues("X-Stripe-Client-User-Agent", out var client) ? client : []), HttpUtility.ParseQueryString(body)));
            if (Unreachable)
            {
                throw new HttpRequestException("Connection refused");
            }

            if (Fault is { } fault)
            {
                return Answer(fault.Status, fault.Body);
            }

            if (known.TryGetValue(key, out var before))
            {
                return before.Body == body ? Answer(200, before.Answer) : Answer(400, RecordedStripe.KeyReused);
            }

            var form = Requests[^1].Form;
            var answer = RecordedStripe.Intent($"pi_recorded_{known.Count + 1}", long.Parse(form["amount"]!), form["currency"]!, "{}");
            known[key] = (body, answer);
            if (LoseAnswers-- > 0)
            {
                throw new HttpRequestException("Connection reset");
            }

            return Answer(200, answer);
        }

        private static HttpResponseMessage Answer(int status, string body) =>
            new((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
    }
}
