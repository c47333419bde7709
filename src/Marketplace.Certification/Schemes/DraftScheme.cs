using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>What to begin a new version of a scheme from.</summary>
/// <param name="Code">The scheme, for example <c>PLANT-BATCH</c>.</param>
/// <param name="BasedOn">The version to copy; by default the one in force.</param>
public sealed record SchemeDraftStart([TextLength(31, MinimumLength = 3)] string Code, [Range(1, int.MaxValue)] int? BasedOn = null);

/// <summary>POST /v1/scheme-drafts.</summary>
public static class DraftScheme
{
    internal static void Map(RouteGroupBuilder drafts) =>
        drafts.MapPost("", Handle).WithName("draftScheme").Requires(SchemeDraft.Proposers).Moves();

    /// <summary>Begin a new version of a scheme as a copy of an existing one, in force from today.</summary>
    /// <remarks>404 for a version that does not exist; 409 `no-scheme` when none is in force to copy.</remarks>
    public static async Task<Results<Created<SchemeDraftDetails>, ProblemHttpResult>> Handle(
        SchemeDraftStart start, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(start);
        return Answer.Created(await Draft(start, database, cancel), draft => $"/v1/scheme-drafts/{draft.Id}");
    }

    internal static async Task<Outcome<SchemeDraftDetails>> Draft(SchemeDraftStart start, Database database, CancellationToken cancel)
    {
        var version = start.BasedOn
            ?? await database.Value<int>($"select coalesce(certification.scheme_in_force({start.Code}, kernel.now()::date), 0)", cancel);
        var id = SchemeDraftId.New();
        if (await database.Execute($"""
            with drafted as (
                insert into certification.scheme_draft (id, code, based_on, organisation, terms)
                select {id}, s.code, s.version, {database.Actor.Organisation},
                       certification.scheme_terms(s) || jsonb_build_object('validFrom', kernel.now()::date) - 'validUntil'
                  from certification.scheme s where s.code = {start.Code} and s.version = {version}
                returning id)
            select kernel.append(id, {nameof(SchemeDrafted)}, {Event.Text(new SchemeDrafted(id, start.Code, version))}) from drafted
            """, cancel) == 0)
        {
            return start.BasedOn is null ? new Refusal("no-scheme", "No such conformity scheme is in force.", "#/code") : Refusal.NotFound;
        }

        return (await SchemeDraft.Find(id, database, cancel))!.Details;
    }
}
