using Marketplace.Contracts;
using Marketplace.Settlement.Payouts;
using Marketplace.Settlement.Statements;

namespace Marketplace.ApiTests.Settlement.Statements;

[Collection("settlement")]
public sealed class HouseholdStatementTests(SettlementDesk desk)
{
    [Fact]
    public async Task A_household_sees_what_it_earned_step_by_step_and_nothing_of_others()
    {
        var story = await Story.Received(desk, 5_000, 6_000);
        var aigul = new Player(Guid.NewGuid(), [Role.Producer], null, story.Households[0].Value);
        var seen = await Statement();
        var lot = Assert.Single(seen.Lots);
        Assert.Equal((5_000L, 107_250L, "waiting"), (lot.Quantity.Amount, lot.Gross.Minor, lot.State));
        Assert.Equal(lot.Gross.Minor, lot.Fee.Minor + lot.Net.Minor);
        Assert.Equal(9_500, lot.ShareBasisPoints);
        Assert.Equal((lot.Net.Minor, 0L), Owed(seen));

        await story.PayInFull();
        seen = await Statement();
        Assert.Equal("due", seen.Lots[0].State);
        Assert.Equal((0L, lot.Net.Minor), Owed(seen));

        var batch = (await SettlementDesk.Body<PayoutBatchDetails>(await story.Prepare())).Id;
        await SettlementDesk.Body<PayoutBatchDetails>(await story.Approve(batch));
        await SettlementDesk.Body<PayoutBatchDetails>(await story.Execute(batch));
        seen = await Statement();
        Assert.Equal("paid", seen.Lots[0].State);
        Assert.Equal((0L, 0L), Owed(seen));

        Assert.Equal("404 not-found", await SettlementDesk.Problem(await desk.Get(aigul, $"/v1/households/{story.Households[1]}/statement")));
        Assert.Equal("404 not-found", await SettlementDesk.Problem(await desk.Get(story.Officer, $"/v1/households/{story.Households[0]}/statement")));

        Task<HouseholdStatement> Statement() => desk.Read<HouseholdStatement>(aigul, $"/v1/households/{story.Households[0]}/statement");
    }

    [Fact]
    public async Task A_long_statement_goes_on_page_by_page()
    {
        var story = await Story.Received(desk, 5_000);
        await story.ReceivedAgain();
        var aigul = new Player(Guid.NewGuid(), [Role.Producer], null, story.Households[0].Value);
        var path = $"/v1/households/{story.Households[0]}/statement?limit=1";
        var first = await desk.Read<HouseholdStatement>(aigul, path);
        var second = await desk.Read<HouseholdStatement>(aigul, $"{path}&cursor={first.Next}");
        Assert.NotEqual(first.Lots[0].Invoice, second.Lots[0].Invoice);
        Assert.Null(second.Next);
        Assert.Equal("400 bad-cursor", await SettlementDesk.Problem(await desk.Get(aigul, path + "&cursor=AA")));
    }

    private static (long Waiting, long Due) Owed(HouseholdStatement statement)
    {
        var balance = Assert.Single(statement.Balances);
        return (balance.Waiting.Minor, balance.Due.Minor);
    }
}
