using Marketplace.Kernel;

namespace Marketplace.Contracts;

/// <summary>What a buyer received of one promise.</summary>
/// <param name="Receipt">The receipt.</param>
/// <param name="Promise">The promise.</param>
/// <param name="Line">The order line.</param>
/// <param name="Lot">The lot.</param>
/// <param name="Household">Whose goods.</param>
/// <param name="Tendered">Weighed at the collection point, in the lot's step.</param>
/// <param name="Accepted">Accepted at receipt.</param>
/// <param name="Rejected">Rejected at receipt; accepted + rejected = dispatched.</param>
/// <param name="Unit">The step's Rec 20 code.</param>
public sealed record ReceivedPart(
    ReceiptId Receipt, PromiseId Promise, OrderLineId Line, LotId Lot, HouseholdId Household, long Tendered, long Accepted, long Rejected, string Unit);

/// <summary>Questions to Logistics.</summary>
public interface IReceipts
{
    /// <summary>What was received under a receipt.</summary>
    Task<IReadOnlyList<ReceivedPart>> PartsOf(ReceiptId receipt, CancellationToken cancel);
}

/// <summary>A household's goods were weighed in.</summary>
public sealed record LotTendered(TenderId Tender, PromiseId Promise, PurchaseOrderId Order, LotId Lot, HouseholdId Household, Quantity Net);

/// <summary>A consignment left for the buyer.</summary>
public sealed record ConsignmentDispatched(ConsignmentId Consignment, PurchaseOrderId Order);

/// <summary>A part of a lot was received.</summary>
public sealed record LotReceived(
    ReceiptId Receipt, PromiseId Promise, PurchaseOrderId Order, LotId Lot, HouseholdId Household, Quantity Accepted, Quantity Rejected, UnitPrice Price);

/// <summary>A receipt is complete: every part of the consignment is accepted or rejected.</summary>
public sealed record ReceiptRecorded(ReceiptId Receipt, PurchaseOrderId Order);

/// <summary>Goods were called back.</summary>
/// <param name="Recall">The recall.</param>
/// <param name="Class">1 (danger to health), 2 (possible danger) or 3 (no danger).</param>
/// <param name="Lots">The lots.</param>
public sealed record RecallOpened(RecallId Recall, int Class, IReadOnlyList<LotId> Lots);

/// <summary>A buyer said what became of recalled goods.</summary>
public sealed record RecallAnswered(RecallId Recall, OrganisationId Buyer);

/// <summary>A recall ended.</summary>
/// <param name="Recall">The recall.</param>
/// <param name="Confirmed">True when the goods stay off the market; false when it was a false alarm.</param>
public sealed record RecallClosed(RecallId Recall, bool Confirmed);
