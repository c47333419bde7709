using Marketplace.Contracts;

namespace Marketplace.Certification;

/// <summary>Makes published draws again, with nothing but what was published.</summary>
public static class DrawReplay
{
    /// <summary>What is wrong with a published draw; null when it replays to what it says.</summary>
    public static string? Fault(CertificationApplicationId application, DrawDetails draw)
    {
        ArgumentNullException.ThrowIfNull(draw);
        if (draw.DaySeed is { } told)
        {
            var daySeed = Convert.FromHexString(told);
            if (Draw.Commitment(daySeed) != draw.Commitment)
            {
                return "the day's seed is not the one that was committed";
            }

            if (Draw.SeedOf(daySeed, application, draw.Number) != draw.Seed)
            {
                return "the seed does not come from the day's seed";
            }
        }

        var again = Draw.Assign(draw.Seed, draw.Parts.ToDictionary(part => part.Part, part => part.Candidates));
        return again is not null && draw.Parts.All(part => again[part.Part] == part.Drawn) ? null : "the seed draws other people";
    }
}
