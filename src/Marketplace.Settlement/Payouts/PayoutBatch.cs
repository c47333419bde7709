using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Settlement.Payouts;

/// <summary>Where a batch stands.</summary>
[DatabaseEnum("settlement.payout_batch_stage")]
public enum PayoutBatchStage
{
    /// <summary>Put together; waits for a second person.</summary>
    Prepared,

    /// <summary>Released: the bank file may be taken.</summary>
    Approved,

    /// <summary>On the bank's statement.</summary>
    Executed,
}

/// <summary>What can happen to a batch.</summary>
internal enum PayoutBatchStep
{
    Approve,
    Execute,
}

/// <summary>Payouts that go to the bank together.</summary>
internal sealed record PayoutBatch(
    PayoutBatchId Id, OrganisationId OrganisationId, string Currency, int Payouts, long Total, PayoutBatchStage Stage, Guid PreparedBy,
    DateTimeOffset PreparedAt, Guid? ApprovedBy, DateTimeOffset? ApprovedAt, string? BankReference, DateOnly? ExecutedOn, int Version)
{
    public Money Money => new(Total, Currency);

    /// <summary>The whole life of a batch; the trigger <c>payout_batch_moves</c> holds the same table.</summary>
    public static PayoutBatchStage? Next(PayoutBatchStage stage, PayoutBatchStep step) => (stage, step) switch
    {
        (PayoutBatchStage.Prepared, PayoutBatchStep.Approve) => PayoutBatchStage.Approved,
        (PayoutBatchStage.Approved, PayoutBatchStep.Execute) => PayoutBatchStage.Executed,
        _ => null,
    };

    /// <summary>A batch of the actor's organisation.</summary>
    public static Task<PayoutBatch?> Find(PayoutBatchId batch, Database database, CancellationToken cancel) => database.Find<PayoutBatch>($"""
        select id, organisation_id, currency, payouts, total, stage, prepared_by, prepared_at, approved_by, approved_at, bank_reference, executed_on, version
          from settlement.payout_batch where id = {batch} and organisation_id = {database.Actor.Organisation}
        """, cancel);

    public PayoutBatchDetails Details(IReadOnlyList<PayoutLeftForCash>? left = null) => new(
        Id, Stage, Payouts, Money, PreparedAt, ApprovedAt, ExecutedOn, left ?? []);
}

/// <summary>A batch of payouts.</summary>
/// <param name="Id">The batch.</param>
/// <param name="Stage">Where it stands.</param>
/// <param name="Payouts">How many payouts it holds.</param>
/// <param name="Total">Their sum.</param>
/// <param name="PreparedAt">When it was put together.</param>
/// <param name="ApprovedAt">When a second person released it.</param>
/// <param name="ExecutedOn">The day on the bank's statement.</param>
/// <param name="LeftForCash">When preparing: payouts that stay open because the household has no account to use yet.</param>
public sealed record PayoutBatchDetails(
    PayoutBatchId Id, PayoutBatchStage Stage, int Payouts, Money Total, DateTimeOffset PreparedAt, DateTimeOffset? ApprovedAt, DateOnly? ExecutedOn,
    IReadOnlyList<PayoutLeftForCash> LeftForCash);

/// <summary>A payout that a batch left out.</summary>
/// <param name="Payout">The payout.</param>
/// <param name="Household">Whose.</param>
/// <param name="Amount">How much.</param>
/// <param name="Reason"><c>no-account</c>, or <c>account-too-new</c> for an account changed less than 72 hours ago.</param>
public sealed record PayoutLeftForCash(PayoutId Payout, HouseholdId Household, Money Amount, string Reason);
