using System.Globalization;
using System.Text.Json.Nodes;

namespace Marketplace.Certification;

/// <summary>What a certificate's credential says; nothing of it names a person.</summary>
internal sealed record ConformityFacts(
    LabelClaims Claims, string IssuerName, string ApplicantId, string ApplicantName, string ProductName, string VillageName, string Scheme,
    int SchemeVersion, string SchemeTitle, string LegalBasis, DateOnly SchemeFrom, string Register);

/// <summary>A certificate as a W3C Verifiable Credential in the shape of the UNTP digital conformity credential.</summary>
internal static class ConformityCredential
{
    /// <summary>Not yet signed.</summary>
    public static JsonObject Of(ConformityFacts facts, string address, string registerDid, string issuerDid)
    {
        var claims = facts.Claims;
        var page = $"{address}/c/{claims.Serial}";
        return new JsonObject
        {
            ["@context"] = new JsonArray("https://www.w3.org/ns/credentials/v2", "https://test.uncefact.org/vocabulary/untp/dcc/working/"),
            ["id"] = $"{address}/v1/certificates/{claims.Serial}/credential",
            ["type"] = new JsonArray("DigitalConformityCredential", "VerifiableCredential"),
            ["issuer"] = new JsonObject { ["type"] = new JsonArray("CredentialIssuer"), ["id"] = issuerDid, ["name"] = facts.IssuerName },
            ["validFrom"] = DataIntegrity.Instant(claims.ValidFrom),
            ["validUntil"] = DataIntegrity.Instant(claims.ValidUntil),
            ["credentialStatus"] = Status(claims.Serial, address),
            ["credentialSubject"] = new JsonObject
            {
                ["type"] = new JsonArray("ConformityAttestation", "Attestation"),
                ["id"] = page,
                ["name"] = $"Certificate {claims.Serial}",
                ["assessorLevel"] = "3rdParty",
                ["assessmentLevel"] = "Unspecified",
                ["attestationType"] = "certification",
                ["issuedToParty"] = Party($"{address}/v1/organisations/{facts.ApplicantId}", facts.ApplicantName),
                ["conformityCertificate"] = new JsonObject { ["type"] = new JsonArray("SecureLink", "Link"), ["linkURL"] = page, ["linkName"] = claims.Serial },
                ["scope"] = new JsonObject
                {
                    ["type"] = new JsonArray("ConformityScheme"),
                    ["id"] = $"{address}/v1/schemes#{facts.Scheme}-{facts.SchemeVersion}",
                    ["name"] = facts.SchemeTitle,
                    ["description"] = facts.LegalBasis,
                    ["version"] = facts.SchemeVersion.ToString(CultureInfo.InvariantCulture),
                    ["validFrom"] = facts.SchemeFrom.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                    ["owner"] = Party(registerDid, facts.Register),
                },
                ["assessment"] = new JsonArray(Assessment(facts, address, issuerDid, page)),
            },
        };
    }

    /// <summary>The serial of a credential of ours, from its own address; null for anything else.</summary>
    public static string? SerialOf(JsonObject credential) =>
        DataIntegrity.Text(credential, "id")?.Split('/') is [.., "certificates", var serial, "credential"] && Serial.IsWellFormed(serial) ? serial : null;

    private static JsonObject Assessment(ConformityFacts facts, string address, string issuerDid, string page)
    {
        var claims = facts.Claims;
        return new JsonObject
        {
            ["type"] = new JsonArray("ConformityAssessment", "Declaration"),
            ["id"] = page + "#assessment",
            ["name"] = facts.SchemeTitle,
            ["assessmentDate"] = claims.ValidFrom.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            ["conformityTopic"] = "social.safety",
            ["conformance"] = true,
            ["declaredValue"] = new JsonArray(new JsonObject
            {
                ["type"] = new JsonArray("Metric"),
                ["metricName"] = "Certified quantity",
                ["metricValue"] = new JsonObject { ["type"] = new JsonArray("Measure"), ["value"] = claims.Amount, ["unit"] = claims.Unit },
            }),
            ["assessedProduct"] = new JsonArray(new JsonObject
            {
                ["type"] = new JsonArray("ProductVerification"),
                ["product"] = new JsonObject
                {
                    ["id"] = $"urn:uuid:{claims.Lot}",
                    ["name"] = facts.ProductName,
                    ["registeredId"] = claims.Product,
                    ["batchNumber"] = claims.Lot.ToString(),
                },
                ["IDverifiedByCAB"] = true,
            }),
            ["assessedFacility"] = new JsonArray(new JsonObject
            {
                ["type"] = new JsonArray("FacilityVerification"),
                ["facility"] = new JsonObject
                {
                    ["id"] = $"{address}/v1/territories/{claims.Village}",
                    ["name"] = facts.VillageName,
                    ["registeredId"] = claims.Village,
                },
                ["IDverifiedByCAB"] = true,
            }),
            ["auditor"] = Party(issuerDid, facts.IssuerName),
        };
    }

    private static JsonArray Status(string serial, string address)
    {
        var (list, place) = StatusList.Of(serial)!.Value;
        return new JsonArray([.. new[] { StatusList.Revocation, StatusList.Suspension }.Select(purpose => (JsonNode)new JsonObject
        {
            ["id"] = string.Create(CultureInfo.InvariantCulture, $"{address}/v1/status-lists/{list}-{purpose}#{place}"),
            ["type"] = "BitstringStatusListEntry",
            ["statusPurpose"] = purpose,
            ["statusListIndex"] = place.ToString(CultureInfo.InvariantCulture),
            ["statusListCredential"] = $"{address}/v1/status-lists/{list}-{purpose}",
        })]);
    }

    private static JsonObject Party(string id, string name) => new() { ["id"] = id, ["name"] = name };
}
