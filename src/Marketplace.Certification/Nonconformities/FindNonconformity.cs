using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/applications/{id}/nonconformities.</summary>
public static class FindNonconformity
{
    internal static void Map(RouteGroupBuilder applications) => applications.MapPost("/{id}/nonconformities", Handle)
        .WithName("findNonconformity").Requires(Role.DocumentReviewer, Role.Sampler, Role.Reviewer).Moves();

    /// <summary>Record a non-conformity found in a case you have now, before its step is done.</summary>
    /// <remarks>A minor one needs a plan of correction and the case goes on; a major one stops it until corrected; a critical one takes it to the
    /// decision, which then can only refuse. 409 `wrong-stage`, `not-assigned`, `own-work`, `case-paused`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        CertificationApplicationId id, NonconformityFinding finding, Database database, ITasks tasks, INotices notices, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(finding);
        return Answer.NoContent(await Find(id, finding, database, tasks, notices, cancel));
    }

    internal static async Task<Refusal?> Find(
        CertificationApplicationId id, NonconformityFinding finding, Database database, ITasks tasks, INotices notices, CancellationToken cancel)
    {
        if (await CertificationApplication.FindInCare(id, database, cancel) is not { } application)
        {
            return Refusal.NotFound;
        }

        if (CertificationApplication.Next(application.Stage, CertificationStep.FindMajor) is null)
        {
            return application.WrongStage();
        }

        // Who has the case finds: what a step waits for says whose part it is.
        var task = CaseTask.Of(application.Stage)!;
        var part = CaseTask.PartOf(task)!.Value;
        if (await application.OnlyFor(part, database, cancel) is { } refused)
        {
            return refused;
        }

        return await Findings.GoOn(application, application.Stage, part, [finding], new NonconformityFound(id, finding.Severity), task, database, tasks, notices, cancel)
            ? null
            : Refusal.ChangedMeanwhile;
    }
}
