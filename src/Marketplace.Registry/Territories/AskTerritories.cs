using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Registry.Territories;

/// <summary>Answers other modules' questions about territories; an alias code is answered under the code that was asked.</summary>
internal sealed class AskTerritories(Database database) : ITerritories
{
    public async Task<IReadOnlyDictionary<TerritoryCode, TerritoryPlace>> Places(IReadOnlyCollection<TerritoryCode> codes, CancellationToken cancel)
    {
        if (codes.Count == 0)
        {
            return new Dictionary<TerritoryCode, TerritoryPlace>();
        }

        var asked = codes.Select(code => code.Value).ToArray();
        var rows = await database.List<Row>($"""
            select t.code as asked, t.code, t.level, t.name_kk, t.name_ru, t.country, t.path, t.latitude, t.longitude
              from registry.territory t where t.code = any({asked})
            union all
            select a.alias, t.code, t.level, t.name_kk, t.name_ru, t.country, t.path, t.latitude, t.longitude
              from registry.territory_alias a join registry.territory t on t.code = a.territory
             where a.kind = 'code' and a.alias = any({asked})
            """, cancel);
        return rows.DistinctBy(row => row.Asked).ToDictionary(row => TerritoryCode.From(row.Asked), row => new TerritoryPlace(
            TerritoryCode.From(row.Code), row.Level, row.NameKk, row.NameRu, row.Country, [.. row.Path.Select(TerritoryCode.From)],
            row.Latitude, row.Longitude));
    }

    private sealed record Row(
        string Asked, string Code, TerritoryLevel Level, string NameKk, string NameRu, string Country, string[] Path, double? Latitude,
        double? Longitude);
}
