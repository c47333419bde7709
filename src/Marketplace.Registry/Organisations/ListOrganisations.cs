using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Organisations;

/// <summary>Lists organisations.</summary>
public static class ListOrganisations
{
    internal static void Map(RouteGroupBuilder organisations) => organisations.MapGet("", Handle).WithName("listOrganisations").RequiresSignIn();

    /// <summary>List organisations, oldest first.</summary>
    /// <remarks>400 `bad-cursor` when the cursor is of another query.</remarks>
    /// <param name="kind">Only this kind: `cooperative`, `certification_body`, `laboratory`, `chain`, `akimat` or `project_office`.</param>
    /// <param name="limit">Entries of a page, 1 to 200; 50 by default.</param>
    /// <param name="cursor">Continues an earlier page.</param>
    public static async Task<Results<Ok<Page<OrganisationDetails>>, ProblemHttpResult>> Handle(
        [RegularExpression("^(cooperative|certification_body|laboratory|chain|akimat|project_office)$")] string? kind,
        string? cursor, HttpContext http, Database database, Cursors cursors, CancellationToken cancel,
        [Range(1, Cursors.MostItems)] int limit = 50)
    {
        var name = $"organisations {kind}";
        if (!cursors.After(name, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var only = Wire.Label<OrganisationKind>(kind) is { } one ? Sql.Of($"and kind = {one}") : Sql.Of($"");
        var rows = await database.List<OrganisationDetails>($"""
            select id, kind, name, territory, bin, fee_basis_points, registered_at from registry.organisation
             where ({after} is null or id > {after}) {only} order by id limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, name, row => [row.Id.ToString()]));
    }
}
