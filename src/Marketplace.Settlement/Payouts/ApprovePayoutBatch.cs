using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Settlement.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Settlement.Payouts;

/// <summary>POST /v1/payout-batches/{id}/approval.</summary>
public static class ApprovePayoutBatch
{
    internal static void Map(RouteGroupBuilder batches) =>
        batches.MapPost("/{id}/approval", Handle).WithName("approvePayoutBatch").Requires(stepUp: true, Role.PayoutApprover).Moves();

    /// <summary>Approve a batch of payouts.</summary>
    /// <remarks>By another person than the one who prepared it, with a fresh second factor: 409 `own-work`. 409 `wrong-stage` unless it is
    /// prepared; 409 `changed-meanwhile` when another approval won; 404 `not-found` for a batch of others.</remarks>
    public static async Task<Results<Ok<PayoutBatchDetails>, ProblemHttpResult>> Handle(
        PayoutBatchId id, Database database, CancellationToken cancel) => Answer.Ok(await Approve(id, database, cancel));

    internal static async Task<Outcome<PayoutBatchDetails>> Approve(PayoutBatchId id, Database database, CancellationToken cancel)
    {
        if (await PayoutBatch.Find(id, database, cancel) is not { } batch)
        {
            return Refusal.NotFound;
        }

        if (PayoutBatch.Next(batch.Stage, PayoutBatchStep.Approve) is not { } next)
        {
            return SettlementRefusals.WrongStage;
        }

        // own-work is the table's constraint: its name is the refusal's code.
        var moved = await database.Execute($"""
            with moved as (
                update settlement.payout_batch
                   set stage = {next}, approved_by = {database.Actor.Person}, approved_at = kernel.now(), version = version + 1
                 where id = {id} and version = {batch.Version} returning id)
            select kernel.append(id, {nameof(PayoutBatchApproved)}, {Event.Text(new PayoutBatchApproved(id))}) from moved
            """, cancel);
        if (moved != 1)
        {
            return Refusal.ChangedMeanwhile;
        }

        var due = await BatchPayouts.Move(id, PayoutStage.Approved, database, cancel);
        var posted = await Transfer.Of(batch.OrganisationId, "payout", id.Value,
        [
            .. due.Select(payout => Posting.Of(payout.HouseholdId, Purpose.HouseholdPayable, payout.Money)),
            Posting.Of(batch.OrganisationId, Purpose.PayoutInTransit, batch.Money with { Minor = -batch.Total }),
        ]).Post(database, cancel);
        return posted is null ? (await PayoutBatch.Find(id, database, cancel))!.Details() : posted;
    }
}

/// <summary>The payouts of a batch move together.</summary>
internal static class BatchPayouts
{
    public static Task<List<Payout>> Move(PayoutBatchId batch, PayoutStage to, Database database, CancellationToken cancel) => database.List<Payout>($"""
        update settlement.payout
           set stage = {to}, done_at = case when {to} = 'executed'::settlement.payout_stage then kernel.now() end, version = version + 1
         where batch_id = {batch}
        returning id, organisation_id, invoice_id, order_id, household_id, amount, currency, stage, version
        """, cancel);
}
