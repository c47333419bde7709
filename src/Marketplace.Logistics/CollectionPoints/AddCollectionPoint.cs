using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Logistics.CollectionPoints;

/// <summary>A place where goods are weighed in.</summary>
/// <param name="Name">What people call it, 2 to 200 characters.</param>
/// <param name="Territory">Where it is.</param>
public sealed record CollectionPointDraft([TextLength(200, MinimumLength = 2)] string Name, TerritoryCode Territory);

/// <summary>A collection point.</summary>
/// <param name="Id">The collection point.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Territory">Where it is.</param>
public sealed record CollectionPointDetails(Guid Id, string Name, TerritoryCode Territory);

/// <summary>Adds a collection point.</summary>
public static class AddCollectionPoint
{
    internal static void Map(RouteGroupBuilder points) =>
        points.MapPost("", Handle).WithName("addCollectionPoint").Requires(Role.CooperativeManager).Moves();

    /// <summary>Add a collection point.</summary>
    /// <remarks>400 <c>territory-unknown</c>; 409 <c>name-taken</c> when the co-operative has one of this name; 409 <c>no-organisation</c>.</remarks>
    public static async Task<Results<Created<CollectionPointDetails>, ProblemHttpResult>> Handle(
        CollectionPointDraft draft, Database database, ITerritories territories, CancellationToken cancel) =>
        Answer.Created(await Add(draft, database, territories, cancel), point => $"/v1/collection-points/{point.Id}");

    internal static async Task<Outcome<CollectionPointDetails>> Add(
        CollectionPointDraft draft, Database database, ITerritories territories, CancellationToken cancel)
    {
        if (database.Actor.Organisation is not { } organisation)
        {
            return new Refusal("no-organisation", "Only people of a co-operative can do this.");
        }

        if (!(await territories.Places([draft.Territory], cancel)).ContainsKey(draft.Territory))
        {
            return Refusal.Invalid("#/territory", "territory-unknown", "There is no such territory.");
        }

        var id = Guid.CreateVersion7();
        await database.Execute($"""
            insert into logistics.collection_point (id, organisation_id, name, territory) values ({id}, {organisation}, {draft.Name}, {draft.Territory})
            """, cancel);
        return new CollectionPointDetails(id, draft.Name, draft.Territory);
    }
}

/// <summary>Lists collection points.</summary>
public static class ListCollectionPoints
{
    internal static void Map(RouteGroupBuilder points) => points.MapGet("", Handle).WithName("listCollectionPoints").RequiresSignIn();

    /// <summary>List one's co-operative's collection points, oldest first.</summary>
    /// <remarks>400 <c>bad-cursor</c>.</remarks>
    /// <param name="limit">1 to 200 entries.</param>
    /// <param name="cursor">From <c>next</c> of the page before.</param>
    public static async Task<Results<Ok<Page<CollectionPointDetails>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, [Range(1, 200)] int limit = 50, string? cursor = null)
    {
        const string query = "collection-points";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var rows = await database.List<CollectionPointDetails>($"""
            select id, name, territory from logistics.collection_point
             where organisation_id = {database.Actor.Organisation} {(after is { } last ? Sql.Of($"and id > {last}") : Sql.Of($""))}
             order by id limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, query, point => [point.Id.ToString()]));
    }
}
