using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/qualifications.</summary>
public static class ListQualifications
{
    private static readonly Sql Columns = Sql.Of($"""
        id, person, organisation, scheme, part, territory, valid_from as "from", valid_until as until, evidence, granted_by, confirmed_by, withdrawn_at
        """);

    internal static void Map(RouteGroupBuilder qualifications) => qualifications.MapGet("", Handle).WithName("listQualifications").RequiresSignIn();

    /// <summary>List qualifications, newest first: your own, your organisation's, or as quality manager the laboratories' too.</summary>
    /// <remarks>Administrator and auditor see all. 400 `bad-cursor`.</remarks>
    /// <param name="person">Only this person's.</param>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    public static async Task<Results<Ok<Page<QualificationDetails>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, PersonId? person = null,
        [Range(1, Cursors.MostItems)] int limit = 50, [TextLength(400)] string? cursor = null)
    {
        var query = $"qualifications {person}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var actor = database.Actor;
        var everywhere = actor.Roles.Contains(Role.PlatformAdministrator) || actor.Roles.Contains(Role.Auditor);
        var rows = await database.List<QualificationDetails>($"""
            select {Columns} from certification.qualification
             where ({everywhere} or person = {actor.Person} or organisation = {actor.Organisation}
                    or {actor.Roles.Contains(Role.QualityManager)} and part in ('analyst', 'supervisor'))
               and ({person}::uuid is null or person = {person}) and ({after} is null or id < {after})
             order by id desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, query, row => [row.Id.ToString()]));
    }

    internal static Task<QualificationDetails?> Find(Guid id, Database database, CancellationToken cancel) =>
        database.Find<QualificationDetails>($"select {Columns} from certification.qualification where id = {id}", cancel);

    /// <summary>A qualification the actor answers for: the administrator, or a quality manager of the body it is held in or that granted it.</summary>
    internal static async Task<QualificationDetails?> FindKept(Guid id, Database database, CancellationToken cancel) =>
        await Find(id, database, cancel) is { } qualification
            && (database.Actor.Roles.Contains(Role.PlatformAdministrator) || qualification.Organisation.Value == database.Actor.Organisation
                || await database.Value<bool>($"""
                    select exists (select from identity.public_role
                                    where person = {qualification.GrantedBy} and role = {Role.QualityManager}
                                      and organisation = {database.Actor.Organisation})
                    """, cancel))
            ? qualification
            : null;
}
