using Marketplace.Certification;

namespace Marketplace.Tests.Certification;

public sealed class CertificationApplicationTests
{
    [Fact]
    public void Every_stage_and_step_has_a_known_answer()
    {
        var arrows = from stage in Enum.GetValues<CertificationStage>() from step in Enum.GetValues<CertificationStep>()
                     let next = CertificationApplication.Next(stage, step) where next is not null
                     select $"{stage} --{step}--> {next}";
        Assert.Equal(
            """
            Draft --Submit--> Submitted
            Draft --Withdraw--> Withdrawn
            Submitted --Return--> ReturnedIncomplete
            Submitted --Accept--> Accepted
            Submitted --Withdraw--> Withdrawn
            ReturnedIncomplete --Submit--> Submitted
            ReturnedIncomplete --Withdraw--> Withdrawn
            Accepted --Assign--> Sampling
            Sampling --TakeSample--> InLaboratory
            Sampling --Withdraw--> Withdrawn
            InLaboratory --TakeSample--> InLaboratory
            InLaboratory --EnterResults--> InLaboratory
            InLaboratory --ApproveResults--> ResultsReady
            InLaboratory --Withdraw--> Withdrawn
            ResultsReady --Compare--> Review
            Review --Recommend--> Decision
            Review --Withdraw--> Withdrawn
            Decision --Grant--> Granted
            Decision --Refuse--> Refused
            Decision --Withdraw--> Withdrawn
            """, string.Join('\n', arrows));
    }

    [Fact]
    public void Every_state_of_a_certificate_has_a_known_answer()
    {
        var arrows = from state in Enum.GetValues<CertificateState>() from step in Enum.GetValues<CertificateStep>()
                     let next = Certificate.Next(state, step) where next is not null
                     select $"{state} --{step}--> {next}";
        Assert.Equal(
            """
            Active --Suspend--> Suspended
            Active --Withdraw--> Withdrawn
            Active --Expire--> Expired
            Active --Deplete--> Depleted
            Active --Replace--> Replaced
            Suspended --Reinstate--> Active
            Suspended --Withdraw--> Withdrawn
            Suspended --Expire--> Expired
            """, string.Join('\n', arrows));
    }
}
