using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Oversight.AuditLog;

/// <summary>GET /v1/audit/checkpoints.</summary>
public static class ListCheckpoints
{
    internal static void Map(RouteGroupBuilder audit) => audit.MapGet("/checkpoints", Handle).WithName("listCheckpoints").Anyone();

    /// <summary>List the published roots of the event log, newest first.</summary>
    /// <remarks>Keep what you read: with it anybody can tell later whether the log was changed. 400 `bad-cursor`.</remarks>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    public static async Task<Results<Ok<Page<AuditCheckpoint>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, [Range(1, Cursors.MostItems)] int limit = 50,
        [TextLength(400)] string? cursor = null)
    {
        const string query = "checkpoints";
        var below = int.MaxValue;
        if (cursor is not null && (cursors.Read(query, cursor) is not [var last] || !int.TryParse(last, CultureInfo.InvariantCulture, out below)))
        {
            return Problems.From(Cursors.Bad);
        }

        var rows = await database.List<Checkpoint>(Checkpoint.Select(Sql.Of($"where number < {below} order by number desc limit {limit + 1}")), cancel);
        return TypedResults.Ok(cursors.Cut(
            http, [.. rows.Select(row => row.Published())], limit, query, row => [row.Number.ToString(CultureInfo.InvariantCulture)]));
    }
}

/// <summary>GET /v1/audit/checkpoints/latest.</summary>
public static class GetLatestCheckpoint
{
    internal static void Map(RouteGroupBuilder audit) => audit.MapGet("/checkpoints/latest", Handle).WithName("getLatestCheckpoint").Anyone();

    /// <summary>The newest published root of the event log.</summary>
    /// <remarks>404 `not-found` before the first.</remarks>
    public static async Task<Results<Ok<AuditCheckpoint>, ProblemHttpResult>> Handle(Database database, CancellationToken cancel) =>
        await Checkpoint.Latest(database, cancel) is { } latest ? TypedResults.Ok(latest.Published()) : Problems.From(Refusal.NotFound);
}
