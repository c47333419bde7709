using Marketplace.Kernel;

namespace Marketplace.Orders.Allocations;

/// <summary>
/// Fairness with memory: a household may take what it missed in the last weeks free of surcharge, then one equal share of this order at the first
/// surcharge, one more at the second, and the rest at the third. A village may take what its households missed, or an equal share, before its own.
/// </summary>
internal static class Fairness
{
    /// <summary>The equal share of each household that could fill something, no more than it has.</summary>
    public static Dictionary<(Guid Household, string Unit), long> Shares(AllocationInput input)
    {
        var able = input.Lots.Where(lot => lot is { Available: > 0, Asked: false } && input.Lines.Any(line => Allocation.Fits(line, lot)))
            .GroupBy(lot => (lot.Household, lot.Unit)).ToDictionary(household => household.Key, household => household.Sum(lot => lot.Available));
        return able.ToDictionary(household => household.Key, household => Math.Min(household.Value,
            Demand(household.Key.Unit) / able.Keys.Count(key => key.Unit == household.Key.Unit)));

        long Demand(string unit) => input.Lines.Where(line => line.Unit == unit).Sum(line => line.Demand);
    }

    /// <summary>The tiers of a household.</summary>
    public static IReadOnlyList<AllocationInput.Tier> OfHousehold(long deficit, long share, long averagePrice, Rule rule) =>
    [
        new(deficit, 0),
        new(share, averagePrice * rule.First / 10_000),
        new(share, averagePrice * rule.Second / 10_000),
        new(null, averagePrice * rule.Third / 10_000),
    ];

    /// <summary>The tiers of a village.</summary>
    public static IReadOnlyList<AllocationInput.Tier> OfVillage(long deficit, long share, long averagePrice, Rule rule) =>
        [new(Math.Max(deficit, share), 0), new(null, averagePrice * rule.VillageSurcharge / 10_000)];
}
