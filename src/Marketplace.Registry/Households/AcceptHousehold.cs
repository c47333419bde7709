using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Households;

/// <summary>A co-operative accepts to be a household's applicant of record.</summary>
public static class AcceptHousehold
{
    internal static void Map(RouteGroupBuilder households) => households.MapPost("/{id}/applicant-acceptance", Handle).WithName("acceptHousehold")
        .InPersonOnly().Requires(Role.CooperativeManager).Moves();

    /// <summary>Accept a household that named your co-operative as its applicant of record.</summary>
    /// <remarks>Only then may an application name the co-operative. It lasts until the household chooses another applicant or none; whoever accepted
    /// ends it by choosing none for it. The same again changes nothing. 404 `not-found` unless the household named your co-operative.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(HouseholdId id, Database database, CancellationToken cancel) =>
        Answer.NoContent(await Accept(id, database, cancel));

    internal static async Task<Refusal?> Accept(HouseholdId id, Database database, CancellationToken cancel)
    {
        if (!await database.Value<bool>($"""
            select exists (select from registry.household where id = {id} and stage <> 'closed' and applicant = {database.Actor.Organisation})
            """, cancel))
        {
            return Refusal.NotFound;
        }

        // The applicant once more in the WHERE: the household may have left at the same moment.
        var happened = new ApplicantAccepted(id, OrganisationId.From(database.Actor.Organisation!.Value));
        await database.Execute($"""
            with moved as (
                update registry.household set applicant_accepted_by = {database.Actor.Person}, version = version + 1
                 where id = {id} and applicant = {database.Actor.Organisation} and applicant_accepted_by is null returning id)
            select kernel.append(id, {nameof(ApplicantAccepted)}, {Event.Text(happened)}) from moved
            """, cancel);
        return null;
    }
}
