using Marketplace.Kernel;

namespace Marketplace.Orders.Allocations;

/// <summary>Makes the input of a plan from what is missing, what there is, and the figures in force.</summary>
internal static class PlanInput
{
    // A kilogram of eggs has about sixteen: only carrying asks for the weight of pieces.
    private const int PiecesPerKilogram = 16;

    public static AllocationInput Of(Guid order, DateOnly day, List<MissingLine> missing, Reachable supply, Rule rule)
    {
        var lines = missing.Where(line => line.Missing > 0).Select(line => new AllocationInput.Line(line.Id.Value, line.Product.Value, line.Unit, line.Missing,
            line.WindowTo.AddDays(line.MinRemainingShelfLifeDays), line.WindowTo, line.MaxPrice, line.Per,
            line.Accepted.Split(',', StringSplitOptions.RemoveEmptyEntries), line.To.Value)).ToList();
        var lots = supply.Lots.ConvertAll(one => new AllocationInput.Lot(one.Lot.Lot.Value, one.Lot.Household.Value, one.Lot.Product.Value, one.Lot.Unit,
            one.Lot.Available, one.Lot.ReadyOn, one.Lot.ExpiresOn, one.Lot.Price, one.Lot.Per, one.Path, one.Lot.Asked >= 2 || one.Lot.Answered,
            Math.Min(one.Lot.Available, rule.Least(one.Lot.Unit)), rule.PerLot * 100));
        var input = new AllocationInput(order, day, lines, lots, [], [], new Dictionary<string, long>());
        var average = lots.Where(lot => lot.Price is not null).GroupBy(lot => lot.Unit).ToDictionary(unit => unit.Key, AveragePrice);
        var shares = Fairness.Shares(input);
        var homes = supply.Lots.Where(one => average.ContainsKey(one.Lot.Unit)).GroupBy(one => (Household: one.Lot.Household.Value, one.Lot.Unit))
            .Select(one => new Home(one.Key.Household, one.Key.Unit, one.First().Lot.Village.Value, Math.Max(0, one.First().Lot.Deficit))).ToList();

        // Each village is one stop of a vehicle for each unit.
        var stops = homes.Select(home => (home.Unit, home.Village)).Distinct().Order().Select((stop, at) => (stop, at)).ToDictionary(pair => pair.stop, pair => pair.at);
        return input with
        {
            FreshnessPerDay = average.ToDictionary(unit => unit.Key, unit => unit.Value * rule.FreshnessPerDay / 10_000),
            Households = [.. homes.Select(home => new AllocationInput.Household(home.Id, home.Unit,
                Fairness.OfHousehold(home.Deficit, shares.GetValueOrDefault((home.Id, home.Unit)), average[home.Unit], rule),
                rule.HouseholdCapPercent is { } percent ? (long)((Int128)Demand(home.Unit) * percent / 100) : null, stops[(home.Unit, home.Village)]))],
            Points = [.. stops.Select(stop => new AllocationInput.Point(stop.Value, null, 0, rule.PerVillage * 100, stop.Key.Village))],
            Villages = [.. stops.Keys.Select(stop => new AllocationInput.Village(stop.Village, stop.Unit,
                supply.Kilometres.Where(road => road.Key.Village == stop.Village).ToDictionary(road => road.Key.To, road => Carried(road.Value, stop.Unit, rule)),
                Fairness.OfVillage(homes.Where(home => home.Unit == stop.Unit && home.Village == stop.Village).Sum(home => home.Deficit),
                    Demand(stop.Unit) / stops.Keys.Count(other => other.Unit == stop.Unit), average[stop.Unit], rule)))],
        };

        long Demand(string unit) => lines.Where(line => line.Unit == unit).Sum(line => line.Demand);
    }

    /// <summary>Carrying one KGM, LTR or H87 so far, in 1/10,000 of the currency unit.</summary>
    private static long Carried(int kilometres, string unit, Rule rule) => kilometres * rule.PerTonneKm / 10 / (unit == "H87" ? PiecesPerKilogram : 1);

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

    private sealed record Home(Guid Id, string Unit, string Village, long Deficit);
}
