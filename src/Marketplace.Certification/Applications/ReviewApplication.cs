using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>The reviewer's recommendation.</summary>
/// <param name="RecommendGrant">True recommends to grant, false to refuse.</param>
/// <param name="Reason">3 to 2000 characters.</param>
public sealed record ApplicationReview(bool RecommendGrant, [TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>POST /v1/applications/{id}/review.</summary>
public static class ReviewApplication
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapPost("/{id}/review", Handle).WithName("reviewApplication").InPersonOnly().Requires(Role.Reviewer).Moves();

    /// <summary>Recommend to grant or refuse.</summary>
    /// <remarks>409 `wrong-stage`, `not-assigned`, `own-work`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        CertificationApplicationId id, ApplicationReview review, Database database, ITasks tasks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(review);
        return Answer.NoContent(await Review(id, review, database, tasks, cancel));
    }

    internal static async Task<Refusal?> Review(
        CertificationApplicationId id, ApplicationReview review, Database database, ITasks tasks, CancellationToken cancel)
    {
        var turn = await CertificationApplication.Turn(id, CasePart.Reviewer, CertificationStep.Recommend, database, cancel);
        if (turn.Refusal is { } refused)
        {
            return refused;
        }

        var (application, next) = turn.Value!;

        if (!await application.Move(next, Sql.Of($""), new ApplicationReviewed(id, review.RecommendGrant), database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        await database.Execute($"""
            insert into certification.review (application, recommend_grant, reason) values ({id}, {review.RecommendGrant}, {review.Reason})
            """, cancel);
        await CaseWork.Hand(application, [CaseTask.Review], CaseTask.Decide, application.DecisionMaker, database, tasks, cancel);
        return null;
    }
}
