using System.Text;
using Marketplace.Settlement.Payments;
using Stripe;

namespace Marketplace.Tests.Settlement;

public sealed class StripeEventsTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_795_559_900);

    [Theory]
    [MemberData(nameof(RecordedStripe.Signatures), MemberType = typeof(RecordedStripe))]
    public void Recorded_signatures_hold_as_recorded(string header, long now, bool good) => Assert.Equal(
        good ? null : "bad-signature",
        StripeEvents.Read(
            Encoding.UTF8.GetBytes(RecordedStripe.Succeeded), header, RecordedStripe.Secret, DateTimeOffset.FromUnixTimeSeconds(now)).Refusal?.Code);

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("t=,v1=")]
    [InlineData("t=99999999999999999999,v1=00")]
    [InlineData("t=1795559900,v0=c4cd3f3360df56888a9681be612b7fd4d22e7dc9848fdd2c2e954b576aae9b14")]
    public void A_header_that_is_no_signature_is_refused(string header) =>
        Assert.Equal("bad-signature", StripeEvents.Read("{}"u8.ToArray(), header, "whsec_a", Now).Refusal?.Code);

    [Theory]
    [InlineData(-301)]
    [InlineData(301)]
    public void A_signature_holds_300_seconds_both_ways(int seconds)
    {
        var header = Sign("""{"id":"evt_1"}""", Now.AddSeconds(seconds));
        Assert.Equal("bad-signature", StripeEvents.Read("""{"id":"evt_1"}"""u8.ToArray(), header, "whsec_a", Now).Refusal?.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("not json")]
    [InlineData("""{"id":"evt_1"}""")]
    [InlineData("""{"type":"x","data":{"object":{"object":"payment_intent","id":1}}}""")]
    [InlineData("""{"id":"evt_1","type":"payment_intent.succeeded","data":{"object":{"object":"payment_intent","id":"pi","amount_received":"1","currency":"kzt","metadata":{}}}}""")]
    public void A_signed_body_that_is_no_event_is_refused_and_never_throws(string body) =>
        Assert.Equal("bad-event", StripeEvents.Read(Encoding.UTF8.GetBytes(body), Sign(body, Now), "whsec_a", Now).Refusal?.Code);

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused() =>
        Assert.Equal("bad-signature", StripeEvents.Read([0x7b, 0xff, 0x7d], Sign("{\ufffd}", Now), "whsec_a", Now).Refusal?.Code);

    [Fact]
    public void An_event_about_something_else_names_no_request()
    {
        const string body = """{"id":"evt_1","type":"payout.failed","data":{"object":{"object":"payout","id":"po_1"}}}""";
        var read = StripeEvents.Read(Encoding.UTF8.GetBytes(body), Sign(body, Now), "whsec_a", Now);
        Assert.Null(read.Refusal);
        Assert.Null(read.Value!.Request);
    }

    private static string Sign(string body, DateTimeOffset at) =>
        $"t={at.ToUnixTimeSeconds()},v1={EventUtility.ComputeSignature("whsec_a", at.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture), body)}";
}
