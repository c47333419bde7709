using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>A document review as it was signed.</summary>
/// <param name="Accepted">Whether nothing major or critical was found.</param>
/// <param name="Reason">What the outcome rests on.</param>
/// <param name="Answers">The answered checklist.</param>
/// <param name="Person">Who signed.</param>
/// <param name="RecordedAt">When.</param>
public sealed record SignedDocumentReview(bool Accepted, string Reason, IReadOnlyList<CheckAnswer> Answers, PersonId Person, DateTimeOffset RecordedAt);

/// <summary>An evaluation plan as it was made.</summary>
/// <param name="Visit">Whether the place is visited.</param>
/// <param name="AgreedOn">The day agreed; absent without a visit.</param>
/// <param name="SampleCount">Samples to take by the scheme's rule.</param>
/// <param name="Note">What was noted.</param>
/// <param name="Person">Who planned.</param>
/// <param name="RecordedAt">When.</param>
public sealed record SignedEvaluationPlan(bool Visit, DateOnly? AgreedOn, int SampleCount, string? Note, PersonId Person, DateTimeOffset RecordedAt);

/// <summary>An inspection as it was signed.</summary>
/// <param name="VisitedAt">When the place was visited.</param>
/// <param name="Place">Where.</param>
/// <param name="Accepted">Whether nothing major or critical was found.</param>
/// <param name="Reason">What the outcome rests on.</param>
/// <param name="Acknowledged">Whether the producer signed it.</param>
/// <param name="Remark">What the producer said, or why there is no signature.</param>
/// <param name="Answers">The answered checklist.</param>
/// <param name="Person">Who signed.</param>
/// <param name="RecordedAt">When.</param>
/// <param name="Counted">What was counted of the lot, in its smallest step; absent when nothing was counted.</param>
public sealed record SignedInspection(
    DateTimeOffset VisitedAt, string Place, bool Accepted, string Reason, bool Acknowledged, string? Remark, IReadOnlyList<CheckAnswer> Answers,
    PersonId Person, DateTimeOffset RecordedAt, long? Counted = null);

/// <summary>A non-conformity and how it stands.</summary>
/// <param name="Number">Its number in the case.</param>
/// <param name="Severity">How grave it is.</param>
/// <param name="Basis">The rule it breaks.</param>
/// <param name="Text">What is wrong.</param>
/// <param name="Stage">Where the case stood when it was found.</param>
/// <param name="Part">Whose part found it and verifies its correction.</param>
/// <param name="Due">End of the term of the correction; a pause moves it.</param>
/// <param name="Correction">The last correction; absent before one.</param>
/// <param name="Accepted">Whether that correction does; absent before it was verified.</param>
/// <param name="Reason">Why it does not.</param>
/// <param name="Settled">Whether it no longer stands against a certificate.</param>
public sealed record CaseNonconformity(
    int Number, NonconformitySeverity Severity, string Basis, string Text, CertificationStage Stage, CasePart Part, DateTimeOffset Due, string? Correction,
    bool? Accepted, string? Reason, bool Settled);

/// <summary>A pause of a case, over or not.</summary>
/// <param name="Reason">The coded reason.</param>
/// <param name="Evidence">What shows it.</param>
/// <param name="Stage">Where the case stood.</param>
/// <param name="Person">Who paused it.</param>
/// <param name="StartedAt">Since when.</param>
/// <param name="EndedAt">Until when; absent while it lasts.</param>
/// <param name="Files">Hashes of the files that show it.</param>
public sealed record RecordedPause(
    PauseReason Reason, string Evidence, CertificationStage Stage, PersonId Person, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string[] Files);

/// <summary>The evidence of the evaluation besides samples and results.</summary>
/// <param name="Documents">The document review; absent before it.</param>
/// <param name="Plan">The plan; absent before it.</param>
/// <param name="Inspection">The inspection; absent before it.</param>
/// <param name="Nonconformities">What was found, by number.</param>
/// <param name="Pauses">When the case stood still, oldest first.</param>
public sealed record CaseEvaluation(
    SignedDocumentReview? Documents, SignedEvaluationPlan? Plan, SignedInspection? Inspection, IReadOnlyList<CaseNonconformity> Nonconformities,
    IReadOnlyList<RecordedPause> Pauses)
{
    internal static async Task<CaseEvaluation> Of(CertificationApplicationId id, Database database, CancellationToken cancel)
    {
        var documents = await database.Find<DocumentsRow>($"""
            select accepted, reason, answers, person, recorded_at from certification.document_review where application = {id}
            """, cancel);
        var plan = await database.Find<SignedEvaluationPlan>($"""
            select visit, agreed_on, sample_count, note, person, recorded_at from certification.evaluation_plan where application = {id}
            """, cancel);
        var visit = await database.Find<InspectionRow>($"""
            select visited_at, place, accepted, reason, acknowledged, remark, answers, person, recorded_at, counted
              from certification.inspection where application = {id}
            """, cancel);
        var found = await database.List<CaseNonconformity>($"""
            select number, severity, basis, text, stage, part, due_now as due, correction_text as correction, accepted, check_reason as reason, settled
              from certification.nonconformity_now where application = {id} order by number
            """, cancel);
        var pauses = await database.List<RecordedPause>($"""
            select reason, evidence, stage, person, started_at, ended_at,
                   array(select f.hash from certification.pause_file f where f.application = p.application and f.number = p.number order by 1) as files
              from certification.pause p where application = {id} order by number
            """, cancel);
        return new CaseEvaluation(
            documents is null ? null : new(documents.Accepted, documents.Reason, Answers(documents.Answers), documents.Person, documents.RecordedAt),
            plan,
            visit is null ? null : new(visit.VisitedAt, visit.Place, visit.Accepted, visit.Reason, visit.Acknowledged, visit.Remark, Answers(visit.Answers),
                visit.Person, visit.RecordedAt, visit.Counted),
            found, pauses);
    }

    private static List<CheckAnswer> Answers(string text) => JsonSerializer.Deserialize<List<CheckAnswer>>(text, Event.Json)!;

    private sealed record DocumentsRow(bool Accepted, string Reason, string Answers, PersonId Person, DateTimeOffset RecordedAt);

    private sealed record InspectionRow(
        DateTimeOffset VisitedAt, string Place, bool Accepted, string Reason, bool Acknowledged, string? Remark, string Answers, PersonId Person,
        DateTimeOffset RecordedAt, long? Counted);
}
