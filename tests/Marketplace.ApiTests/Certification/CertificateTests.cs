using System.Net;
using System.Text;
using Marketplace.Certification;
using Marketplace.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests.Certification;

public sealed class CertificateTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_suspension_holds_the_lot_and_its_end_lifts_the_hold()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        Assert.Equal(HttpStatusCode.NoContent, (await Change(story.Serial, "suspension")).StatusCode);
        Assert.Equal(1, (await market.AccountOf(story.Lot)).Holds);
        Assert.Equal(HttpStatusCode.Conflict, (await market.Reserve(market.Cast(Role.RetailBuyer), story.Lot, 1_000)).StatusCode);
        Assert.Equal("suspended", await Verdict(story.Serial));
        await Market.Problem(await Change(story.Serial, "suspension"), HttpStatusCode.Conflict, "wrong-state");

        Assert.Equal(HttpStatusCode.NoContent, (await Change(story.Serial, "reinstatement")).StatusCode);
        Assert.Equal(0, (await market.AccountOf(story.Lot)).Holds);
        Assert.Equal("genuine", await Verdict(story.Serial));

        Assert.Equal(HttpStatusCode.NoContent, (await Change(story.Serial, "withdrawal")).StatusCode);
        Assert.Equal(1, (await market.AccountOf(story.Lot)).Holds);
        Assert.Equal("withdrawn", await Verdict(story.Serial));
        await Market.Problem(await Change(story.Serial, "reinstatement"), HttpStatusCode.Conflict, "wrong-state");
    }

    [Fact]
    public async Task What_is_kept_of_a_certificate_hides_no_change_of_it()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        Assert.Equal(("active", 100_000L), await Standing());
        Assert.Equal(("active", 100_000L), await Standing());
        await market.Reserve(market.Cast(Role.RetailBuyer), story.Lot, 1_000);
        Assert.Equal(("active", 99_000L), await Standing());
        await Change(story.Serial, "suspension");
        Assert.Equal(("suspended", 0L), await Standing());
        await market.Advance(TimeSpan.FromDays(130));
        Assert.Equal(("expired", 0L), await Standing());
        await market.Advance(TimeSpan.FromDays(-130));

        async Task<(string, long)> Standing()
        {
            var shown = await Market.Body(await market.Get((string?)null, $"/v1/certificates/{story.Serial}"));
            return (shown["state"]!.GetValue<string>(), shown["left"]!["amount"]!.GetValue<long>());
        }
    }

    [Fact]
    public async Task Only_one_of_five_suspensions_holds_the_lot()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        var answers = await market.Race($"select 1 from certification.certificate where serial = '{story.Serial}' for update", 5, _ => Change(story.Serial, "suspension"));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.NoContent);
        Assert.Equal(1, (await market.AccountOf(story.Lot)).Holds);
    }

    [Fact]
    public async Task Another_body_and_another_role_cannot_suspend()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        var stranger = await market.NewMember(Role.QualityManager, market.Cast(Role.RetailBuyer).Organisation);
        var reason = new { reason = "Because." };
        await Market.Problem(await market.Post(stranger, $"/v1/certificates/{story.Serial}/suspension", reason), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Post(Role.Reviewer, $"/v1/certificates/{story.Serial}/suspension", reason), HttpStatusCode.Forbidden, "forbidden");
        await Market.Problem(await market.Post(Role.QualityManager, "/v1/certificates/KZ-26-999999-0/suspension", reason), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_certificate_past_its_validity_expires_and_its_label_says_so()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        await market.Advance(TimeSpan.FromDays(130));
        try
        {
            Assert.Equal("expired", await Verdict(story.Serial));
            await market.Services.GetRequiredService<ExpireCertificates>().Pass(CancellationToken.None);
            Assert.Equal("expired", await market.Scalar<string>($"select state::text from certification.certificate where serial = '{story.Serial}'"));
        }
        finally
        {
            await market.Advance(TimeSpan.FromDays(-130));
        }
    }

    [Fact]
    public async Task Altered_and_strange_texts_are_told_apart_and_keys_suffice_without_the_register()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        var label = (await Market.Body(await market.Get((string?)null, $"/v1/certificates/{story.Serial}")))["label"]!.GetValue<string>();
        Assert.Equal("forged", await VerdictOf(label[..^1] + (label[^1] == '0' ? '1' : '0')));
        Assert.Equal("unknown", await VerdictOf("hello"));
        var keys = System.Text.Json.JsonSerializer.Deserialize<List<IssuerKey>>(
            (await Market.Body(await market.Get((string?)null, "/v1/issuer-keys"))).ToJsonString(), Market.Wire)!;
        Assert.Equal(story.Serial, Label.Verify(label, keys, market.Clock.GetUtcNow()).Claims!.Serial);
        Assert.Equal(LabelProof.Genuine, Label.Verify(label, keys, market.Clock.GetUtcNow()).Proof);
    }

    [Theory]
    [InlineData("kk", "Шынайы, жарамды")]
    [InlineData("ru", "Подлинный, действует")]
    [InlineData("ky", "Чыныгы, жарактуу")]
    [InlineData("en", "Genuine and valid")]
    public async Task The_public_page_is_small_and_says_the_state_in_words(string language, string words)
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        var page = await market.Get((string?)null, $"/{language}/c/{story.Serial}");
        var html = await page.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains(words, html, StringComparison.Ordinal);
        Assert.Contains("<svg", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.InRange(Encoding.UTF8.GetByteCount(html), 1_000, 10_000);
        Assert.Equal("text/css", (await market.Get((string?)null, "/site.css")).Content.Headers.ContentType?.MediaType);
        var shortAddress = await market.Get((string?)null, $"/c/{story.Serial}");
        Assert.Equal((HttpStatusCode.Found, $"/en/c/{story.Serial}"), (shortAddress.StatusCode, shortAddress.Headers.Location!.ToString()));
        Assert.Equal(HttpStatusCode.NotFound, (await market.Get((string?)null, $"/{language}/c/KZ-26-000000-1")).StatusCode);
        Assert.Equal("image/svg+xml", (await market.Get((string?)null, $"/v1/certificates/{story.Serial}/label")).Content.Headers.ContentType?.MediaType);
    }

    private Task<HttpResponseMessage> Change(string serial, string what) =>
        market.Post(Role.QualityManager, $"/v1/certificates/{serial}/{what}", new { reason = "A tip was followed up." });

    private async Task<string> Verdict(string serial) =>
        await VerdictOf((await Market.Body(await market.Get((string?)null, $"/v1/certificates/{serial}")))["label"]!.GetValue<string>());

    private async Task<string> VerdictOf(string text) =>
        (await Market.Body(await market.Post((string?)null, "/v1/verifications", new { text })))["verdict"]!.GetValue<string>();
}
