using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Oversight.AuditLog;

/// <summary>That an event is in the log of a checkpoint.</summary>
/// <param name="Event">The event, without what it says.</param>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Path">The inclusion proof of RFC 9162, 2.1.3, for the leaf over the event's hash: hashes of 64 hexadecimal digits.</param>
public sealed record EventProof(LoggedEvent Event, AuditCheckpoint Checkpoint, IReadOnlyList<string> Path);

/// <summary>GET /v1/audit/events/{stream}/{number}/proof.</summary>
public static class ProveEvent
{
    private static readonly Refusal NotYet = new("not-in-checkpoint", "The checkpoint does not hold this event; ask again tomorrow.");

    internal static void Map(RouteGroupBuilder audit) =>
        audit.MapGet("/events/{stream}/{number}/proof", Handle).WithName("proveEvent").RequiresSignIn();

    /// <summary>Prove that an event is in the published log.</summary>
    /// <remarks>
    /// For auditors, and for everybody who took part: who did something in this stream, or for whose household it was done. 404 `not-found`
    /// otherwise; 409 `not-in-checkpoint` for what is younger than the checkpoint.
    /// </remarks>
    /// <param name="stream">What it happened to, for example a lot or an application.</param>
    /// <param name="number">1, 2, 3 … within the stream.</param>
    /// <param name="checkpoint">Number of the checkpoint; the latest by default.</param>
    public static async Task<Results<Ok<EventProof>, ProblemHttpResult>> Handle(
        Guid stream, int number, Database database, CancellationToken cancel, int? checkpoint = null) =>
        Answer.Ok(await Prove(stream, number, checkpoint, database, cancel));

    internal static async Task<Outcome<EventProof>> Prove(Guid stream, int number, int? checkpoint, Database database, CancellationToken cancel)
    {
        var transaction = await database.Value<string>($"""
            select e.transaction::text from kernel.event e
             where e.stream = {stream} and e.number = {number}
               and ({database.Actor.Roles.Contains(Role.Auditor)}
                    or exists (select from kernel.event part where part.stream = {stream}
                                  and (part.actor = {database.Actor.Person} or part.acting_for = {database.Actor.Household})))
            """, cancel);
        if (transaction is null)
        {
            return Refusal.NotFound;
        }

        var holding = await database.Find<Checkpoint>(
            Checkpoint.Select(Sql.Of($"where horizon::xid8 > {transaction}::text::xid8 order by number limit 1")), cancel);
        var proven = checkpoint is { } asked ? await Checkpoint.Of(database, asked, cancel) : await Checkpoint.Latest(database, cancel);
        if (holding is null || proven is null || proven.Number < holding.Number)
        {
            return proven is null && checkpoint is not null ? Refusal.NotFound : NotYet;
        }

        var place = holding.SizeBefore + await database.Value<long>($"""
            select count(*) from kernel.event e join kernel.event own on own.stream = {stream} and own.number = {number}
             where e.transaction >= {holding.HorizonBefore}::text::xid8 and (e.transaction, e.id) < (own.transaction, own.id)
            """, cancel);
        var row = (await ListLoggedEvents.List(place, 1, false, database, cancel)).Single();
        var path = await StoredTree.Hashes(database, Merkle.Inclusion(place, proven.Size), cancel);
        return new EventProof(row, proven.Published(), path);
    }
}
