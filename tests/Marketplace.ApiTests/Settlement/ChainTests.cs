using Marketplace.Settlement.Ledger;
using Marketplace.Settlement.Payouts;

namespace Marketplace.ApiTests.Settlement;

[Collection("settlement")]
public sealed class ChainTests(SettlementDesk desk)
{
    [Fact]
    public async Task From_receipt_to_every_household_paid()
    {
        var story = await Story.Received(desk, 12_345, 7_001, 100_000);
        Assert.Equal("invoiced", story.Stage);
        var invoice = await story.Details();
        Assert.Equal(2_559_972, invoice.Invoice.Total.Minor);

        var paid = await story.PayInFull();
        Assert.Equal(3, paid.Payouts);
        Assert.Equal("paid", story.Stage);

        var batch = (await SettlementDesk.Body<PayoutBatchDetails>(await story.Prepare())).Id;
        await SettlementDesk.Body<PayoutBatchDetails>(await story.Approve(batch));
        var executed = await SettlementDesk.Body<PayoutBatchDetails>(await story.Execute(batch));

        Assert.Equal(PayoutBatchStage.Executed, executed.Stage);
        Assert.Equal("paid_out", story.Stage);
        var balance = await desk.Read<TrialBalance>(story.Officer, "/v1/trial-balance");
        Assert.Equal(0, Assert.Single(balance.Sums).Minor);
        Assert.Equal(invoice.Fee!.Value.Minor, await story.Balance("bank_clearing"));
        Assert.Equal(-invoice.Fee.Value.Minor, await story.Balance("applicant_fee"));
        Assert.Equal(0, await story.Balance("household_payable"));
    }
}
