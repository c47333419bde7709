using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/issuer-keys.</summary>
public static class ListIssuerKeys
{
    internal static void Map(RouteGroupBuilder keys) => keys.MapGet("", Handle).WithName("listIssuerKeys").Anyone();

    /// <summary>List the public keys labels, credentials and status lists are checked with.</summary>
    /// <remarks>Keep the list, with <c>/v1/status-lists</c>, to check labels without a network. It names the next key before it signs, retired keys
    /// for what they signed, and revoked ones.</remarks>
    public static async Task<Ok<List<IssuerKey>>> Handle(Database database, CancellationToken cancel) => TypedResults.Ok(await All(database, cancel));

    internal static Task<List<IssuerKey>> All(Database database, CancellationToken cancel) => database.List<IssuerKey>($"""
        select key_id, encode(public_key, 'base64') as public_key, valid_from, valid_until, activated_at, revoked_at
          from certification.issuer_key order by valid_from, key_id
        """, cancel);
}
