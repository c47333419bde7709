using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Whether a correction does.</summary>
/// <param name="Accepted">True settles the non-conformity, false asks for another correction.</param>
/// <param name="Reason">Why it does not; 3 to 2000 characters, needed then.</param>
public sealed record CorrectionVerdict(bool Accepted, [TextLength(2000, MinimumLength = 3)] string? Reason = null);

/// <summary>POST /v1/applications/{id}/nonconformities/{number}/verification.</summary>
public static class VerifyCorrection
{
    internal static void Map(RouteGroupBuilder applications) => applications.MapPost("/{id}/nonconformities/{number}/verification", Handle)
        .WithName("verifyCorrection").Requires(Role.DocumentReviewer, Role.Sampler, Role.Reviewer).Moves();

    /// <summary>Verify the correction of a non-conformity your part found.</summary>
    /// <param name="id">The application.</param>
    /// <param name="number">Number of the non-conformity in its case, 1 or more.</param>
    /// <param name="verdict">The outcome.</param>
    /// <remarks>When the last major one is settled the case goes on where it was. Turned down after its term, the case goes to the decision, which
    /// then can only refuse. 400 `verdict-reason`; 409 `no-correction`, `not-assigned`, `own-work`, `case-paused`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        CertificationApplicationId id, int number, CorrectionVerdict verdict, Database database, ITasks tasks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return Answer.NoContent(await Verify(id, number, verdict, database, tasks, cancel));
    }

    internal static async Task<Refusal?> Verify(
        CertificationApplicationId id, int number, CorrectionVerdict verdict, Database database, ITasks tasks, CancellationToken cancel)
    {
        if (!verdict.Accepted && verdict.Reason is null)
        {
            return Refusal.Invalid("#/reason", "verdict-reason", "Say why the correction does not do.");
        }

        if (await CertificationApplication.FindInCare(id, database, cancel) is not { } application)
        {
            return Refusal.NotFound;
        }

        var all = await Nonconformity.Of(id, database, cancel);
        if (all.Find(one => one.Number == number) is not { } found)
        {
            return Refusal.NotFound;
        }

        if (await application.OnlyFor(found.Part, database, cancel) is { } refused)
        {
            return refused;
        }

        if (!found.Pending || (found.Stops && application.Stage != CertificationStage.NonconformityOpen))
        {
            return new Refusal("no-correction", "There is no correction to verify.");
        }

        await database.Execute($"""
            insert into certification.correction_check (nonconformity, correction, application, accepted, reason)
            values ({found.Id}, {found.Correction}, {id}, {verdict.Accepted}, {verdict.Reason})
            """, cancel);
        var happened = new CorrectionVerified(id, number, verdict.Accepted);
        if (!found.Stops)
        {
            return await Stay(application, happened, found, verdict.Accepted, database, tasks, cancel);
        }

        if (!verdict.Accepted && found.DueNow <= application.Now)
        {
            return await CaseWork.GoOn(application, CertificationApplication.Next(application.Stage, CertificationStep.Lapse)!.Value, Sql.Of($""),
                happened, [CaseTask.Correct, CaseTask.Verify], database, tasks, cancel) ? null : Refusal.ChangedMeanwhile;
        }

        var others = all.Where(one => one.Stops && one != found).ToList();
        if (verdict.Accepted && others.Count == 0)
        {
            return await CaseWork.GoOn(application, CertificationApplication.Next(application.Stage, CertificationStep.Resume)!.Value, Sql.Of($""),
                happened, [CaseTask.Correct, CaseTask.Verify], database, tasks, cancel) ? null : Refusal.ChangedMeanwhile;
        }

        if (await Stay(application, happened, found, verdict.Accepted, database, tasks, cancel) is { } changed)
        {
            return changed;
        }

        await CaseWork.Hand(application, others.Exists(one => one.Pending) ? [] : [CaseTask.Verify], null, null, database, tasks, cancel);
        return null;
    }

    /// <summary>The case stays where it is; what was turned down goes back to the producer.</summary>
    private static async Task<Refusal?> Stay(
        CertificationApplication application, CorrectionVerified happened, Nonconformity found, bool accepted, Database database, ITasks tasks,
        CancellationToken cancel)
    {
        if (!await application.Move(application.Stage, Sql.Of($""), happened, database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        if (!accepted)
        {
            var again = found.Severity == NonconformitySeverity.Minor ? CaseTask.PlanCorrection : CaseTask.Correct;
            await CaseWork.Hand(application, [], again, application.FiledBy, database, tasks, cancel, found.DueNow);
        }

        return null;
    }
}
