using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A sample taken of a lot.</summary>
/// <param name="TakenAt">When; not later than now, not earlier than 30 days before the lot is ready.</param>
/// <param name="Quantity">How much was taken; one or more.</param>
/// <param name="SealNumber">Number of the seal, 3 to 40 characters, never used before.</param>
/// <param name="Laboratory">The laboratory it goes to; only the one of this case, which is the default.</param>
/// <param name="Place">Where, at most 200 characters.</param>
public sealed record SampleTaking(
    DateTimeOffset TakenAt, Quantity Quantity, [StringLength(40, MinimumLength = 3)] string SealNumber, OrganisationId? Laboratory = null,
    [StringLength(200)] string? Place = null);

/// <summary>POST /v1/applications/{id}/samples.</summary>
public static class TakeSample
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapPost("/{id}/samples", Handle).WithName("takeSample").Requires(Role.Sampler).Moves();

    /// <summary>Record a sample; a further one supersedes it while nothing is approved.</summary>
    /// <remarks>409 `sample-in-future`, `sample-too-old`, `seal-used`, `wrong-stage`, `not-assigned`, `own-work`, `changed-meanwhile`;
    /// 400 `wrong-laboratory`, `no-quantity`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        CertificationApplicationId id, SampleTaking sample, Database database, ITasks tasks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return Answer.NoContent(await Take(id, sample, database, tasks, cancel));
    }

    internal static async Task<Refusal?> Take(
        CertificationApplicationId id, SampleTaking sample, Database database, ITasks tasks, CancellationToken cancel)
    {
        if (await CertificationApplication.FindInCare(id, database, cancel) is not { } application)
        {
            return Refusal.NotFound;
        }

        if (await application.OnlyFor(CasePart.Sampler, database, cancel) is { } refused)
        {
            return refused;
        }

        if (CertificationApplication.Next(application.Stage, CertificationStep.TakeSample) is not { } next)
        {
            return application.WrongStage();
        }

        if (sample.Quantity.Amount < 1)
        {
            return Refusal.Invalid("#/quantity", "no-quantity", "A sample has a quantity.");
        }

        if (sample.Laboratory is { } named && named != application.Laboratory)
        {
            return Refusal.Invalid("#/laboratory", "wrong-laboratory", "The sample goes to the laboratory of this case.");
        }

        // The case's row is locked by the move, so two samples at once do not get one number.
        var taken = Guid.CreateVersion7();
        if (!await application.Move(next, Sql.Of($""), new SampleTaken(id, taken, sample.TakenAt), database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        await database.Execute($"""
            insert into certification.sample (id, application, number, taken_at, amount, unit, seal_number, place)
            select {taken}, {id}, count(*) + 1, {sample.TakenAt}, {sample.Quantity.Amount}, {sample.Quantity.Unit}, {sample.SealNumber}, {sample.Place}
              from certification.sample where application = {id}
            """, cancel);
        string[] close = application.Stage == CertificationStage.Sampling ? [CaseTask.Sample] : [CaseTask.Enter, CaseTask.Approve];
        await CaseWork.Hand(application, close, CaseTask.Enter, application.Analyst, database, tasks, cancel);
        return null;
    }
}
