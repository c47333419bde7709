using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Territories;

/// <summary>Reads one territory by its code or by an earlier one.</summary>
public static class ReadTerritory
{
    internal static void Map(RouteGroupBuilder territories) =>
        territories.MapGet("/{code}", Handle).WithName("readTerritory").Anyone();

    /// <summary>Read a territory.</summary>
    /// <remarks>An alias code, left behind by a merger, is answered with the territory it became. 404 `not-found` for an unknown code.</remarks>
    public static async Task<Results<Ok<TerritoryFound>, ProblemHttpResult>> Handle(TerritoryCode code, Database database, CancellationToken cancel) =>
        Answer.Ok(await Read(code, database, cancel));

    internal static async Task<Outcome<TerritoryFound>> Read(TerritoryCode code, Database database, CancellationToken cancel)
    {
        var row = await database.Find<TerritoryRow>($$"""
            select t.code, t.level, t.name_kk, t.name_ru, t.habitable, t.latitude, t.longitude, way.codes as path_codes, way.kk as path_kk,
                   way.ru as path_ru, 0 as rank
              from registry.territory t
             cross join lateral (
                select coalesce(array_agg(p.code order by at), '{}') as codes, coalesce(array_agg(p.name_kk order by at), '{}') as kk,
                       coalesce(array_agg(p.name_ru order by at), '{}') as ru
                  from unnest(t.path) with ordinality as step (code, at) join registry.territory p on p.code = step.code
                 where p.code <> t.code) way
             where t.code = {{code}}
                or t.code = (select a.territory from registry.territory_alias a where a.kind = 'code' and a.alias = {{code}} limit 1)
             limit 1
            """, cancel);
        return row is null ? Refusal.NotFound : row.Found();
    }
}
