using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Settlement.Payouts;

/// <summary>GET /v1/payout-batches/{id}.</summary>
public static class ReadPayoutBatch
{
    internal static void Map(RouteGroupBuilder batches) =>
        batches.MapGet("/{id}", Handle).WithName("readPayoutBatch").Requires(Role.PayoutOfficer, Role.PayoutApprover);

    /// <summary>Read a batch of payouts.</summary>
    /// <remarks>404 `not-found` for a batch of others.</remarks>
    public static async Task<Results<Ok<PayoutBatchDetails>, ProblemHttpResult>> Handle(PayoutBatchId id, Database database, CancellationToken cancel) =>
        Answer.Ok(await PayoutBatch.Find(id, database, cancel) is { } batch ? batch.Details() : (Outcome<PayoutBatchDetails>)Refusal.NotFound);
}
