using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Certification;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Certification;

/// <summary>Credentials, status lists and the register's DID documents as the public fetches them.</summary>
public sealed class CredentialTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_credential_verifies_with_what_the_public_can_fetch_and_names_nobody()
    {
        var farm = await market.ActiveFarm();
        var story = await market.CertifiedLot(farm);
        var answer = await market.Get((string?)null, $"/v1/certificates/{story.Serial}/credential");
        Assert.Equal("application/vc", answer.Content.Headers.ContentType?.MediaType);
        var json = await answer.Content.ReadAsStringAsync();
        Assert.Equal(OfflineStanding.Genuine, OfflineCheck.OfCredential(json, await Keys(), await Lists(), market.Clock.GetUtcNow()).Standing);

        var name = await market.Scalar<string>($"select name from registry.household where id = '{farm.Household}'");
        Assert.All([name, farm.Household.ToString(), farm.Head.Person.ToString()], personal => Assert.DoesNotContain(personal, json, StringComparison.OrdinalIgnoreCase));
        var village = await market.Scalar<string>($"select name_ru from registry.territory where code = '{Market.Village}'");
        Assert.Contains(village, json, StringComparison.Ordinal);

        // The key stands where the proof says it does.
        var credential = JsonNode.Parse(json)!;
        var issuer = credential["issuer"]!["id"]!.GetValue<string>();
        Assert.StartsWith("did:web:127.0.0.1%3A5080:bodies:", issuer, StringComparison.Ordinal);
        var document = await Market.Body(await market.Get((string?)null, $"/bodies/{issuer.Split(':')[^1]}/did.json"));
        var method = credential["proof"]!["verificationMethod"]!.GetValue<string>();
        Assert.Equal((issuer, method), (document["id"]!.GetValue<string>(), document["assertionMethod"]![0]!.GetValue<string>()));
        Assert.StartsWith("zDn", document["verificationMethod"]![0]!["publicKeyMultibase"]!.GetValue<string>(), StringComparison.Ordinal);
        await Market.Problem(await market.Get((string?)null, $"/bodies/{market.Cast(Role.RetailBuyer).Organisation}/did.json"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get((string?)null, "/v1/certificates/KZ-26-999999-0/credential"), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Status_lists_follow_the_register_and_are_cacheable()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        var (label, keys) = (await LabelOf(story.Serial), await Keys());
        var first = await market.Get((string?)null, "/v1/status-lists");
        var tag = first.Headers.ETag!.ToString();
        Assert.Equal("public, max-age=300", first.Headers.CacheControl!.ToString());
        Assert.Equal(HttpStatusCode.NotModified, (await Conditional(tag)).StatusCode);
        Assert.Equal(OfflineStanding.Genuine, await Standing());

        await Change(story.Serial, "suspension");
        Assert.Equal(HttpStatusCode.OK, (await Conditional(tag)).StatusCode);
        Assert.Equal(OfflineStanding.Suspended, await Standing());
        await Change(story.Serial, "reinstatement");
        Assert.Equal(OfflineStanding.Genuine, await Standing());
        await Change(story.Serial, "withdrawal");
        Assert.Equal(OfflineStanding.Withdrawn, await Standing());

        var credential = JsonNode.Parse(await (await market.Get((string?)null, $"/v1/certificates/{story.Serial}/credential")).Content.ReadAsStringAsync())!;
        var address = credential["credentialStatus"]![0]!["statusListCredential"]!.GetValue<string>();
        var one = await market.Get((string?)null, new Uri(address).AbsolutePath);
        Assert.Equal("application/vc", one.Content.Headers.ContentType?.MediaType);
        Assert.True(Assert.Single(StatusList.Read($$"""{"items":[{{await one.Content.ReadAsStringAsync()}}]}""", keys)).Has(
            int.Parse(credential["credentialStatus"]![0]!["statusListIndex"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture)));
        await Market.Problem(await market.Get((string?)null, "/v1/status-lists/KZ-26-7-revocation"), HttpStatusCode.NotFound, "not-found");

        async Task<OfflineStanding> Standing() => OfflineCheck.OfLabel(label, keys, await Lists(), market.Clock.GetUtcNow()).Standing;
    }

    /// <summary>Anybody may ask for a credential: it must not put our signature under a row that was altered after the decision.</summary>
    [Fact]
    public async Task A_certificate_altered_behind_our_back_gets_no_credential()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        await market.Owner($"alter table certification.certificate disable trigger turn; update certification.certificate set amount = amount * 10 where serial = '{story.Serial}'; alter table certification.certificate enable trigger turn");
        await Market.Problem(await market.Get((string?)null, $"/v1/certificates/{story.Serial}/credential"), HttpStatusCode.Conflict, "label-broken");
    }

    private async Task<HttpResponseMessage> Conditional(string tag)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/status-lists");
        request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        return await market.As((string?)null).SendAsync(request);
    }

    private async Task<List<IssuerKey>> Keys() =>
        JsonSerializer.Deserialize<List<IssuerKey>>((await Market.Body(await market.Get((string?)null, "/v1/issuer-keys"))).ToJsonString(), Market.Wire)!;

    private async Task<IReadOnlyList<StatusList>> Lists() =>
        StatusList.Read(await (await market.Get((string?)null, "/v1/status-lists")).Content.ReadAsStringAsync(), await Keys());

    private async Task<string> LabelOf(string serial) =>
        (await Market.Body(await market.Get((string?)null, $"/v1/certificates/{serial}")))["label"]!.GetValue<string>();

    private async Task Change(string serial, string what) =>
        await Market.Body(await market.Post(Role.QualityManager, $"/v1/certificates/{serial}/{what}", new { reason = "A tip was followed up." }));
}
