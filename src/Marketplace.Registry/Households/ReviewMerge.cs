using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Households;

/// <summary>Whether a household whose national number is known already is somebody else.</summary>
/// <param name="KeepSeparate">True: another person, it goes on to verification. False: the same person, this registration is closed.</param>
/// <param name="Reason">Why, 3 to 500 characters; kept with the household.</param>
public sealed record MergeReview(bool KeepSeparate, [TextLength(500, MinimumLength = 3)] string Reason);

/// <summary>The rural district decides about a possible second registration.</summary>
public static class ReviewMerge
{
    internal static void Map(RouteGroupBuilder households) => households.MapPost("/{id}/merge-review", Handle).WithName("reviewMerge")
        .Requires(Role.OkrugAkim, Role.DistrictOfficer, Role.ProjectOfficer).Moves();

    /// <summary>Decide whether a household in merge review is somebody else.</summary>
    /// <remarks>404 `not-found` outside your territory; 409 `wrong-stage` unless it is in merge review; 409 `own-household` for your own or one
    /// you registered; 409 `changed-meanwhile` when another decision won.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        HouseholdId id, MergeReview review, Database database, IPeople people, ITasks tasks, CancellationToken cancel) =>
        Answer.NoContent(await Review(id, review, database, people, tasks, cancel));

    internal static async Task<Refusal?> Review(
        HouseholdId id, MergeReview review, Database database, IPeople people, ITasks tasks, CancellationToken cancel)
    {
        if (await Household.InDutyOf(database, id, cancel) is not { } household)
        {
            return Refusal.NotFound;
        }

        if (Household.Next(household.Stage, review.KeepSeparate ? HouseholdStep.KeepSeparate : HouseholdStep.Merge) is not { } next)
        {
            return Household.WrongStage;
        }

        var happened = new HouseholdMergeReviewed(id, household.Village, review.KeepSeparate);
        var moved = await database.Execute($"""
            with moved as (
                update registry.household
                   set stage = {next}, kept_separate = {review.KeepSeparate}, review_reason = {review.Reason.Trim()},
                       decided_by = {database.Actor.Person}, decided_at = kernel.now(), version = version + 1
                 where id = {id} and version = {household.Version}
                returning id)
            select kernel.append(id, {nameof(HouseholdMergeReviewed)}, {Event.Text(happened)}) from moved
            """, cancel);
        if (moved != 1)
        {
            return Refusal.ChangedMeanwhile;
        }

        await tasks.Close(id.Value, Verification.Review, cancel);
        if (next == HouseholdStage.PendingVerification)
        {
            await new Verification(database, new Officers(people), tasks).Await(household with { Stage = next }, cancel);
        }

        return null;
    }
}
