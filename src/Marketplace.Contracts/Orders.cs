using Marketplace.Kernel;

namespace Marketplace.Contracts;

/// <summary>What other modules know of an order.</summary>
/// <param name="Id">The order.</param>
/// <param name="Number">The number people say: <c>PO-000012</c>.</param>
/// <param name="Buyer">The chain.</param>
/// <param name="Applicant">The applicant of record that sells: issues the invoice and pays the households.</param>
/// <param name="Stage">snake_case name of its state.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="PaymentTermDays">Days from invoice to due date.</param>
public sealed record OrderCard(
    PurchaseOrderId Id, string Number, OrganisationId Buyer, OrganisationId Applicant, string Stage, string Currency, int PaymentTermDays);

/// <summary>A confirmed promise with its frozen terms.</summary>
/// <param name="Id">The promise.</param>
/// <param name="Order">Its order.</param>
/// <param name="Line">Its line.</param>
/// <param name="Lot">The lot.</param>
/// <param name="Household">The household that promised.</param>
/// <param name="Product">What.</param>
/// <param name="Amount">What is promised now, in the lot's step; zero once tendered or declined.</param>
/// <param name="Tendered">What was weighed in so far.</param>
/// <param name="Unit">The step's Rec 20 code.</param>
/// <param name="Price">The frozen price the buyer pays.</param>
/// <param name="TolerancePercent">How far above the promise a weighing may lie, 0 to 50.</param>
/// <param name="Confirmed">True when the household confirmed.</param>
public sealed record PromiseCard(
    PromiseId Id, PurchaseOrderId Order, OrderLineId Line, LotId Lot, HouseholdId Household, ProductCode Product, long Amount, long Tendered, string Unit,
    UnitPrice Price, int TolerancePercent, bool Confirmed);

/// <summary>Questions and calls to Orders, in the caller's transaction.</summary>
public interface IOrders
{
    /// <summary>The order, or null; any actor's, so the caller checks whose it is.</summary>
    Task<OrderCard?> Find(PurchaseOrderId order, CancellationToken cancel);

    /// <summary>The promises of these ids, locked for the rest of the transaction, in id order.</summary>
    Task<IReadOnlyList<PromiseCard>> LockPromises(IReadOnlyCollection<PromiseId> promises, CancellationToken cancel);

    /// <summary>Every promise of an order, in id order.</summary>
    Task<IReadOnlyList<PromiseCard>> PromisesOf(PurchaseOrderId order, CancellationToken cancel);

    /// <summary>Records that a promise was weighed in: nothing of it is promised any more, <paramref name="weighed"/> of it is tendered.</summary>
    Task Tendered(PromiseId promise, long weighed, CancellationToken cancel);

    /// <summary>Moves the order on as goods and money move; refuses <c>wrong-stage</c> when it cannot.</summary>
    /// <param name="order">The order.</param>
    /// <param name="step"><c>dispatch</c>, <c>receive</c>, <c>invoice</c>, <c>pay</c> or <c>pay_out</c>.</param>
    Task<Refusal?> Advance(PurchaseOrderId order, string step, CancellationToken cancel);

    /// <summary>
    /// Ends what is asked and promised of these lots, flags what was weighed in and not yet received, and tells each buyer once per order. The
    /// quantity is still to be freed; other households are asked after the commit. Before <see cref="ILotAccounts.Hold"/> it waits for who
    /// answers now; after it, it must not.
    /// </summary>
    /// <param name="wait">False leaves out what somebody else is answering or weighing now.</param>
    Task<IReadOnlyList<FreedPart>> EndPromises(IReadOnlyList<LotId> lots, bool wait, CancellationToken cancel);

    /// <summary>Takes the flag off goods on their way, and tells their buyers.</summary>
    Task Clear(IReadOnlyList<LotId> lots, CancellationToken cancel);
}

/// <summary>An order was placed: its terms are frozen.</summary>
public sealed record OrderPlaced(PurchaseOrderId Order, OrganisationId Buyer);

/// <summary>A part of a lot was allocated to an order and the household asked.</summary>
public sealed record LotAllocated(PromiseId Promise, PurchaseOrderId Order, LotId Lot, HouseholdId Household, Quantity Quantity, UnitPrice Price);

/// <summary>A household answered; zero means declined or silent.</summary>
public sealed record PromiseAnswered(PromiseId Promise, PurchaseOrderId Order, LotId Lot, HouseholdId Household, Quantity Confirmed, UnitPrice Price);

/// <summary>A household took its answer back: it is asked as before.</summary>
public sealed record PromiseReopened(PromiseId Promise, PurchaseOrderId Order, LotId Lot, HouseholdId Household, Quantity Quantity);

/// <summary>What a household was asked or promised was ended because its certificate was suspended or withdrawn.</summary>
public sealed record PromiseStopped(PromiseId Promise, PurchaseOrderId Order, LotId Lot, HouseholdId Household, Quantity Quantity);

/// <summary>Every promise of an order is answered or over.</summary>
public sealed record OrderFirm(PurchaseOrderId Order);
