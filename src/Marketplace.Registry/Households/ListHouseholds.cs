using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Households;

/// <summary>A household in a list.</summary>
/// <param name="Id">The household.</param>
/// <param name="Number">The number people say and write: <c>H-000123</c>.</param>
/// <param name="Name">The head's name.</param>
/// <param name="Village">Where it farms.</param>
/// <param name="Stage">Where it stands.</param>
/// <param name="RegisteredAt">When it was registered.</param>
public sealed record HouseholdListed(
    HouseholdId Id, string Number, string Name, TerritoryCode Village, HouseholdStage Stage, DateTimeOffset RegisteredAt);

/// <summary>Lists the households somebody answers for.</summary>
public static class ListHouseholds
{
    internal static void Map(RouteGroupBuilder households) => households.MapGet("", Handle).WithName("listHouseholds").RequiresSignIn();

    /// <summary>List the households you answer for, oldest first.</summary>
    /// <remarks>Your own, those you are an agent of, those that joined your co-operative, and, for officers of a rural district or district,
    /// those of your territory. 400 `bad-cursor` when the cursor is of another query.</remarks>
    /// <param name="stage">Only this stage, for example `pending_verification`.</param>
    /// <param name="limit">Entries of a page, 1 to 200; 50 by default.</param>
    /// <param name="cursor">Continues an earlier page.</param>
    public static async Task<Results<Ok<Page<HouseholdListed>>, ProblemHttpResult>> Handle(
        [RegularExpression("^(pending_verification|merge_review|returned|lapsed|active_unconfirmed|active|closed)$")] string? stage,
        string? cursor, HttpContext http, Database database, Cursors cursors, CancellationToken cancel,
        [Range(1, Cursors.MostItems)] int limit = 50)
    {
        var name = $"households {stage}";
        if (!cursors.After(name, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var actor = database.Actor;
        var manages = actor.Roles.Contains(Role.CooperativeManager) ? actor.Organisation : null;
        var duty = actor.Roles.Contains(Role.OkrugAkim) || actor.Roles.Contains(Role.DistrictOfficer) ? actor.Territory : null;
        var only = Wire.Label<HouseholdStage>(stage) is { } one ? Sql.Of($"and h.stage = {one}") : Sql.Of($"");
        var rows = await database.List<HouseholdListed>($"""
            select h.id, h.number, h.name, h.village, h.stage, h.registered_at
              from registry.household h
             where ({after} is null or h.id > {after}) {only}
               and (h.head = {actor.Person} or h.applicant = {manages}
                    or h.id in (select a.household from registry.household_agent a
                                 where a.agent = {actor.Person} and a.revoked_at is null and a.valid_until > kernel.now())
                    or h.village in (select t.code from registry.territory t where t.path @> array[{duty}]::text[]))
             order by h.id limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, name, row => [row.Id.ToString()]));
    }
}
