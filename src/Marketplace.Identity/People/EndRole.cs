using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Identity.People;

/// <summary>Ends a person's role; what was done under it stays.</summary>
public static class EndRole
{
    internal static void Map(RouteGroupBuilder people) =>
        people.MapDelete("/{id}/roles/{role}", Handle).WithName("endRole").Requires(stepUp: true, Role.PlatformAdministrator);

    /// <summary>End a role of a person, on every instance at once.</summary>
    /// <remarks>404 when the person does not hold it.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(PersonId id, string role, Database database, CancellationToken cancel)
    {
        var ended = await database.Execute($"""
            with ended as (
                update identity.role_assignment set valid_until = kernel.now()
                 where person_id = {id} and role = {role} and (valid_until is null or valid_until > kernel.now())
                returning person_id)
            update identity.person set stamp = stamp + 1 where id in (select person_id from ended)
            """, cancel);
        return Answer.NoContent(ended == 0 ? Refusal.NotFound : null);
    }
}
