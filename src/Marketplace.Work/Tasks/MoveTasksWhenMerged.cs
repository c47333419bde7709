using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Work.Tasks;

/// <summary>Open tasks of merged territories are seen and escalated in the territory they belong to now; closed ones keep where they were done.</summary>
internal sealed class MoveTasksWhenMerged(Database database, ITerritories territories) : ISubscriber<TerritoriesMerged>
{
    public async Task When(TerritoriesMerged happened, Envelope envelope, CancellationToken cancel)
    {
        var places = await database.List<TerritoryCode>($"""
            select distinct territory from work.task where closed_at is null and territory_path @> array[{happened.From}]::text[]
            """, cancel);
        var found = await territories.Places(places, cancel);
        foreach (var (asked, place) in found)
        {
            await database.Execute($"""
                update work.task set territory = {place.Code}, territory_path = {place.Path.Select(step => step.Value).ToArray()}
                 where closed_at is null and territory = {asked}
                """, cancel);
        }
    }
}
