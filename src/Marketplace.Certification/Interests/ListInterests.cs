using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/interests.</summary>
public static class ListInterests
{
    private static readonly Sql Columns = Sql.Of($"""
        i.id, i.person, i.kind, i.household, i.organisation, i.territory, i.valid_from as "from", i.valid_until as until, i.reason, i.recorded_by, i.recorded_at
        """);

    internal static void Map(RouteGroupBuilder interests) => interests.MapGet("", Handle).WithName("listInterests").RequiresSignIn();

    /// <summary>List declared interests, newest first: your own, or as quality manager those of your body's and the laboratories' people.</summary>
    /// <remarks>400 `bad-cursor`.</remarks>
    /// <param name="scope">`mine` (the default) or `organisation`, which shows more to the quality manager only.</param>
    /// <param name="person">Only this person's.</param>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    public static async Task<Results<Ok<Page<InterestDetails>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel,
        [RegularExpression("^(mine|organisation)$")] string? scope = null, PersonId? person = null, [Range(1, Cursors.MostItems)] int limit = 50,
        [TextLength(400)] string? cursor = null)
    {
        var query = $"interests {scope} {person}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var answering = scope == "organisation" ? Sql.Of($"or {InCareOf(database.Actor)}") : Sql.Of($"");
        var rows = await database.List<InterestDetails>($"""
            select {Columns} from certification.interest i
             where (i.person = {database.Actor.Person} {answering}) and ({person}::uuid is null or i.person = {person}) and ({after} is null or i.id < {after})
             order by i.id desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, query, row => [row.Id.ToString()]));
    }

    internal static Task<InterestDetails?> Find(Guid id, Database database, CancellationToken cancel) =>
        database.Find<InterestDetails>($"select {Columns} from certification.interest i where i.id = {id}", cancel);

    /// <summary>Whether the actor is the quality manager of this person: somebody of the same body, or of a laboratory, which has none of its own.</summary>
    internal static async Task<bool> AnswersFor(PersonId person, Database database, CancellationToken cancel) =>
        await database.Value<bool>($"select exists (select from (select {person}::uuid as person) i where {InCareOf(database.Actor)})", cancel);

    private static Sql InCareOf(Actor actor) => Sql.Of($"""
        ({actor.Roles.Contains(Role.QualityManager)} and exists (select from identity.public_role r
            where r.person = i.person and (r.organisation = {actor.Organisation} or r.role in ({Role.LaboratoryAnalyst}, {Role.LaboratorySupervisor}))))
        """);
}
