using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Territories;

/// <summary>Finds territories by name, however it is typed.</summary>
public static class SearchTerritories
{
    internal static void Map(RouteGroupBuilder territories) =>
        territories.MapGet("", Handle).WithName("searchTerritories").Anyone();

    /// <summary>Search territories.</summary>
    /// <remarks>Best match first. Typed in Kazakh, Kyrgyz or Russian, without the special letters, or in Latin letters, with small typing
    /// errors. 400 `bad-cursor` when the cursor is of another query.</remarks>
    /// <param name="search">Name or part of it; absent lists everything that the other filters leave.</param>
    /// <param name="under">Only territories below this one.</param>
    /// <param name="level">Only this level: `country`, `oblast`, `district`, `okrug` or `village`.</param>
    /// <param name="limit">Entries of a page, 1 to 200; 50 by default.</param>
    /// <param name="cursor">Continues an earlier page.</param>
    public static async Task<Results<Ok<Page<TerritoryFound>>, ProblemHttpResult>> Handle(
        [TextLength(100, MinimumLength = 1)] string? search, TerritoryCode? under,
        [RegularExpression("^(country|oblast|district|okrug|village)$")] string? level, string? cursor, HttpContext http,
        Database database, Cursors cursors, CancellationToken cancel, [Range(1, Cursors.MostItems)] int limit = 50) =>
        Answer.Ok(await Search(new Query(search?.Trim(), under, Wire.Label<TerritoryLevel>(level)), limit, cursor, http, database, cursors, cancel));

    internal static async Task<Outcome<Page<TerritoryFound>>> Search(
        Query query, int limit, string? cursor, HttpContext http, Database database, Cursors cursors, CancellationToken cancel)
    {
        var name = "territories " + query;
        var after = cursor is null ? ["2000", ""] : cursors.Read(name, cursor);
        if (after is null)
        {
            return Cursors.Bad;
        }

        var rank = int.Parse(after[0], CultureInfo.InvariantCulture);
        var under = query.Under is { } above ? Sql.Of($"and t.path @> array[{above}]::text[] and t.code <> {above}") : Sql.Of($"");
        var level = query.Level is { } only ? Sql.Of($"and t.level = {only}") : Sql.Of($"");
        var matched = query.Search is { Length: > 0 } typed
            ? Sql.Of($"""
                (select t.*, case when typed in (t.search_kk, t.search_ru) then 1000
                                  else (900 * greatest(similarity(t.search_kk, typed), similarity(t.search_ru, typed)))::int
                                       + case when starts_with(t.search_kk, typed) or starts_with(t.search_ru, typed) then 100 else 0 end end as rank
                   from registry.search_form({typed}) typed, registry.territory t
                  where t.search_kk % typed or t.search_ru % typed or starts_with(t.search_kk, typed) or starts_with(t.search_ru, typed)
                     or exists (select from registry.territory_alias a where a.territory = t.code and a.search % typed))
                """)
            : Sql.Of($"(select t.*, 0 as rank from registry.territory t)");
        var rows = await database.List<TerritoryRow>($$"""
            with page as materialized (
                select t.* from {{matched}} t
                 where (t.rank < {{rank}} or (t.rank = {{rank}} and t.code > {{after[1]}})) {{under}} {{level}}
                   and (t.valid_until is null or t.valid_until > kernel.now()::date)
                 order by t.rank desc, t.code limit {{limit + 1}})
            select t.code, t.level, t.name_kk, t.name_ru, t.habitable, t.latitude, t.longitude, way.codes as path_codes, way.kk as path_kk,
                   way.ru as path_ru, t.rank
              from page t
             cross join lateral (
                select coalesce(array_agg(p.code order by at), '{}') as codes, coalesce(array_agg(p.name_kk order by at), '{}') as kk,
                       coalesce(array_agg(p.name_ru order by at), '{}') as ru
                  from unnest(t.path) with ordinality as step (code, at) join registry.territory p on p.code = step.code
                 where p.code <> t.code) way
             order by t.rank desc, t.code
            """, cancel);
        var page = cursors.Cut(http, rows, limit, name, row => [row.Rank.ToString(CultureInfo.InvariantCulture), row.Code]);
        return new Page<TerritoryFound>([.. page.Items.Select(row => row.Found())], page.Next);
    }

    internal sealed record Query(string? Search, TerritoryCode? Under, TerritoryLevel? Level);
}
