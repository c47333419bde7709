using System.ComponentModel.DataAnnotations;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/schemes/{code}/versions/{version}.</summary>
public static class ShowScheme
{
    internal static void Map(RouteGroupBuilder schemes) => schemes.MapGet("/{code}/versions/{version}", Handle).WithName("showScheme").Anyone();

    /// <summary>Read one version of a conformity scheme.</summary>
    public static async Task<Results<Ok<ConformityScheme>, ProblemHttpResult>> Handle(
        [TextLength(31)] string code, [Range(1, int.MaxValue)] int version, Database database, CancellationToken cancel) =>
        Answer.Ok(await Find(code, version, database, cancel) is { } scheme ? scheme : (Outcome<ConformityScheme>)Refusal.NotFound);

    internal static async Task<ConformityScheme?> Find(string code, int version, Database database, CancellationToken cancel) =>
        (await ConformityScheme.List(Sql.Of($"s.code = {code} and s.version = {version}"), database, cancel)).SingleOrDefault();
}
