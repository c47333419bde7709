using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Identity.People;

/// <summary>A role proposed for a person.</summary>
/// <param name="Id">The proposal.</param>
/// <param name="Person">Who is to have it.</param>
/// <param name="Role">The role.</param>
/// <param name="Organisation">Where it is held.</param>
/// <param name="Territory">The territory of duty.</param>
/// <param name="ProposedBy">The administrator who proposed it.</param>
/// <param name="ProposedAt">When.</param>
/// <param name="Until">The end of the term; absent while it is open.</param>
public sealed record RoleProposal(
    Guid Id, PersonId Person, string Role, OrganisationId? Organisation, TerritoryCode? Territory, PersonId ProposedBy, DateTimeOffset ProposedAt,
    DateTimeOffset? Until);

/// <summary>GET /v1/role-proposals.</summary>
public static class ListRoleProposals
{
    internal static readonly Sql Columns = Sql.Of($"""
        id, person_id as person, role, organisation_id as organisation, territory, proposed_by, proposed_at, valid_until as until
        """);

    internal static void Map(RouteGroupBuilder proposals) =>
        proposals.MapGet("", Handle).WithName("listRoleProposals").Requires(Role.PlatformAdministrator, Role.Auditor);

    /// <summary>List the roles that wait for a second administrator, oldest first, at most 200.</summary>
    public static async Task<Ok<List<RoleProposal>>> Handle(Database database, CancellationToken cancel) => TypedResults.Ok(
        await database.List<RoleProposal>($"""
            select {Columns} from identity.role_proposal
             where confirmed_at is null and declined_at is null order by id limit 200
            """, cancel));
}
