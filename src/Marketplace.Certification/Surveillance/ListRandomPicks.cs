using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A subject's draw of a year.</summary>
/// <param name="Household">The household.</param>
/// <param name="Scheme">Under which scheme.</param>
/// <param name="Year">Calendar year.</param>
/// <param name="Day">The day whose seed it comes from; its commitment and, once it is over, the seed stand in <c>GET /v1/draw-commitments</c>.</param>
/// <param name="Seed">Hex of HMAC-SHA256, keyed with the day's seed, of household, scheme and year with bars between.</param>
/// <param name="Percent">The share, 0 to 100.</param>
/// <param name="Chosen">Whether the seed's first 32 bits lie below that share of all.</param>
/// <param name="RecordedAt">When.</param>
public sealed record RandomPick(
    HouseholdId Household, string Scheme, int Year, DateOnly Day, string Seed, int Percent, bool Chosen, DateTimeOffset RecordedAt);

/// <summary>GET /v1/surveillance-draws.</summary>
public static class ListRandomPicks
{
    internal static void Map(RouteGroupBuilder draws) =>
        draws.MapGet("", Handle).WithName("listSurveillanceDraws").Requires(Role.QualityManager, Role.Auditor);

    /// <summary>List the draws of the share that is visited by chance, in a form that can be drawn again.</summary>
    /// <remarks>A quality manager sees those of households that its body certified and that are not its own. 400 `bad-cursor`.</remarks>
    /// <param name="year">Calendar year; this one by default.</param>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    public static async Task<Results<Ok<Page<RandomPick>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, TimeProvider clock, CancellationToken cancel, [Range(2000, 3000)] int? year = null,
        [Range(1, Cursors.MostItems)] int limit = 50, [TextLength(400)] string? cursor = null)
    {
        var of = year ?? clock.GetUtcNow().Year;
        var query = $"surveillance-draws {of}";
        var after = cursor is null ? [Guid.Empty.ToString(), ""] : cursors.Read(query, cursor);
        if (after is not [var household, var scheme] || !Guid.TryParse(household, out var last))
        {
            return Problems.From(Cursors.Bad);
        }

        var actor = database.Actor;
        var rows = await database.List<RandomPick>($"""
            select p.household, p.scheme, p.year, p.day, p.seed, p.percent, p.chosen, p.recorded_at from certification.random_pick p
             where p.year = {of} and (p.household, p.scheme) > ({last}, {scheme})
               and ({actor.Roles.Contains(Role.Auditor)} or exists (select from certification.certificate c
                        where c.household = p.household and c.scheme = p.scheme and c.issuer = {actor.Organisation}))
               and p.household is distinct from {actor.Household} and not certification.of_household({actor.Person}, p.household)
             order by p.household, p.scheme limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, query, row => [row.Household.ToString(), row.Scheme]));
    }
}
