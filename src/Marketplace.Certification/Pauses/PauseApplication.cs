using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Why a case stands still; there is no other reason.</summary>
[DatabaseEnum("certification.pause_reason")]
public enum PauseReason
{
    /// <summary>The applicant has to do something first.</summary>
    WaitingForApplicant,

    /// <summary>Weather, roads, war: nobody's fault.</summary>
    ForceMajeure,

    /// <summary>A quarantine was ordered.</summary>
    QuarantineOrder,

    /// <summary>Equipment of the laboratory failed.</summary>
    LaboratoryEquipmentFailure,
}

/// <summary>A pause of a case.</summary>
/// <param name="Reason">The coded reason.</param>
/// <param name="Evidence">What shows it: number and date of the order, the fault report, the letter; 3 to 2000 characters.</param>
/// <param name="Files">Hashes of at most 10 files attached to this case that show it; none when absent.</param>
public sealed record CasePause(
    PauseReason Reason, [TextLength(2000, MinimumLength = 3)] string Evidence, [MaxLength(10)] IReadOnlyList<string>? Files = null);

/// <summary>POST /v1/applications/{id}/pauses.</summary>
public static class PauseApplication
{
    internal static void Map(RouteGroupBuilder applications) => applications.MapPost("/{id}/pauses", Handle).WithName("pauseApplication")
        .Requires(Roles).Moves();

    /// <summary>Whoever may have a case now, and the quality manager.</summary>
    internal static readonly string[] Roles =
    [
        Role.IntakeOfficer, Role.DocumentReviewer, Role.Sampler, Role.LaboratoryAnalyst, Role.LaboratorySupervisor, Role.Reviewer, Role.DecisionMaker,
        Role.QualityManager,
    ];

    /// <summary>Pause a case you have now, or as the quality manager any case of your body.</summary>
    /// <remarks>The deadline of its task stands still and nothing escalates, is done or decided until it is resumed; a withdrawal ends it.
    /// 409 `already-paused`, `unknown-file` for a file that is not attached to this case, `wrong-stage`, `not-assigned`, `own-work`, `quality-apart`,
    /// `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        CertificationApplicationId id, CasePause pause, Database database, ITasks tasks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(pause);
        return Answer.NoContent(await Pause(id, pause, database, tasks, cancel));
    }

    internal static async Task<Refusal?> Pause(CertificationApplicationId id, CasePause pause, Database database, ITasks tasks, CancellationToken cancel)
    {
        if (await CertificationApplication.FindInCare(id, database, cancel) is not { } application)
        {
            return Refusal.NotFound;
        }

        if (await OnlyInCharge(application, database, cancel) is { } refused)
        {
            return refused;
        }

        if (!application.IsOpen)
        {
            return application.WrongStage();
        }

        if (!await application.Move(application.Stage, Sql.Of($""), new ApplicationPaused(id, pause.Reason), database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        await database.Execute($"""
            with paused as (
                insert into certification.pause (application, number, reason, evidence)
                select {id}, count(*) + 1, {pause.Reason}, {pause.Evidence} from certification.pause where application = {id}
                returning application, number)
            insert into certification.pause_file (application, number, hash)
            select distinct application, number, unnest({(pause.Files ?? []).ToArray()}) from paused
            """, cancel);
        await tasks.Pause(id.Value, cancel);
        return null;
    }

    /// <summary>Refuses everybody but the person the case waits for and the quality manager of its body.</summary>
    internal static async Task<Refusal?> OnlyInCharge(CertificationApplication application, Database database, CancellationToken cancel)
    {
        if (database.Actor.Roles.Contains(Role.QualityManager) && database.Actor.Organisation == application.Body?.Value)
        {
            return null;
        }

        return await CaseWork.Now(application, database, cancel) is { Part: not CasePart.Producer } now
            ? await application.OnlyFor(now.Part, database, cancel)
            : CaseWork.NotAssigned;
    }
}
