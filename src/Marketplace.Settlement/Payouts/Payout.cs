using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Settlement.Payouts;

/// <summary>Where a payout stands.</summary>
[DatabaseEnum("settlement.payout_stage")]
public enum PayoutStage
{
    /// <summary>Due to the household.</summary>
    Open,

    /// <summary>In a batch that waits for its approval.</summary>
    Batched,

    /// <summary>In an approved batch: the bank has or gets the order.</summary>
    Approved,

    /// <summary>The bank carried it out.</summary>
    Executed,

    /// <summary>Cash was handed out against a signed receipt; a second person has not countersigned yet.</summary>
    CashHanded,

    /// <summary>Paid in cash and countersigned.</summary>
    Cash,
}

/// <summary>What can happen to a payout.</summary>
internal enum PayoutStep
{
    Batch,
    Approve,
    Execute,
    HandOut,
    Countersign,
}

/// <summary>The money of one household from one invoice.</summary>
internal sealed record Payout(
    PayoutId Id, OrganisationId OrganisationId, InvoiceId InvoiceId, PurchaseOrderId OrderId, HouseholdId HouseholdId,
    long Amount, string Currency, PayoutStage Stage, int Version)
{
    public Money Money => new(Amount, Currency);

    /// <summary>The whole life of a payout. A pair that is not listed is not allowed; the trigger <c>payout_moves</c> holds the same table.</summary>
    public static PayoutStage? Next(PayoutStage stage, PayoutStep step) => (stage, step) switch
    {
        (PayoutStage.Open, PayoutStep.Batch) => PayoutStage.Batched,
        (PayoutStage.Batched, PayoutStep.Approve) => PayoutStage.Approved,
        (PayoutStage.Approved, PayoutStep.Execute) => PayoutStage.Executed,
        (PayoutStage.Open, PayoutStep.HandOut) => PayoutStage.CashHanded,
        (PayoutStage.CashHanded, PayoutStep.Countersign) => PayoutStage.Cash,
        _ => null,
    };

    /// <summary>A payout of the actor's organisation.</summary>
    public static Task<Payout?> Find(PayoutId payout, Database database, CancellationToken cancel) => database.Find<Payout>($"""
        select id, organisation_id, invoice_id, order_id, household_id, amount, currency, stage, version
          from settlement.payout where id = {payout} and organisation_id = {database.Actor.Organisation}
        """, cancel);
}
