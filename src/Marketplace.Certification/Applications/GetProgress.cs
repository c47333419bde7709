using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Where a case stands, in one look.</summary>
/// <param name="Number">The number people say; absent for a draft.</param>
/// <param name="Stage">Where it stands.</param>
/// <param name="Task">What is to be done now; absent for a draft and when it is over.</param>
/// <param name="Part">Whose part that is; absent when there is no task.</param>
/// <param name="Responsible">The one person who has it, also after an escalation; absent when there is no task.</param>
/// <param name="Organisation">Name of the body or laboratory that has it; absent while the producer has it.</param>
/// <param name="Until">The deadline; it stands still while paused.</param>
/// <param name="Late">True after the deadline, never while paused.</param>
/// <param name="Pause">Why the case stands still; absent while it runs.</param>
/// <param name="PausedAt">Since when it stands still.</param>
/// <param name="Missing">What the applicant still has to hand in; empty unless the case was returned.</param>
public sealed record ApplicationProgress(
    string? Number, CertificationStage Stage, string? Task, CasePart? Part, PersonId? Responsible, string? Organisation, DateTimeOffset? Until, bool Late,
    PauseReason? Pause, DateTimeOffset? PausedAt, IReadOnlyList<string> Missing);

/// <summary>GET /v1/applications/{id}/progress.</summary>
public static class GetProgress
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapGet("/{id}/progress", Handle).WithName("getApplicationProgress").RequiresSignIn();

    /// <summary>Read where an application stands, who has it and until when.</summary>
    /// <remarks>Small enough for a weak connection. 404 unless it is of your household, organisation or case.</remarks>
    public static async Task<Results<Ok<ApplicationProgress>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, Database database, ITasks tasks, IOrganisations organisations, CancellationToken cancel) =>
        Answer.Ok(await Read(id, database, tasks, organisations, cancel));

    internal static async Task<Outcome<ApplicationProgress>> Read(
        CertificationApplicationId id, Database database, ITasks tasks, IOrganisations organisations, CancellationToken cancel)
    {
        if (await CertificationApplication.FindVisible(id, database, cancel) is not { } application)
        {
            return Refusal.NotFound;
        }

        var now = await CaseWork.Now(application, database, cancel);
        var open = now is null ? null : (await tasks.Of(id.Value, cancel)).FirstOrDefault(task => task.Kind == now.Task);
        var holder = now is null || now.Part == CasePart.Producer ? null : now.Part.InLaboratory() ? application.Laboratory : application.Body;
        var name = holder is { } organisation ? (await organisations.Of([organisation], cancel)).GetValueOrDefault(organisation)?.Name : null;
        var pause = await database.Find<Paused>($"""
            select reason, started_at from certification.pause where application = {id} and ended_at is null
            """, cancel);
        var missing = application.Stage != CertificationStage.ReturnedIncomplete ? null : await database.Value<string[]>($"""
            select missing from certification.completeness where application = {id} order by number desc limit 1
            """, cancel);
        return new ApplicationProgress(application.Number, application.Stage, now?.Task, now?.Part, open?.Responsible ?? now?.Person, name, open?.Deadline,
            open is { PausedAt: null } && open.Deadline <= application.Now, pause?.Reason, pause?.StartedAt, missing ?? []);
    }

    private sealed record Paused(PauseReason Reason, DateTimeOffset StartedAt);
}
