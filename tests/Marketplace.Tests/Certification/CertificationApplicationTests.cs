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
            Draft --Expire--> ExpiredInactive
            Submitted --Return--> ReturnedIncomplete
            Submitted --Accept--> Accepted
            Submitted --Withdraw--> Withdrawn
            ReturnedIncomplete --Submit--> Submitted
            ReturnedIncomplete --Withdraw--> Withdrawn
            ReturnedIncomplete --Expire--> ExpiredInactive
            Accepted --Assign--> DocumentReview
            DocumentReview --Skip--> EvaluationPlanned
            DocumentReview --ReviewDocuments--> EvaluationPlanned
            DocumentReview --FindMajor--> NonconformityOpen
            DocumentReview --FindCritical--> Decision
            DocumentReview --Withdraw--> Withdrawn
            EvaluationPlanned --Skip--> Inspection
            EvaluationPlanned --PlanEvaluation--> Inspection
            EvaluationPlanned --FindMajor--> NonconformityOpen
            EvaluationPlanned --FindCritical--> Decision
            EvaluationPlanned --Withdraw--> Withdrawn
            Inspection --Skip--> Sampling
            Inspection --Inspect--> Sampling
            Inspection --FindMajor--> NonconformityOpen
            Inspection --FindCritical--> Decision
            Inspection --Withdraw--> Withdrawn
            Sampling --Skip--> InLaboratory
            Sampling --TakeSample--> InLaboratory
            Sampling --FindMajor--> NonconformityOpen
            Sampling --FindCritical--> Decision
            Sampling --Withdraw--> Withdrawn
            InLaboratory --Skip--> Review
            InLaboratory --TakeSample--> InLaboratory
            InLaboratory --EnterResults--> InLaboratory
            InLaboratory --ApproveResults--> ResultsReady
            InLaboratory --Withdraw--> Withdrawn
            ResultsReady --Compare--> Review
            NonconformityOpen --Resume--> DocumentReview
            NonconformityOpen --Lapse--> Decision
            NonconformityOpen --Withdraw--> Withdrawn
            Review --Recommend--> Decision
            Review --FindMajor--> NonconformityOpen
            Review --FindCritical--> Decision
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
