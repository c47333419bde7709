using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Orders.PurchaseOrders;

/// <summary>State of a purchase order.</summary>
[DatabaseEnum("orders.stage")]
public enum OrderStage
{
    /// <summary>The buyer still writes it.</summary>
    Draft,

    /// <summary>Above the buyer's limit: waits for a second person.</summary>
    Approval,

    /// <summary>May be placed.</summary>
    Approved,

    /// <summary>Placed: its terms are frozen.</summary>
    Placed,

    /// <summary>Being spread over lots.</summary>
    Allocating,

    /// <summary>Households are asked.</summary>
    Confirming,

    /// <summary>Every promise is answered or over: the fill rate is known.</summary>
    Firm,

    /// <summary>Goods left for the buyer.</summary>
    Dispatched,

    /// <summary>Goods were received.</summary>
    Received,

    /// <summary>An invoice was issued.</summary>
    Invoiced,

    /// <summary>The buyer paid.</summary>
    Paid,

    /// <summary>Every household was paid.</summary>
    PaidOut,

    /// <summary>Nothing is left to do.</summary>
    Closed,

    /// <summary>Called off.</summary>
    Cancelled,
}

internal enum OrderStep
{
    Edit,
    Submit,
    SubmitWithinLimit,
    Approve,
    TurnDown,
    Place,
    Allocate,
    Ask,
    Settle,
    Refill,
    Dispatch,
    Receive,
    Invoice,
    Pay,
    PayOut,
    Close,
    Cancel,
    CancelShort,
}

/// <summary>A chain's order over many small lots.</summary>
internal sealed record PurchaseOrder(
    PurchaseOrderId Id, string Number, OrganisationId Buyer, OrganisationId Applicant, OrderStage Stage, string Currency, int PaymentTermDays,
    DateTimeOffset ConfirmBy, int MinimumFillPercent, long ValueAtMaximum, int Version, DateTimeOffset CreatedAt, DateTimeOffset? PlacedAt,
    DateTimeOffset? FirmAt, DateTimeOffset? CancelledAt)
{
    /// <summary>The columns, in the order of the members.</summary>
    public static Sql Columns => Sql.Of($"""
        o.id, o.number, o.buyer_id as buyer, o.applicant_id as applicant, o.stage, o.currency, o.payment_term_days, o.confirm_by,
        o.minimum_fill_percent, o.value_at_maximum, o.version, o.created_at, o.placed_at, o.firm_at, o.cancelled_at
        """);

    /// <summary>
    /// The whole life of an order. A pair that is not listed is not allowed. An order of several consignments stands where its furthest one
    /// is: the steps of the others leave it there.
    /// </summary>
    public static OrderStage? Next(OrderStage stage, OrderStep step) => (stage, step) switch
    {
        (OrderStage.Draft, OrderStep.Edit) => OrderStage.Draft,
        (OrderStage.Draft, OrderStep.Submit) => OrderStage.Approval,
        (OrderStage.Draft, OrderStep.SubmitWithinLimit) => OrderStage.Approved,
        (OrderStage.Approval, OrderStep.Approve) => OrderStage.Approved,
        (OrderStage.Approval, OrderStep.TurnDown) => OrderStage.Draft,
        (OrderStage.Approved, OrderStep.Place) => OrderStage.Placed,
        (OrderStage.Placed or OrderStage.Confirming, OrderStep.Allocate) => OrderStage.Allocating,
        (OrderStage.Allocating, OrderStep.Ask) => OrderStage.Confirming,
        (OrderStage.Confirming, OrderStep.Settle) => OrderStage.Firm,
        (OrderStage.Firm, OrderStep.Refill) => OrderStage.Allocating,
        (OrderStage.Firm, OrderStep.Dispatch) => OrderStage.Dispatched,
        (OrderStage.Dispatched or OrderStage.Received or OrderStage.Invoiced or OrderStage.Paid or OrderStage.PaidOut, OrderStep.Dispatch) => stage,
        (OrderStage.Dispatched, OrderStep.Receive) => OrderStage.Received,
        (OrderStage.Received or OrderStage.Invoiced or OrderStage.Paid or OrderStage.PaidOut, OrderStep.Receive) => stage,
        (OrderStage.Received, OrderStep.Invoice) => OrderStage.Invoiced,
        (OrderStage.Invoiced or OrderStage.Paid or OrderStage.PaidOut, OrderStep.Invoice) => stage,
        (OrderStage.Invoiced, OrderStep.Pay) => OrderStage.Paid,
        (OrderStage.Paid or OrderStage.PaidOut, OrderStep.Pay) => stage,
        (OrderStage.Paid, OrderStep.PayOut) => OrderStage.PaidOut,
        (OrderStage.PaidOut, OrderStep.PayOut) => OrderStage.PaidOut,
        (OrderStage.PaidOut, OrderStep.Close) => OrderStage.Closed,
        (OrderStage.Draft or OrderStage.Approval or OrderStage.Approved or OrderStage.Placed or OrderStage.Allocating or OrderStage.Confirming,
            OrderStep.Cancel) => OrderStage.Cancelled,
        (OrderStage.Firm, OrderStep.CancelShort) => OrderStage.Cancelled,
        _ => null,
    };

    /// <summary>The refusal of a step the stage does not allow.</summary>
    public static Refusal WrongStage(OrderStage stage) => new("wrong-stage", $"An order that is {stage} does not allow this.");

    /// <summary>One order the buyer's side may write, or null.</summary>
    public static Task<PurchaseOrder?> OfBuyer(PurchaseOrderId id, Database database, CancellationToken cancel) => database.Find<PurchaseOrder>($"""
        select {Columns} from orders.purchase_order o where o.id = {id} and o.buyer_id = {database.Actor.Organisation}
        """, cancel);

    /// <summary>Which orders the actor may read: the buyer's own, and the applicant's once placed.</summary>
    public static Sql Readable(Actor actor) => Sql.Of($"""
        (o.buyer_id = {actor.Organisation} or o.applicant_id = {actor.Organisation} and o.placed_at is not null)
        """);
}
