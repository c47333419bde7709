using Marketplace.Kernel;
using Vogen;

namespace Marketplace.Contracts;

/// <summary>An invoice was issued on the received quantity.</summary>
public sealed record InvoiceIssued(InvoiceId Invoice, PurchaseOrderId Order, Money Total);

/// <summary>The buyer's payment was matched to an invoice in full.</summary>
public sealed record InvoicePaid(InvoiceId Invoice, PurchaseOrderId Order, Money Total);

/// <summary>A household was paid for a part of a lot.</summary>
public sealed record HouseholdPaid(PayoutId Payout, HouseholdId Household, LotId Lot, PurchaseOrderId Order, Quantity Quantity, Money Net);

/// <summary>A payment of a buyer, as the applicant of record saw it on its statement. UUID.</summary>
[ValueObject]
public readonly partial struct PaymentId
{
    /// <summary>A new id, ordered by time.</summary>
    public static PaymentId New() => From(Guid.CreateVersion7());
}

/// <summary>A request to a buyer to pay an invoice. UUID.</summary>
[ValueObject]
public readonly partial struct PaymentRequestId
{
    /// <summary>A new id, ordered by time.</summary>
    public static PaymentRequestId New() => From(Guid.CreateVersion7());
}

/// <summary>A payment towards an invoice was recorded, in part or in full.</summary>
public sealed record PaymentRecorded(PaymentId Payment, InvoiceId Invoice, Money Amount);

/// <summary>Payouts were put into a batch, for a second person to approve.</summary>
public sealed record PayoutBatchPrepared(PayoutBatchId Batch, int Payouts, Money Total);

/// <summary>A second person released a batch for payment.</summary>
public sealed record PayoutBatchApproved(PayoutBatchId Batch);

/// <summary>The bank carried a batch out.</summary>
public sealed record PayoutBatchExecuted(PayoutBatchId Batch, DateOnly On);

/// <summary>Cash was handed to a household against its signed receipt; it counts once a second person countersigned.</summary>
public sealed record CashHandedOut(PayoutId Payout, HouseholdId Household, Money Amount);
