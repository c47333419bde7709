using System.Net;
using Marketplace.Contracts;
using Marketplace.Settlement.Payouts;

namespace Marketplace.ApiTests.Settlement.Payouts;

[Collection("settlement")]
public sealed class CashTests(SettlementDesk desk)
{
    [Fact]
    public async Task Cash_counts_once_a_second_person_countersigned()
    {
        var story = await Story.Received(desk, 5_000);
        var payout = await story.OpenPayout();
        var handed = await SettlementDesk.Body<PayoutDetails>(await HandOut(story.Operator, payout));
        Assert.Equal(PayoutStage.CashHanded, handed.Stage);
        Assert.Equal(0, await story.Balance("cash_clearing"));
        Assert.Equal("paid", story.Stage);

        var signed = await SettlementDesk.Body<PayoutDetails>(await Countersign(story.Approver, payout));
        Assert.Equal(PayoutStage.Cash, signed.Stage);
        Assert.Equal(-101_888, await story.Balance("cash_clearing"));
        Assert.Equal(0, await story.Balance("household_payable"));
        Assert.Equal("paid_out", story.Stage);
        Assert.Equal("409 wrong-stage", await SettlementDesk.Problem(await Countersign(story.Approver, payout)));
        Assert.Equal(1, await desk.Value<long>($"select count(*) from kernel.event where stream = {payout} and type = 'HouseholdPaid'"));
    }

    [Fact]
    public async Task Nobody_countersigns_cash_they_handed_out()
    {
        var story = await Story.Received(desk, 5_000);
        var payout = await story.OpenPayout();
        var both = Player.In(story.Seller, Role.CollectionOperator, Role.PayoutApprover);
        await SettlementDesk.Body<PayoutDetails>(await HandOut(both, payout));
        Assert.Equal("409 own-work", await SettlementDesk.Problem(await Countersign(both, payout)));
        Assert.Equal(HttpStatusCode.Forbidden, (await Countersign(story.Operator, payout)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await Countersign(story.Approver with { SteppedUp = false }, payout)).StatusCode);
        Assert.Equal(0, await story.Balance("cash_clearing"));
    }

    [Fact]
    public async Task Cash_is_handed_out_once()
    {
        var story = await Story.Received(desk, 5_000);
        var payout = await story.OpenPayout();
        var answers = await desk.Race($"select 1 from settlement.payout where id = '{payout}' for update", 5, _ => HandOut(story.Operator, payout));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Cash_and_bank_never_pay_the_same_payout()
    {
        var story = await Story.Received(desk, 5_000);
        var payout = await story.OpenPayout();
        var answers = await desk.Race(
            $"select 1 from settlement.payout where id = '{payout}' for update", 4, at => at % 2 == 0 ? HandOut(story.Operator, payout) : story.Prepare());
        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_batched_payout_is_not_paid_in_cash_and_a_receipt_is_used_once()
    {
        var story = await Story.Received(desk, 5_000, 6_000);
        desk.Neighbours.Accounts.TryRemove(story.Households[0], out _);
        desk.Neighbours.Accounts.TryRemove(story.Households[1], out _);
        await story.PayInFull();
        var open = await desk.Read<Marketplace.Kernel.Http.Page<PayoutDetails>>(story.Operator, "/v1/payouts?stage=open");
        await SettlementDesk.Body<PayoutDetails>(await HandOut(story.Operator, open.Items[0].Id, "R-0001"));
        Assert.Equal("409 receipt-known", await SettlementDesk.Problem(await HandOut(story.Operator, open.Items[1].Id, "R-0001")));
        Assert.Equal("400 invalid", await SettlementDesk.Problem(await HandOut(story.Operator, open.Items[1].Id, "R")));
        Assert.Equal("409 wrong-stage", await SettlementDesk.Problem(await Countersign(story.Approver, open.Items[1].Id)));
        Assert.Equal("404 not-found", await SettlementDesk.Problem(await HandOut(Player.In(SettlementDesk.Bazarly, Role.CollectionOperator), open.Items[1].Id)));

        var other = await Story.Received(desk, 5_000);
        await other.Prepared();
        var batched = PayoutId.From(await desk.Value<Guid>($"select id from settlement.payout where invoice_id = {other.Invoice}"));
        Assert.Equal("409 wrong-stage", await SettlementDesk.Problem(await HandOut(other.Operator, batched)));
    }

    private Task<HttpResponseMessage> HandOut(Player player, PayoutId payout, string? code = null) =>
        desk.Post(player, $"/v1/payouts/{payout}/cash-receipt", new CashReceipt(code ?? $"R-{payout.Value.ToString("N")[..20]}"));

    private Task<HttpResponseMessage> Countersign(Player player, PayoutId payout) => desk.Post(player, $"/v1/payouts/{payout}/cash-countersignature");
}
