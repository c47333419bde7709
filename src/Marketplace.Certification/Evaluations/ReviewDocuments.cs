using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>The outcome of a document review.</summary>
/// <param name="Accepted">True when nothing major or critical was found, false when something was.</param>
/// <param name="Reason">What the outcome rests on; 3 to 2000 characters.</param>
/// <param name="Answers">Each point of the scheme's checklist for <c>review-documents</c> once; empty when it has none.</param>
/// <param name="Findings">Non-conformities found; none by default, at most 20.</param>
public sealed record DocumentReview(
    bool Accepted, [TextLength(2000, MinimumLength = 3)] string Reason, [MaxLength(100)] IReadOnlyList<CheckAnswer>? Answers = null,
    [MaxLength(20)] IReadOnlyList<NonconformityFinding>? Findings = null);

/// <summary>POST /v1/applications/{id}/document-review.</summary>
public static class ReviewDocuments
{
    internal static void Map(RouteGroupBuilder applications) => applications.MapPost("/{id}/document-review", Handle)
        .WithName("reviewDocuments").InPersonOnly().Requires(Role.DocumentReviewer).Moves();

    /// <summary>Review the documents of a case by the scheme's checklist.</summary>
    /// <remarks>A major finding stops the case until it is corrected, a critical one takes it to the decision, which then can only refuse.
    /// 400 `unknown-check`, `checklist-incomplete`, `finding-missing`, `outcome-findings`; 409 `wrong-stage`, `not-assigned`, `own-work`,
    /// `case-paused`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        CertificationApplicationId id, DocumentReview review, Database database, ITasks tasks, INotices notices, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(review);
        return Answer.NoContent(await Review(id, review, database, tasks, notices, cancel));
    }

    internal static async Task<Refusal?> Review(
        CertificationApplicationId id, DocumentReview review, Database database, ITasks tasks, INotices notices, CancellationToken cancel)
    {
        var turn = await CertificationApplication.Turn(id, CasePart.DocumentReviewer, CertificationStep.ReviewDocuments, database, cancel);
        if (turn.Refusal is { } refused)
        {
            return refused;
        }

        var (application, next) = turn.Value!;

        var (answers, findings) = (review.Answers ?? [], review.Findings ?? []);
        if (await Checklist.Refuse(application, CaseTask.Documents, review.Accepted, answers, findings, database, cancel) is { } malformed)
        {
            return malformed;
        }

        if (!await Findings.GoOn(application, next, CasePart.DocumentReviewer, findings, new DocumentsReviewed(id, review.Accepted), CaseTask.Documents,
            database, tasks, notices, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        await database.Execute($"""
            insert into certification.document_review (application, answers, accepted, reason)
            values ({id}, {Event.Text(answers)}, {review.Accepted}, {review.Reason})
            """, cancel);
        return null;
    }
}
