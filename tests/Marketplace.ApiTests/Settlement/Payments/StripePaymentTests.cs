using System.Net;
using System.Text;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Settlement.Payments;
using Stripe;
using Transfer = Marketplace.Settlement.Ledger.Transfer;

namespace Marketplace.ApiTests.Settlement.Payments;

[Collection("settlement")]
public sealed class StripePaymentTests(SettlementDesk desk)
{
    [Fact]
    public async Task A_buyer_without_a_card_service_is_told_the_sellers_account()
    {
        var story = await Story.Received(desk, 5_000);
        var asked = await SettlementDesk.Body<PaymentRequestDetails>(await desk.Post(story.Finance, $"/v1/invoices/{story.Invoice}/payment-requests"));
        Assert.Equal(("bank", "KZ86125KZT5004100100", 107_250L), (asked.Gateway, asked.Iban, asked.Amount.Minor));
        Assert.Equal((await story.Details()).Invoice.Number, asked.Reference);
        Assert.Equal(
            "404 not-found",
            await SettlementDesk.Problem(await desk.Post(Player.In(SettlementDesk.Bazarly, Role.RetailFinance), $"/v1/invoices/{story.Invoice}/payment-requests")));
        await story.PayInFull();
        Assert.Equal("409 already-paid", await SettlementDesk.Problem(await desk.Post(story.Finance, $"/v1/invoices/{story.Invoice}/payment-requests")));
    }

    [Fact]
    public async Task A_succeeded_payment_is_booked_once_however_often_it_is_told()
    {
        var story = await Story.Received(desk, 5_000);
        var request = await Asked(story);
        var told = Succeeded(story, request, 107_250);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Tell(told)));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode));
        Assert.Equal(107_250, await story.Balance("stripe_clearing"));
        Assert.Equal("paid", story.Stage);
    }

    [Fact]
    public async Task A_second_event_about_a_payment_already_booked_changes_nothing()
    {
        var story = await Story.Received(desk, 5_000);
        var request = await Asked(story);
        Assert.Equal(HttpStatusCode.NoContent, (await Tell(Succeeded(story, request, 107_250))).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await Tell(Succeeded(story, request, 107_250))).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await Tell(Succeeded(story, request, 107_250).Replace("succeeded", "canceled", StringComparison.Ordinal))).StatusCode);
        Assert.Equal(107_250, await story.Balance("stripe_clearing"));
        Assert.Equal("succeeded", await desk.Value<string>($"select stage::text from settlement.payment_request where id = {request}"));
    }

    [Theory]
    [InlineData("\"amount_received\":107250", "\"amount_received\":107249")]
    [InlineData("\"currency\":\"kzt\"", "\"currency\":\"usd\"")]
    [InlineData("\"id\":\"pi_", "\"id\":\"pi_x")]
    [InlineData("\"invoice\":\"", "\"invoice\":\"00000000-0000-0000-0000-00000000000a\",\"was\":\"")]
    public async Task A_signed_event_that_differs_from_what_was_asked_is_refused(string from, string to)
    {
        var story = await Story.Received(desk, 5_000);
        var request = await Asked(story);
        Assert.Equal("409 event-mismatch", await SettlementDesk.Problem(await Tell(Succeeded(story, request, 107_250).Replace(from, to, StringComparison.Ordinal))));
        Assert.Equal(0, await story.Balance("stripe_clearing"));
        Assert.Equal(HttpStatusCode.NoContent, (await Tell(Succeeded(story, request, 107_250))).StatusCode);
    }

    [Fact]
    public async Task A_forged_tampered_late_or_unsigned_event_is_refused()
    {
        var story = await Story.Received(desk, 5_000);
        var body = Succeeded(story, await Asked(story), 107_250);
        Assert.Equal("400 bad-signature", await SettlementDesk.Problem(await Tell(body, secret: "whsec_other")));
        Assert.Equal("400 bad-signature", await SettlementDesk.Problem(await Tell(body, sent: body.Replace("107250", "107251", StringComparison.Ordinal))));
        Assert.Equal("400 bad-signature", await SettlementDesk.Problem(await Tell(body, seconds: -302)));
        Assert.Equal("400 bad-signature", await SettlementDesk.Problem(await Tell(body, header: "")));
        Assert.Equal("400 bad-event", await SettlementDesk.Problem(await Tell("{}")));
        Assert.Equal(0, await story.Balance("stripe_clearing"));
    }

    [Fact]
    public async Task An_event_for_another_tenant_finds_nothing_here()
    {
        var story = await Story.Received(desk, 5_000);
        var body = Succeeded(story, await Asked(story), 107_250).Replace("\"desk\"", "\"other\"", StringComparison.Ordinal);
        Assert.Equal("404 not-found", await SettlementDesk.Problem(await Tell(body)));
    }

    [Fact]
    public async Task An_event_about_something_else_is_taken_and_does_nothing() =>
        Assert.Equal(HttpStatusCode.NoContent, (await Tell("""{"id":"evt_x","type":"payout.failed","data":{"object":{"object":"payout","id":"po_1"}}}""")).StatusCode);

    /// <summary>What the Stripe gateway leaves behind when a buyer asked to pay by card.</summary>
    private async Task<PaymentRequestId> Asked(Story story)
    {
        var request = PaymentRequestId.From(Transfer.IdOf("ask:stripe:107250", story.Invoice.Value));
        await desk.Work(database => database.Execute($"""
            insert into settlement.payment_request (id, invoice_id, gateway, reference, amount, currency)
            values ({request}, {story.Invoice}, 'stripe', {"pi_" + request.Value.ToString("N")}, 107250, 'KZT')
            """, CancellationToken.None));
        return request;
    }

    private static string Succeeded(Story story, PaymentRequestId request, long minor) =>
        $$$"""
        {"id":"evt_{{{Guid.NewGuid():N}}}","object":"event","api_version":"2026-10-28.endive","type":"payment_intent.succeeded","data":{"object":
        {"object":"payment_intent","id":"pi_{{{request.Value:N}}}","amount_received":{{{minor}}},"currency":"kzt",
        "metadata":{"tenant":"desk","request":"{{{request}}}","invoice":"{{{story.Invoice}}}"} } } }
        """;

    private Task<HttpResponseMessage> Tell(
        string body, string secret = SettlementDesk.WebhookSecret, string? sent = null, int seconds = 0, string? header = null)
    {
        var at = desk.Clock.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds();
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/payment-events/stripe") { Content = new StringContent(sent ?? body, Encoding.UTF8, "application/json") };
        var signed = EventUtility.ComputeSignature(secret, at.ToString(System.Globalization.CultureInfo.InvariantCulture), body);
        request.Headers.TryAddWithoutValidation("Stripe-Signature", header ?? $"t={at},v1={signed}");
        return desk.Send(null, request);
    }
}
