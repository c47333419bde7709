using Marketplace.Certification;

namespace Marketplace.Tests.Certification;

public sealed class AppealTests
{
    [Fact]
    public void Every_stage_and_step_of_an_appeal_has_a_known_answer()
    {
        var arrows = from stage in Enum.GetValues<AppealStage>() from step in Enum.GetValues<AppealStep>()
                     let next = Appeal.Next(stage, step) where next is not null
                     select $"{stage} --{step}--> {next}";
        Assert.Equal(
            """
            Filed --Admit--> InHearing
            Filed --TurnAway--> Inadmissible
            Filed --Withdraw--> Withdrawn
            InHearing --Uphold--> Upheld
            InHearing --Reject--> Rejected
            InHearing --Remit--> Remitted
            InHearing --Withdraw--> Withdrawn
            """, string.Join('\n', arrows));
    }
}
