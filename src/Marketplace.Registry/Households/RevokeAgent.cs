using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Households;

/// <summary>A household takes its consent to an agent back.</summary>
public static class RevokeAgent
{
    internal static void Map(RouteGroupBuilder households) =>
        households.MapPost("/{id}/agents/{agent}/revocation", Handle).WithName("revokeAgent").InPersonOnly().RequiresSignIn().Moves();

    /// <summary>End an agent's consent at once.</summary>
    /// <remarks>404 `not-found` unless you head the household and the person is its agent.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        HouseholdId id, PersonId agent, Database database, CancellationToken cancel) => Answer.NoContent(await Revoke(id, agent, database, cancel));

    internal static async Task<Refusal?> Revoke(HouseholdId id, PersonId agent, Database database, CancellationToken cancel)
    {
        var happened = new AgentRevoked(id, agent);
        var ended = await database.Execute($"""
            with ended as (
                update registry.household_agent a set revoked_at = kernel.now()
                  from registry.household h
                 where h.id = a.household and h.id = {id} and h.head = {database.Actor.Person} and a.agent = {agent} and a.revoked_at is null
                returning h.id)
            select kernel.append(id, {nameof(AgentRevoked)}, {Event.Text(happened)}) from ended
            """, cancel);
        return ended == 0 ? Refusal.NotFound : null;
    }
}
