using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Oversight.Funnels;

/// <summary>A territory as one official may see it.</summary>
/// <param name="Place">The territory.</param>
/// <param name="Duty">Whether it lies in the official's duty.</param>
/// <param name="Hidden">The steps whose figures are hidden from the official.</param>
internal sealed record FunnelView(TerritoryPlace Place, Duty Duty, IReadOnlySet<ChainStep> Hidden)
{
    /// <summary>Opens the view, or refuses it.</summary>
    public static async Task<Outcome<FunnelView>> Open(
        TerritoryCode code, FunnelPeriod period, Database database, ITerritories territories, CancellationToken cancel)
    {
        if (!period.Sane)
        {
            return FunnelPeriod.Bad;
        }

        if ((await territories.Places([code], cancel)).GetValueOrDefault(code) is not { } place)
        {
            return Refusal.NotFound;
        }

        return Duties.Of(database.Actor, place.Path) switch
        {
            Duty.None => Refusal.NotFound,
            Duty.Own => new FunnelView(place, Duty.Own, new HashSet<ChainStep>()),
            _ when !period.Whole => FunnelPeriod.OutsideDuty,
            _ => new FunnelView(place, Duty.Outside, await HiddenSteps(place, database, territories, cancel)),
        };
    }

    /// <summary>
    /// The steps hidden at a territory itself. It is a part of the one above, so what is hidden among its neighbours is hidden here as
    /// well, and below a hidden figure everything is: else the parts would give the whole away.
    /// </summary>
    private static async Task<IReadOnlySet<ChainStep>> HiddenSteps(TerritoryPlace place, Database database, ITerritories territories, CancellationToken cancel)
    {
        var path = await territories.Places(place.Path, cancel);
        var above = place.Path.Select(code => path[code]).ToList();
        var hidden = (await FunnelFigures.Households(database, above[0], above[0].Level, cancel))
            .Where(step => step.Any(whole => whole.Households is > 0 and < Suppression.Fewest)).Select(step => step.Key).ToHashSet();
        for (var i = 1; i < above.Count; i++)
        {
            var among = await HiddenParts(database, above[i - 1], above[i - 1].Level + 1, cancel);
            hidden.UnionWith(among.Where(one => one.Part == above[i].Code.Value).Select(one => one.Step));
        }

        return hidden;
    }

    /// <summary>Which figures of the parts of a territory are hidden. The official's own part is known to him, so it hides nothing.</summary>
    public static async Task<HashSet<(ChainStep Step, string Part)>> HiddenParts(
        Database database, TerritoryPlace within, TerritoryLevel level, CancellationToken cancel) =>
        [.. from step in await FunnelFigures.Households(database, within, level, cancel)
            let unknown = step.Where(part => part.Part != database.Actor.Territory).ToDictionary(part => part.Part, part => part.Households)
            from part in Suppression.Hidden(unknown)
            select (step.Key, part)];
}
