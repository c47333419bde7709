using Marketplace.Catalogue.Words;
using Marketplace.Contracts;

namespace Marketplace.Catalogue.Offers;

/// <summary>A lot's place as an offer keeps it: a code for every level, and the territories the codes stand for.</summary>
internal sealed record OfferPlace(string Country, string Oblast, string District, string Okrug, string Village, IReadOnlyList<(Named Level, TerritoryPlace Place)> Named)
{
    /// <summary>The place of a territory; a level its path lacks repeats the next lower one.</summary>
    public static async Task<OfferPlace> Of(ITerritories territories, TerritoryCode code, CancellationToken cancel)
    {
        var place = (await territories.Places([code], cancel))[code];
        var path = await territories.Places(place.Path, cancel);
        var below = place.Code.Value;
        var levels = new string[5];
        for (var level = TerritoryLevel.Village; level >= TerritoryLevel.Country; level--)
        {
            below = path.Values.FirstOrDefault(one => one.Level == level)?.Code.Value ?? below;
            levels[(int)level] = below;
        }

        return new OfferPlace(levels[0], levels[1], levels[2], levels[3], levels[4], [.. path.Values.Select(one => (LevelOf(one.Level), one))]);
    }

    /// <summary>The level as the word list names it.</summary>
    public static Named LevelOf(TerritoryLevel level) => level switch
    {
        TerritoryLevel.Country => Words.Named.Country,
        TerritoryLevel.Oblast => Words.Named.Oblast,
        TerritoryLevel.District => Words.Named.District,
        TerritoryLevel.Okrug => Words.Named.Okrug,
        _ => Words.Named.Village,
    };
}
