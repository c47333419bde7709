using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>What was done about a non-conformity; for a minor one, what will be done.</summary>
/// <param name="Text">3 to 2000 characters.</param>
public sealed record NonconformityCorrection([TextLength(2000, MinimumLength = 3)] string Text);

/// <summary>POST /v1/applications/{id}/nonconformities/{number}/corrections.</summary>
public static class CorrectNonconformity
{
    internal static void Map(RouteGroupBuilder applications) => applications.MapPost("/{id}/nonconformities/{number}/corrections", Handle)
        .WithName("correctNonconformity").RequiresSignIn().Moves();

    /// <summary>Answer a non-conformity with its correction.</summary>
    /// <param name="id">The application.</param>
    /// <param name="number">Number of the non-conformity in its case, 1 or more.</param>
    /// <param name="correction">What was done.</param>
    /// <remarks>404 for a household you may not act for; 409 `wrong-stage` when it is settled, critical or answered already;
    /// 409 `correction-overdue`, `own-work`, `case-paused`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        CertificationApplicationId id, int number, NonconformityCorrection correction, Database database, IHouseholds households, ITasks tasks,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(correction);
        return Answer.NoContent(await Correct(id, number, correction, database, households, tasks, cancel));
    }

    internal static async Task<Refusal?> Correct(
        CertificationApplicationId id, int number, NonconformityCorrection correction, Database database, IHouseholds households, ITasks tasks,
        CancellationToken cancel)
    {
        if (await CertificationApplication.Find(id, database, cancel) is not { } application)
        {
            return Refusal.NotFound;
        }

        var acting = await households.ToActFor(application.Household, cancel);
        if (acting.Refusal is { } stranger)
        {
            return stranger;
        }

        var all = await Nonconformity.Of(id, database, cancel);
        if (all.Find(one => one.Number == number) is not { } found)
        {
            return Refusal.NotFound;
        }

        // wrong-stage and correction-overdue are the table's trigger: no path can forget them.
        if (!await application.Move(application.Stage, Sql.Of($""), new NonconformityCorrected(id, number), database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        await database.Execute($"""
            insert into certification.correction (nonconformity, number, application, text)
            values ({found.Id}, {(found.Correction ?? 0) + 1}, {id}, {correction.Text})
            """, cancel);
        var others = all.Where(one => one != found && one.Severity == found.Severity && !one.Settled && !one.Pending);
        if (found.Severity == NonconformitySeverity.Minor)
        {
            await CaseWork.Hand(application, others.Any() ? [] : [CaseTask.PlanCorrection], null, null, database, tasks, cancel);
            return null;
        }

        await CaseWork.Hand(application, others.Any() ? [] : [CaseTask.Correct], CaseTask.Verify, application.Assigned(found.Part), database, tasks, cancel);
        return null;
    }
}
