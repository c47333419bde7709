using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Oversight.AuditLog;

/// <summary>That the log only grew between two checkpoints.</summary>
/// <param name="From">The older checkpoint.</param>
/// <param name="To">The newer one.</param>
/// <param name="Path">The consistency proof of RFC 9162, 2.1.4: hashes of 64 hexadecimal digits.</param>
public sealed record ConsistencyProof(AuditCheckpoint From, AuditCheckpoint To, IReadOnlyList<string> Path);

/// <summary>GET /v1/audit/consistency.</summary>
public static class ProveConsistency
{
    private static readonly Refusal WrongOrder = Refusal.Invalid("#/query/from", "checkpoints-out-of-order", "Name the older checkpoint first.");

    internal static void Map(RouteGroupBuilder audit) => audit.MapGet("/consistency", Handle).WithName("proveConsistency").Anyone();

    /// <summary>Prove that nothing before a checkpoint was changed, removed or put in until another.</summary>
    /// <remarks>404 `not-found` for an unknown checkpoint; 400 `checkpoints-out-of-order`.</remarks>
    /// <param name="from">Number of the older checkpoint.</param>
    /// <param name="to">Number of the newer one.</param>
    public static async Task<Results<Ok<ConsistencyProof>, ProblemHttpResult>> Handle(int from, int to, Database database, CancellationToken cancel) =>
        Answer.Ok(await Prove(from, to, database, cancel));

    internal static async Task<Outcome<ConsistencyProof>> Prove(int from, int to, Database database, CancellationToken cancel)
    {
        if (from > to)
        {
            return WrongOrder;
        }

        if (await Checkpoint.Of(database, from, cancel) is not { } older || await Checkpoint.Of(database, to, cancel) is not { } newer)
        {
            return Refusal.NotFound;
        }

        var path = await StoredTree.Hashes(database, Merkle.Consistency(older.Size, newer.Size), cancel);
        return new ConsistencyProof(older.Published(), newer.Published(), path);
    }
}
