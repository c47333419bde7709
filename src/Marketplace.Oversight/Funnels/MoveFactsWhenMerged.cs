using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Oversight.Funnels;

/// <summary>Counts what happened in merged territories under the tree of today, as a rebuild would.</summary>
internal sealed class MoveFactsWhenMerged(Database database, ChainFacts facts) : ISubscriber<TerritoriesMerged>
{
    public async Task When(TerritoriesMerged happened, Envelope envelope, CancellationToken cancel)
    {
        var villages = await database.List<TerritoryCode>($"""
            select distinct village from oversight.chain_step where {happened.From} in (oblast, district, okrug, village)
            """, cancel);
        foreach (var (village, levels) in await facts.Paths(villages, cancel))
        {
            await database.Execute($"""
                update oversight.chain_step
                   set oblast = {levels[(int)TerritoryLevel.Oblast]}, district = {levels[(int)TerritoryLevel.District]},
                       okrug = {levels[(int)TerritoryLevel.Okrug]}
                 where village = {village}
                """, cancel);
        }
    }
}
