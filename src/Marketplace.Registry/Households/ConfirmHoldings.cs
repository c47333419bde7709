using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Households;

/// <summary>A confirmation of what a household farms with.</summary>
/// <param name="Number">Number of the declaration that was looked at: the last one, as the household shows it.</param>
public sealed record HoldingsConfirmation(int Number);

/// <summary>The rural district confirms what a household farms with.</summary>
public static class ConfirmHoldings
{
    internal static void Map(RouteGroupBuilder households) => households.MapPost("/{id}/holdings/confirmation", Handle).WithName("confirmHoldings").InPersonOnly()
        .Requires(Role.OkrugAkim, Role.DistrictOfficer).Moves();

    /// <summary>Confirm the last declaration of a household's plots and animals by the household book.</summary>
    /// <remarks>404 `not-found` outside your territory or when nothing was declared; 409 `own-household` for your own, one you registered or
    /// declared for; 409 `changed-meanwhile` when it declared anew. Confirming again changes nothing.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        HouseholdId id, HoldingsConfirmation confirmation, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(confirmation);
        return Answer.NoContent(await Confirm(id, confirmation.Number, database, cancel));
    }

    internal static async Task<Refusal?> Confirm(HouseholdId id, int number, Database database, CancellationToken cancel)
    {
        if (await Household.InDutyOf(database, id, cancel) is null)
        {
            return Refusal.NotFound;
        }

        // One after the other with declarations: what is confirmed is what was looked at.
        await database.Execute($"select from registry.household where id = {id} for no key update", cancel);
        var last = await database.Value<int>($"select coalesce(max(number), 0) from registry.holding where household = {id}", cancel);
        if (last == 0)
        {
            return Refusal.NotFound;
        }

        if (last != number)
        {
            return Refusal.ChangedMeanwhile;
        }

        // own-household is the table's trigger.
        await database.Execute($"""
            with confirmed as (
                update registry.holding set confirmed_by = coalesce(confirmed_by, {database.Actor.Person})
                 where household = {id} and number = {number} returning household)
            select kernel.append(household, {nameof(HoldingsConfirmed)}, {Event.Text(new HoldingsConfirmed(id))}) from confirmed limit 1
            """, cancel);
        return null;
    }
}
