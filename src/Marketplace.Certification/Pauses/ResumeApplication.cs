using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/applications/{id}/resumption.</summary>
public static class ResumeApplication
{
    internal static void Map(RouteGroupBuilder applications) => applications.MapPost("/{id}/resumption", Handle).WithName("resumeApplication")
        .Requires(PauseApplication.Roles).Moves();

    /// <summary>End the pause of a case you have now, or as the quality manager of any case of your body.</summary>
    /// <remarks>Deadlines move by the working time paused, the term of a correction by the calendar time.
    /// 409 `not-paused`, `not-assigned`, `own-work`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        CertificationApplicationId id, Database database, ITasks tasks, CancellationToken cancel) =>
        Answer.NoContent(await Resume(id, database, tasks, cancel));

    internal static async Task<Refusal?> Resume(CertificationApplicationId id, Database database, ITasks tasks, CancellationToken cancel)
    {
        if (await CertificationApplication.FindInCare(id, database, cancel) is not { } application)
        {
            return Refusal.NotFound;
        }

        if (await PauseApplication.OnlyInCharge(application, database, cancel) is { } refused)
        {
            return refused;
        }

        if (!await application.Move(application.Stage, Sql.Of($""), new ApplicationResumed(id), database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        if (await database.Execute($"update certification.pause set ended_at = kernel.now() where application = {id} and ended_at is null", cancel) == 0)
        {
            return new Refusal("not-paused", "The case is not paused.");
        }

        await tasks.Resume(id.Value, cancel);

        // A correction has calendar days: its task ends with its term, not by the working time.
        var open = (await tasks.Of(id.Value, cancel)).Select(task => task.Kind).ToHashSet();
        var terms = await database.List<Term>($"""
            select severity, min(due_now) as due from certification.nonconformity_now
             where application = {id} and severity <> 'critical' and not settled and not pending group by severity
            """, cancel);
        foreach (var (severity, due) in terms)
        {
            var task = severity == NonconformitySeverity.Major ? CaseTask.Correct : CaseTask.PlanCorrection;
            if (open.Contains(task))
            {
                await CaseWork.Hand(application, [], task, application.FiledBy, database, tasks, cancel, due);
            }
        }

        return null;
    }

    private sealed record Term(NonconformitySeverity Severity, DateTimeOffset Due);
}
