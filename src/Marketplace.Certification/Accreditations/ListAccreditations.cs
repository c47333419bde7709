using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/accreditations.</summary>
public static class ListAccreditations
{
    private static readonly Sql Columns = Sql.Of($"""
        id, body, number, schemes, rule_groups, territory, valid_from as "from", valid_until as until, suspended, reason
        """);

    internal static void Map(RouteGroupBuilder accreditations) => accreditations.MapGet("", Handle).WithName("listAccreditations").Anyone();

    /// <summary>List the accreditations of certification bodies, newest first.</summary>
    /// <remarks>400 `bad-cursor`.</remarks>
    /// <param name="body">Only this body's.</param>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    public static async Task<Results<Ok<Page<AccreditationDetails>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, OrganisationId? body = null,
        [Range(1, Cursors.MostItems)] int limit = 50, [TextLength(400)] string? cursor = null)
    {
        var query = $"accreditations {body}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var rows = await database.List<Row>($"""
            select {Columns} from certification.accreditation where ({body}::uuid is null or body = {body}) and ({after} is null or id < {after})
             order by id desc limit {limit + 1}
            """, cancel);
        var page = cursors.Cut(http, rows, limit, query, row => [row.Id.ToString()]);
        return TypedResults.Ok(new Page<AccreditationDetails>([.. page.Items.Select(row => row.Details)], page.Next));
    }

    internal static async Task<AccreditationDetails?> Find(Guid id, Database database, CancellationToken cancel) =>
        (await database.Find<Row>($"select {Columns} from certification.accreditation where id = {id}", cancel))?.Details;

    private sealed record Row(
        Guid Id, OrganisationId Body, string Number, string[] Schemes, string[] RuleGroups, TerritoryCode? Territory, DateOnly From, DateOnly Until,
        bool Suspended, string? Reason)
    {
        public AccreditationDetails Details => new(Id, Body, Number, Schemes, RuleGroups, Territory, From, Until, Suspended, Reason);
    }
}
