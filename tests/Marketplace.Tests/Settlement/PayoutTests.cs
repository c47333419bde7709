using Marketplace.Settlement.Payments;
using Marketplace.Settlement.Payouts;

namespace Marketplace.Tests.Settlement;

public sealed class PayoutTests
{
    [Fact]
    public void A_payout_goes_by_bank_or_in_cash_and_never_back()
    {
        var arrows = from stage in Enum.GetValues<PayoutStage>()
                     from step in Enum.GetValues<PayoutStep>()
                     let next = Payout.Next(stage, step)
                     where next is not null
                     select $"{stage} --{step}--> {next}";
        Assert.Equal(
            """
            Open --Batch--> Batched
            Open --HandOut--> CashHanded
            Batched --Approve--> Approved
            Approved --Execute--> Executed
            CashHanded --Countersign--> Cash
            """, string.Join('\n', arrows));
    }

    [Fact]
    public void A_batch_is_approved_and_executed_once()
    {
        var arrows = from stage in Enum.GetValues<PayoutBatchStage>()
                     from step in Enum.GetValues<PayoutBatchStep>()
                     let next = PayoutBatch.Next(stage, step)
                     where next is not null
                     select $"{stage} --{step}--> {next}";
        Assert.Equal(
            """
            Prepared --Approve--> Approved
            Approved --Execute--> Executed
            """, string.Join('\n', arrows));
    }

    [Fact]
    public void A_request_to_pay_only_goes_forwards()
    {
        string[] events = ["payment_intent.created", "payment_intent.payment_failed", "payment_intent.succeeded", "payment_intent.canceled"];
        var arrows = from stage in Enum.GetValues<PaymentRequestStage>()
                     from happened in events
                     let next = ReceiveStripeEvent.Next(stage, happened)
                     where next is not null
                     select $"{stage} --{happened}--> {next}";
        Assert.Equal(
            """
            Requested --payment_intent.succeeded--> Succeeded
            Requested --payment_intent.canceled--> Canceled
            """, string.Join('\n', arrows));
    }
}
