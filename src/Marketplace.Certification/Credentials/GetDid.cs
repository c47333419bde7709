using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>The DID documents of the register and of its certification bodies, where <c>did:web</c> puts them.</summary>
public static class GetDid
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var documents = routes.MapGroup("").AddEndpointFilter<RouteGroupBuilder, UnitOfWork>().ExcludeFromDescription();
        documents.MapGet("/.well-known/did.json", Register).Anyone();
        documents.MapGet("/bodies/{body}/did.json", Body).Anyone();
    }

    private static async Task<ContentHttpResult> Register(Database database, PublicAddress address, CancellationToken cancel) =>
        Document(address.Did(database.Actor.Tenant), await ListIssuerKeys.All(database, cancel));

    private static async Task<Results<ContentHttpResult, ProblemHttpResult>> Body(
        OrganisationId body, Database database, PublicAddress address, IOrganisations organisations, CancellationToken cancel) =>
        (await organisations.Of([body], cancel)).GetValueOrDefault(body) is { Kind: OrganisationKind.CertificationBody }
            ? Document(address.Did(database.Actor.Tenant, body), await ListIssuerKeys.All(database, cancel))
            : Problems.From(Refusal.NotFound);

    /// <summary>Retired keys stay: what they signed must still verify. Revoked ones are named as such and assert nothing.</summary>
    private static ContentHttpResult Document(string did, List<IssuerKey> keys)
    {
        var methods = keys.Select(key =>
        {
            var method = new JsonObject
            {
                ["id"] = $"{did}#{key.KeyId}",
                ["type"] = "Multikey",
                ["controller"] = did,
                ["publicKeyMultibase"] = DataIntegrity.Multikey(Convert.FromBase64String(key.PublicKey)),
            };
            if (key.RevokedAt is { } revoked)
            {
                method["revoked"] = DataIntegrity.Instant(revoked);
            }

            return (JsonNode)method;
        });
        var document = new JsonObject
        {
            ["@context"] = new JsonArray("https://www.w3.org/ns/did/v1", "https://www.w3.org/ns/cid/v1"),
            ["id"] = did,
            ["verificationMethod"] = new JsonArray([.. methods]),
            ["assertionMethod"] = new JsonArray([.. keys.Where(key => key.RevokedAt is null).Select(key => (JsonNode)$"{did}#{key.KeyId}")]),
        };
        return TypedResults.Content(document.ToJsonString(), "application/did+json");
    }
}
