using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/certificates/{serial}/credential.</summary>
public static class GetCredential
{
    internal static void Map(RouteGroupBuilder certificates) =>
        certificates.MapGet("/{serial}/credential", Handle).WithName("getCredential").Anyone().Produces<string>(200, "application/vc");

    /// <summary>A certificate as a W3C Verifiable Credential 2.0, in the shape of the UNTP digital conformity credential.</summary>
    /// <param name="serial">For example <c>KZ-26-000123-7</c>.</param>
    /// <remarks>Data Integrity proof ecdsa-jcs-2019 (P-256) by the key in use now; the issuer is a <c>did:web</c>; <c>credentialStatus</c> names the status
    /// lists. It says the village, never the person. 409 `label-broken` when register and signed label differ; 409 `no-signing-key`.</remarks>
    public static async Task<Results<ContentHttpResult, ProblemHttpResult>> Handle(
        string serial, Database database, Secrets secrets, PublicAddress address, IProducts products, ITerritories territories, IOrganisations organisations,
        CancellationToken cancel)
    {
        var made = await Make(serial, database, secrets, address, products, territories, organisations, cancel);
        return made.Refusal is { } refusal ? Problems.From(refusal) : TypedResults.Content(made.Value, "application/vc");
    }

    private static async Task<Outcome<string>> Make(
        string serial, Database database, Secrets secrets, PublicAddress address, IProducts products, ITerritories territories, IOrganisations organisations,
        CancellationToken cancel)
    {
        if (!Serial.IsWellFormed(serial) || await database.Find<Certified>($"""
            select c.serial, c.product, c.village, c.lot, c.amount, c.unit, c.issuer, c.applicant, c.scheme, c.scheme_version, c.valid_from, c.valid_until,
                   c.label, s.title_en as scheme_title, s.legal_basis, s.valid_from as scheme_from, t.name as register, kernel.now() as now
              from certification.certificate c
              join certification.scheme s on s.code = c.scheme and s.version = c.scheme_version
              join kernel.tenant t on t.id = c.tenant_id
             where c.serial = {serial}
            """, cancel) is not { } certified)
        {
            return Refusal.NotFound;
        }

        // Anybody may ask for a signature here, so only what was signed at the decision is said again: a row altered since is not.
        var (proof, claims) = Label.Verify(certified.Label, await ListIssuerKeys.All(database, cancel), certified.ValidFrom);
        if (proof is not (LabelProof.Genuine or LabelProof.RevokedKey) || claims != certified.Claims)
        {
            return new Refusal("label-broken", "The certificate's record differs from what was signed.");
        }

        var product = (await products.Of([certified.Product], cancel)).GetValueOrDefault(certified.Product);
        var village = (await territories.Places([certified.Village], cancel)).GetValueOrDefault(certified.Village);
        var known = await organisations.Of([certified.Issuer, certified.Applicant], cancel);
        if (await SigningKey.ForReaders(database, secrets, cancel) is not { } key)
        {
            return SigningKey.NoneSigns;
        }

        var tenant = database.Actor.Tenant;
        var issuer = address.Did(tenant, certified.Issuer);
        var credential = ConformityCredential.Of(
            new ConformityFacts(claims, known[certified.Issuer].Name, certified.Applicant.ToString(), known[certified.Applicant].Name,
                product?.NameEn ?? claims.Product, village?.NameRu ?? claims.Village, certified.Scheme, certified.SchemeVersion, certified.SchemeTitle,
                certified.LegalBasis, certified.SchemeFrom, certified.Register),
            address.Of(tenant), address.Did(tenant), issuer);
        return DataIntegrity.Sign(credential, key, $"{issuer}#{key.KeyId}", certified.Now).ToJsonString(Plain);
    }

    // Cyrillic as it is: what is signed is the canonical form, whatever the spelling.
    private static readonly System.Text.Json.JsonSerializerOptions Plain = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.Create(System.Text.Unicode.UnicodeRanges.All),
    };

    private sealed record Certified(
        string Serial, ProductCode Product, TerritoryCode Village, LotId Lot, long Amount, string Unit, OrganisationId Issuer, OrganisationId Applicant,
        string Scheme, int SchemeVersion, DateTimeOffset ValidFrom, DateTimeOffset ValidUntil, string Label, string SchemeTitle, string LegalBasis,
        DateOnly SchemeFrom, string Register, DateTimeOffset Now)
    {
        public LabelClaims Claims => new(Serial, Lot.Value, Product.Value, Amount, Unit, Village.Value, Issuer.Value, ValidFrom, ValidUntil);
    }
}
