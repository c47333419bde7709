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
/// <param name="Quantity">How much was taken, the retained part included; one or more.</param>
/// <param name="SealNumber">Number of the seal, 3 to 40 characters, never used before.</param>
/// <param name="Laboratory">The laboratory it goes to; only the one of this case, which is the default.</param>
/// <param name="Place">Where, at most 200 characters.</param>
/// <param name="Latitude">Degrees north, -90 to 90; together with the longitude.</param>
/// <param name="Longitude">Degrees east, -180 to 180; together with the latitude.</param>
/// <param name="Increments">From how many places of the lot, 1 to 1000; 1 by default.</param>
/// <param name="PhotoHash">SHA-256 of a photo, 64 hexadecimal digits in small letters.</param>
/// <param name="AcknowledgedBy">The producer's acknowledgement: a name or the code read out, 2 to 100 characters.</param>
/// <param name="Retained">The part kept under its own seal for a second opinion.</param>
public sealed record SampleTaking(
    DateTimeOffset TakenAt, Quantity Quantity, [TextLength(40, MinimumLength = 3)] string SealNumber, OrganisationId? Laboratory = null,
    [TextLength(200)] string? Place = null,
    [Range(typeof(decimal), "-90", "90", ParseLimitsInInvariantCulture = true)] decimal? Latitude = null,
    [Range(typeof(decimal), "-180", "180", ParseLimitsInInvariantCulture = true)] decimal? Longitude = null,
    [Range(1, 1000)] int Increments = 1, [RegularExpression("^[0-9a-f]{64}$")] string? PhotoHash = null,
    [TextLength(100, MinimumLength = 2)] string? AcknowledgedBy = null, RetainedPart? Retained = null);

/// <summary>POST /v1/applications/{id}/samples.</summary>
public static class TakeSample
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapPost("/{id}/samples", Handle).WithName("takeSample").Requires(Role.Sampler).Moves();

    /// <summary>Record a sample; a further one supersedes it while nothing is approved.</summary>
    /// <remarks>409 `sample-in-future`, `sample-too-old`, `seal-used`, `retained-too-much`, `retained-missing`, `sample-too-small`, `too-few-increments`
    /// by what the scheme and the plan ask for; 409 `wrong-stage`, `not-assigned`, `own-work`,
    /// `changed-meanwhile`; 400 `wrong-laboratory`, `no-quantity`, `half-position`, `wrong-unit`.</remarks>
    public static async Task<Results<Ok<SampleDetails>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, SampleTaking sample, Database database, ITasks tasks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return Answer.Ok(await Take(id, sample, database, tasks, cancel));
    }

    internal static async Task<Outcome<SampleDetails>> Take(
        CertificationApplicationId id, SampleTaking sample, Database database, ITasks tasks, CancellationToken cancel)
    {
        var turn = await CertificationApplication.Turn(id, CasePart.Sampler, CertificationStep.TakeSample, database, cancel);
        if (turn.Refusal is { } refused)
        {
            return refused;
        }

        var (application, next) = turn.Value!;

        if (Malformed(sample, application) is { } malformed)
        {
            return malformed;
        }

        // The case's row is locked by the move, so two samples at once do not get one number.
        var taken = SampleId.New();
        if (!await application.Move(next, Sql.Of($""), new SampleTaken(id, taken, sample.TakenAt), database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        await database.Execute($"""
            insert into certification.sample (id, application, number, taken_at, amount, unit, seal_number, place, latitude, longitude, increments, photo_hash,
                   acknowledged_by, retained_amount, retained_seal)
            select {taken}, {id}, count(*) + 1, {sample.TakenAt}, {sample.Quantity.Amount}, {sample.Quantity.Unit}, {sample.SealNumber}, {sample.Place},
                   {sample.Latitude}, {sample.Longitude}, {sample.Increments}, {sample.PhotoHash}, {sample.AcknowledgedBy},
                   {sample.Retained?.Quantity.Amount}, {sample.Retained?.SealNumber}
              from certification.sample where application = {id}
            """, cancel);
        string[] close = application.Stage == CertificationStage.Sampling ? [CaseTask.Sample] : [CaseTask.Sample, CaseTask.Enter, CaseTask.Approve];
        await CaseWork.Hand(application, close, CaseTask.Enter, application.Analyst, database, tasks, cancel);
        return (await SampleDetails.Of(Sql.Of($"id = {taken}"), database, cancel))[0];
    }

    private static Refusal? Malformed(SampleTaking sample, CertificationApplication application)
    {
        if (sample.Quantity.Amount < 1 || sample.Retained is { Quantity.Amount: < 1 })
        {
            return Refusal.Invalid("#/quantity", "no-quantity", "A sample has a quantity.");
        }

        if (sample.Retained is { } retained && retained.Quantity.Unit != sample.Quantity.Unit)
        {
            return Refusal.Invalid("#/retained/quantity/unit", "wrong-unit", $"The sample is measured in {sample.Quantity.Unit}.");
        }

        if (sample.Latitude is null != sample.Longitude is null)
        {
            return Refusal.Invalid("#/longitude", "half-position", "Latitude and longitude belong together.");
        }

        return sample.Laboratory is { } named && named != application.Laboratory
            ? Refusal.Invalid("#/laboratory", "wrong-laboratory", "The sample goes to the laboratory of this case.")
            : null;
    }
}
