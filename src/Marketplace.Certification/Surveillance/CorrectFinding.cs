using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>What the producer did about a finding of a surveillance visit.</summary>
/// <param name="Text">In own words; 3 to 2000 characters.</param>
public sealed record FindingCorrection([TextLength(2000, MinimumLength = 3)] string Text);

/// <summary>POST /v1/surveillance-visits/{id}/findings/{number}/corrections.</summary>
public static class CorrectFinding
{
    internal static void Map(RouteGroupBuilder visits) =>
        visits.MapPost("/{id:guid}/findings/{number}/corrections", Handle).WithName("correctFinding").RequiresSignIn().Moves();

    /// <summary>Say how a finding of a surveillance visit was corrected.</summary>
    /// <remarks>For the household's side, within the term. 409 `nothing-to-correct` for a critical finding, one that is settled or one whose last
    /// correction waits to be verified; 409 `correction-overdue`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, int number, FindingCorrection correction, Database database, IHouseholds households, ITasks tasks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(correction);
        return Answer.NoContent(await Correct(id, number, correction.Text, database, households, tasks, cancel));
    }

    internal static async Task<Refusal?> Correct(
        Guid id, int number, string text, Database database, IHouseholds households, ITasks tasks, CancellationToken cancel)
    {
        var own = await SurveillanceVisit.ForProducer(id, database, households, cancel);
        if (own.Refusal is { } stranger)
        {
            return stranger;
        }

        if (!await database.Value<bool>($"""
            select exists (select from certification.surveillance_finding where surveillance = {id} and number = {number})
            """, cancel))
        {
            return Refusal.NotFound;
        }

        // What waits, what is over and whose it is: the table's trigger, one after the other on one visit.
        await database.Execute($"select from certification.surveillance where id = {id} for no key update", cancel);
        await database.Execute($"""
            with corrected as (
                insert into certification.surveillance_correction (surveillance, finding, number, text)
                select {id}, {number}, count(*) + 1, {text} from certification.surveillance_correction where surveillance = {id} and finding = {number}
                returning surveillance)
            select kernel.append(surveillance, {nameof(FindingCorrected)}, {Event.Text(new FindingCorrected(id, number))}) from corrected
            """, cancel);
        await VerifyFinding.Hand(own.Value!, database, households, tasks, cancel);
        return null;
    }
}
