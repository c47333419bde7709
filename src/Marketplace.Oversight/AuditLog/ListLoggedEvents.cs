using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Oversight.AuditLog;

/// <summary>GET /v1/audit/events.</summary>
public static class ListLoggedEvents
{
    private const int Most = 10_000;
    private static readonly Refusal ForAuditors = new("payloads-for-auditors", "Only an auditor reads what the events say.", "#/query/payloads", 403);

    internal static void Map(RouteGroupBuilder audit) => audit.MapGet("/events", Handle).WithName("listLoggedEvents")
        .Requires(Role.Auditor, Role.PlatformAdministrator).Produces<string>(200, "application/x-ndjson");

    /// <summary>Export the event log as lines of JSON, in the order of the tree, up to the last checkpoint.</summary>
    /// <remarks>
    /// One `LoggedEvent` a line; the `Link` header names the next part. Without payloads the lines say what happened to what, when and by
    /// whom, and can be handed to an outsider: the published roots are enough to verify them. 403 `payloads-for-auditors`.
    /// </remarks>
    /// <param name="from">Position of the first event; 0 by default.</param>
    /// <param name="limit">1 to 10,000; 5,000 by default. A part ends at a checkpoint at the latest.</param>
    /// <param name="payloads">Whether the events' own texts are wanted.</param>
    public static async Task<Results<ContentHttpResult, ProblemHttpResult>> Handle(
        HttpContext http, Database database, CancellationToken cancel, [Range(0, long.MaxValue)] long from = 0, [Range(1, Most)] int limit = 5_000,
        bool payloads = false)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (payloads && !database.Actor.Roles.Contains(Role.Auditor))
        {
            return Problems.From(ForAuditors);
        }

        var rows = await List(from, limit, payloads, database, cancel);
        if (rows.Count > 0)
        {
            http.Response.Headers.Link = $"</v1/audit/events?from={from + rows.Count}&limit={limit}&payloads={(payloads ? "true" : "false")}>; rel=\"next\"";
        }

        return TypedResults.Text(string.Concat(rows.Select(row => row.Line() + "\n")), "application/x-ndjson", System.Text.Encoding.UTF8);
    }

    internal static async Task<List<LoggedEvent>> List(long from, int limit, bool payloads, Database database, CancellationToken cancel) =>
        await database.Find<Checkpoint>(Checkpoint.Select(Sql.Of($"where size > {from} order by number limit 1")), cancel) is { } checkpoint
            ? await database.List<LoggedEvent>($"""
                select {checkpoint.SizeBefore} + row_number() over (order by transaction, id) - 1 as position, id, transaction::text::bigint as transaction,
                       tenant_id as tenant, stream, number, type, encode(sha256(convert_to(payload, 'UTF8')), 'hex') as payload_hash,
                       recorded_at, encode(previous_hash, 'hex') as previous_hash, encode(hash, 'hex') as hash, actor, acting_for,
                       case when {payloads} then payload end as payload
                  from kernel.event
                 where transaction >= {checkpoint.HorizonBefore}::text::xid8 and transaction < {checkpoint.Horizon}::text::xid8
                 order by transaction, id limit {limit} offset {from - checkpoint.SizeBefore}
                """, cancel)
            : [];
}
