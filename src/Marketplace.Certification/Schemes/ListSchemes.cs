using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/schemes.</summary>
public static class ListSchemes
{
    internal static void Map(RouteGroupBuilder schemes) => schemes.MapGet("", Handle).WithName("listSchemes").Anyone();

    /// <summary>List the conformity schemes.</summary>
    /// <remarks>Every version, newest first. Of the versions whose dates hold a day, the one that came into force last judges what is filed on it.</remarks>
    public static async Task<Ok<List<ConformityScheme>>> Handle(Database database, CancellationToken cancel) =>
        TypedResults.Ok(await ConformityScheme.List(Sql.Of($"true"), database, cancel));
}
