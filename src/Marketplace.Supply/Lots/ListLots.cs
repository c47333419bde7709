using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Supply.Lots;

/// <summary>Lists a household's lots.</summary>
public static class ListLots
{
    internal static void Map(RouteGroupBuilder lots) =>
        lots.MapGet("", Handle).WithName("listLots").Requires(Role.Producer, Role.VillageAgent, Role.CooperativeManager);

    /// <summary>List a household's lots, newest first.</summary>
    /// <remarks>400 <c>household-required</c>, <c>bad-cursor</c>; 404 when the caller may not act for the household.</remarks>
    public static async Task<Results<Ok<Page<LotDetails>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, IHouseholds households, Cursors cursors, CancellationToken cancel, HouseholdId? household = null,
        [Range(1, Cursors.MostItems)] int limit = 50, string? cursor = null)
    {
        var whose = household ?? (database.Actor.Household is { } own ? HouseholdId.From(own) : null);
        if (whose is null)
        {
            return Problems.From(Refusal.Invalid("#/query/household", "household-required", "Say whose lots."));
        }

        var query = $"lots {whose}";
        var after = cursor is null ? [] : cursors.Read(query, cursor);
        if (after is null)
        {
            return Problems.From(Cursors.Bad);
        }

        if ((await households.ToActFor(whose.Value, cancel)).Refusal is { } refusal)
        {
            return Problems.From(refusal);
        }

        Guid? last = after is [var id] ? Guid.Parse(id) : null;
        var rows = await database.List<ShowLot.Row>($"""
            {ShowLot.Columns} where l.tenant_id = kernel.tenant() and l.household_id = {whose} and ({last}::uuid is null or l.id < {last})
             order by l.id desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, [.. rows.Select(row => row.Details)], limit, query, lot => [lot.Id.ToString()]));
    }
}
