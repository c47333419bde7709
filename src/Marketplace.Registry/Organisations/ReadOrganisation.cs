using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Organisations;

/// <summary>Reads one organisation.</summary>
public static class ReadOrganisation
{
    internal static void Map(RouteGroupBuilder organisations) =>
        organisations.MapGet("/{id}", Handle).WithName("readOrganisation").RequiresSignIn();

    /// <summary>Read an organisation.</summary>
    /// <remarks>404 `not-found` when there is none.</remarks>
    public static async Task<Results<Ok<OrganisationDetails>, ProblemHttpResult>> Handle(
        OrganisationId id, Database database, CancellationToken cancel) => Answer.Ok(await Read(id, database, cancel));

    internal static async Task<Outcome<OrganisationDetails>> Read(OrganisationId id, Database database, CancellationToken cancel)
    {
        var found = await database.Find<OrganisationDetails>($"""
            select id, kind, name, territory, bin, fee_basis_points, registered_at from registry.organisation where id = {id}
            """, cancel);
        return found is null ? Refusal.NotFound : found;
    }
}
