using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Oversight.Funnels;

/// <summary>The read model of the chain as a whole.</summary>
internal static class Funnel
{
    private const int Batch = 1_000;

    private static readonly Dictionary<string, Type> Events = new[]
    {
        typeof(HouseholdRegistered), typeof(LotDeclared), typeof(ApplicationSubmitted), typeof(CertificateIssued), typeof(LotListed), typeof(LotAllocated),
        typeof(PromiseAnswered), typeof(LotReceived), typeof(HouseholdPaid),
    }.ToDictionary(type => type.Name);

    /// <summary>Makes the tenant's facts anew from the log, in the caller's transaction; the number of events read.</summary>
    /// <remarks>An event that commits meanwhile is delivered to the subscriber as always, and counts once: facts are unique by event.</remarks>
    public static async Task<int> Rebuild(Database database, ChainFacts facts, CancellationToken cancel)
    {
        await database.Execute($"delete from oversight.chain_step", cancel);
        var read = 0;
        List<Logged> events;
        long after = 0;
        do
        {
            events = await database.List<Logged>($"""
                select id, stream, number, type, payload, recorded_at from kernel.event
                 where type = any({Events.Keys.ToArray()}) and id > {after} order by id limit {Batch}
                """, cancel);
            var moves = events
                .Select(one => (one.Stream, one.Number, one.RecordedAt, Move: ChainMove.Of(JsonSerializer.Deserialize(one.Payload, Events[one.Type], Event.Json)!)))
                .Where(one => one.Move is not null)
                .Select(one => (one.Stream, one.Number, one.RecordedAt, one.Move!));
            await facts.Write([.. moves], cancel);
            read += events.Count;
            after = events.Count == 0 ? after : events[^1].Id;
        }
        while (events.Count == Batch);

        return read;
    }

    private sealed record Logged(long Id, Guid Stream, int Number, string Type, string Payload, DateTimeOffset RecordedAt);
}
