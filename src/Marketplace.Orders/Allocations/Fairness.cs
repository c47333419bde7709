using Marketplace.Kernel;

namespace Marketplace.Orders.Allocations;

/// <summary>
/// Fairness with memory: a household may take what it missed in the last weeks free of surcharge, then one equal share of this order at the first
/// surcharge, one more at the second, and the rest at the third.
/// </summary>
internal static class Fairness
{
    public static AllocationInput Input(Guid order, DateOnly day, List<MissingLine> missing, List<Candidate> supply, Rule rule)
    {
        var lines = missing.Where(line => line.Missing > 0).Select(line => new AllocationInput.Line(line.Id.Value, line.Product.Value, line.Unit, line.Missing,
            line.WindowTo.AddDays(line.MinRemainingShelfLifeDays), line.WindowTo, line.MaxPrice, line.Per,
            line.Accepted.Split(',', StringSplitOptions.RemoveEmptyEntries))).ToList();
        var lots = supply.ConvertAll(one => new AllocationInput.Lot(one.Lot.Lot.Value, one.Lot.Household.Value, one.Lot.Product.Value, one.Lot.Unit,
            one.Lot.Available, one.Lot.ReadyOn, one.Lot.ExpiresOn, one.Lot.Price, one.Lot.Per, one.Path, one.Lot.Asked >= 2 || one.Lot.Answered));
        var input = new AllocationInput(order, day, lines, lots, [], [], new Dictionary<string, long>());
        var shares = Shares(input);
        var deficits = supply.GroupBy(one => (one.Lot.Household.Value, one.Lot.Unit)).ToDictionary(one => one.Key, one => Math.Max(0, one.First().Lot.Deficit));
        var average = lots.Where(lot => lot.Price is not null).GroupBy(lot => lot.Unit).ToDictionary(unit => unit.Key, AveragePrice);
        return input with
        {
            FreshnessPerDay = average.ToDictionary(unit => unit.Key, unit => unit.Value * rule.FreshnessPerDay / 10_000),
            Households = [.. deficits.Keys.Where(key => average.ContainsKey(key.Unit)).Select(key => new AllocationInput.Household(key.Value, key.Unit,
            [
                new(deficits[key], 0),
                new(shares.GetValueOrDefault(key), average[key.Unit] * rule.First / 10_000),
                new(shares.GetValueOrDefault(key), average[key.Unit] * rule.Second / 10_000),
                new(null, average[key.Unit] * rule.Third / 10_000),
            ],
            rule.HouseholdCapPercent is { } percent ? (long)((Int128)lines.Where(line => line.Unit == key.Unit).Sum(line => line.Demand) * percent / 100) : null,
            null))],
        };
    }

    /// <summary>The equal share of each household that could fill something, no more than it has.</summary>
    public static Dictionary<(Guid Household, string Unit), long> Shares(AllocationInput input)
    {
        var able = input.Lots.Where(lot => lot is { Available: > 0, Asked: false } && input.Lines.Any(line => Allocation.Fits(line, lot)))
            .GroupBy(lot => (lot.Household, lot.Unit)).ToDictionary(household => household.Key, household => household.Sum(lot => lot.Available));
        return able.ToDictionary(household => household.Key, household => Math.Min(household.Value,
            Demand(household.Key.Unit) / able.Keys.Count(key => key.Unit == household.Key.Unit)));

        long Demand(string unit) => input.Lines.Where(line => line.Unit == unit).Sum(line => line.Demand);
    }

    private static long AveragePrice(IGrouping<string, AllocationInput.Lot> lots)
    {
        Int128 sum = 0;
        var count = 0;
        foreach (var lot in lots)
        {
            sum += (Int128)lot.Price!.Value * Units.Trading(lots.Key).Steps / Units.Find(lot.Per!)!.Steps;
            count++;
        }

        return (long)(sum / count);
    }
}
