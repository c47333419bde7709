using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Households;

/// <summary>What is missing of a household's registration.</summary>
/// <param name="Reasons">1 to 10 plain sentences of 3 to 200 characters, told to the household. The list is complete: nothing is asked for one by one.</param>
public sealed record HouseholdReturn([MinLength(1), MaxLength(10)] IReadOnlyList<string> Reasons) : IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        (Reasons ?? []).Any(reason => reason?.Trim().Length is not (>= 3 and <= 200))
            ? [new ValidationResult("A reason has 3 to 200 characters.", [nameof(Reasons)])]
            : [];
}

/// <summary>The rural district sends a household back with the full list of what is missing.</summary>
public static class ReturnHousehold
{
    internal static void Map(RouteGroupBuilder households) => households.MapPost("/{id}/return", Handle).WithName("returnHousehold")
        .Requires(Role.OkrugAkim, Role.DistrictOfficer, Role.ProjectOfficer).Moves();

    /// <summary>Return a household of your territory with what is missing.</summary>
    /// <remarks>It lapses unless it is sent again within 30 days. 404 `not-found` outside your territory; 409 `wrong-stage` unless it waits or
    /// passed in silence; 409 `own-household` for your own or one you registered; 409 `changed-meanwhile` when another decision won.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        HouseholdId id, HouseholdReturn missing, Database database, ITasks tasks, INotices notices, CancellationToken cancel) =>
        Answer.NoContent(await Return(id, missing, database, tasks, notices, cancel));

    internal static async Task<Refusal?> Return(
        HouseholdId id, HouseholdReturn missing, Database database, ITasks tasks, INotices notices, CancellationToken cancel)
    {
        if (await Household.InDutyOf(database, id, cancel) is not { } household)
        {
            return Refusal.NotFound;
        }

        if (Household.Next(household.Stage, HouseholdStep.Return) is not { } next)
        {
            return Household.WrongStage;
        }

        string[] reasons = [.. missing.Reasons.Select(reason => reason.Trim())];
        var happened = new HouseholdReturned(id, household.Village);
        var moved = await database.Execute($"""
            with moved as (
                update registry.household
                   set stage = {next}, reasons = {reasons}, decided_by = {database.Actor.Person}, decided_at = kernel.now(),
                       silent_until = kernel.now() + interval '30 days', version = version + 1
                 where id = {id} and version = {household.Version}
                returning id)
            select kernel.append(id, {nameof(HouseholdReturned)}, {Event.Text(happened)}) from moved
            """, cancel);
        if (moved != 1)
        {
            return Refusal.ChangedMeanwhile;
        }

        await tasks.Close(id.Value, Verification.Confirm, cancel);
        await notices.Send(
            [
                new Notice(
                    "household-returned", new Dictionary<string, string> { ["number"] = household.Number, ["reasons"] = string.Join("; ", reasons) },
                    household.Head, Language: household.Language),
            ],
            cancel);
        return null;
    }
}
