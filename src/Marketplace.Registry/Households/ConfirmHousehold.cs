using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Households;

/// <summary>The rural district confirms a household.</summary>
public static class ConfirmHousehold
{
    internal static void Map(RouteGroupBuilder households) => households.MapPost("/{id}/confirmation", Handle).WithName("confirmHousehold").InPersonOnly()
        .Requires(Role.OkrugAkim, Role.DistrictOfficer, Role.ProjectOfficer).Moves();

    /// <summary>Confirm a household of your territory.</summary>
    /// <remarks>404 `not-found` outside your territory; 409 `wrong-stage` unless it waits or passed in silence; 409 `own-household` for your
    /// own or one you registered; 409 `changed-meanwhile` when another decision won.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        HouseholdId id, Database database, ITasks tasks, INotices notices, CancellationToken cancel) =>
        Answer.NoContent(await Confirm(id, database, tasks, notices, cancel));

    internal static async Task<Refusal?> Confirm(HouseholdId id, Database database, ITasks tasks, INotices notices, CancellationToken cancel)
    {
        if (await Household.InDutyOf(database, id, cancel) is not { } household)
        {
            return Refusal.NotFound;
        }

        if (Household.Next(household.Stage, HouseholdStep.Confirm) is not { } next)
        {
            return Household.WrongStage;
        }

        // own-household is the table's constraint: its name is the refusal's code, so no path can forget it.
        var happened = new HouseholdConfirmed(id, household.Village);
        var moved = await database.Execute($"""
            with moved as (
                update registry.household
                   set stage = {next}, reasons = array[]::text[], decided_by = {database.Actor.Person}, decided_at = kernel.now(), silent_until = null,
                       version = version + 1
                 where id = {id} and version = {household.Version}
                returning id)
            select kernel.append(id, {nameof(HouseholdConfirmed)}, {Event.Text(happened)}) from moved
            """, cancel);
        if (moved != 1)
        {
            return Refusal.ChangedMeanwhile;
        }

        await tasks.Close(id.Value, Verification.Confirm, cancel);
        await notices.Send(
            [new Notice("household-confirmed", new Dictionary<string, string> { ["number"] = household.Number }, household.Head, Language: household.Language)],
            cancel);
        return null;
    }
}
