using Marketplace.Kernel;

namespace Marketplace.Contracts;

/// <summary>An invoice was issued on the received quantity.</summary>
public sealed record InvoiceIssued(InvoiceId Invoice, PurchaseOrderId Order, Money Total);

/// <summary>The buyer's payment was matched to an invoice in full.</summary>
public sealed record InvoicePaid(InvoiceId Invoice, PurchaseOrderId Order, Money Total);

/// <summary>A household was paid for a part of a lot.</summary>
public sealed record HouseholdPaid(PayoutId Payout, HouseholdId Household, LotId Lot, PurchaseOrderId Order, Quantity Quantity, Money Net);
