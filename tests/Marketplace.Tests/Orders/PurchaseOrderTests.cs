using Marketplace.Orders.Promises;
using Marketplace.Orders.PurchaseOrders;

namespace Marketplace.Tests.Orders;

public sealed class PurchaseOrderTests
{
    [Fact]
    public void Every_stage_and_step_of_an_order_has_a_known_answer()
    {
        var arrows = from stage in Enum.GetValues<OrderStage>()
                     from step in Enum.GetValues<OrderStep>()
                     let next = PurchaseOrder.Next(stage, step)
                     where next is not null
                     select $"{stage} --{step}--> {next}";
        Assert.Equal(
            """
            Draft --Edit--> Draft
            Draft --Submit--> Approval
            Draft --SubmitWithinLimit--> Approved
            Draft --Cancel--> Cancelled
            Approval --Approve--> Approved
            Approval --TurnDown--> Draft
            Approval --Cancel--> Cancelled
            Approved --Place--> Placed
            Approved --Cancel--> Cancelled
            Placed --Allocate--> Allocating
            Placed --Cancel--> Cancelled
            Allocating --Ask--> Confirming
            Allocating --Cancel--> Cancelled
            Confirming --Allocate--> Allocating
            Confirming --Settle--> Firm
            Confirming --Cancel--> Cancelled
            Firm --Refill--> Allocating
            Firm --Dispatch--> Dispatched
            Firm --CancelShort--> Cancelled
            Dispatched --Dispatch--> Dispatched
            Dispatched --Receive--> Received
            Received --Dispatch--> Received
            Received --Receive--> Received
            Received --Invoice--> Invoiced
            Invoiced --Dispatch--> Invoiced
            Invoiced --Receive--> Invoiced
            Invoiced --Invoice--> Invoiced
            Invoiced --Pay--> Paid
            Paid --Dispatch--> Paid
            Paid --Receive--> Paid
            Paid --Invoice--> Paid
            Paid --Pay--> Paid
            Paid --PayOut--> PaidOut
            PaidOut --Dispatch--> PaidOut
            PaidOut --Receive--> PaidOut
            PaidOut --Invoice--> PaidOut
            PaidOut --Pay--> PaidOut
            PaidOut --PayOut--> PaidOut
            PaidOut --Close--> Closed
            """, string.Join('\n', arrows));
    }

    [Fact]
    public void Every_stage_and_step_of_a_promise_has_a_known_answer()
    {
        var arrows = from stage in Enum.GetValues<PromiseStage>()
                     from step in Enum.GetValues<PromiseStep>()
                     let next = Promise.Next(stage, step)
                     where next is not null
                     select $"{stage} --{step}--> {next}";
        Assert.Equal(
            """
            Offered --Confirm--> Confirmed
            Offered --Decline--> Declined
            Offered --Expire--> Silent
            Offered --Cancel--> Cancelled
            Offered --Stop--> Stopped
            Confirmed --Cancel--> Cancelled
            Confirmed --Tender--> Tendered
            Confirmed --Stop--> Stopped
            """, string.Join('\n', arrows));
    }
}
