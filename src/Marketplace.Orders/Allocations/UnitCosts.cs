using System.Numerics;
using Marketplace.Kernel;

namespace Marketplace.Orders.Allocations;

/// <summary>What a step of one unit costs in a plan, as integers: prices per kilogram and per tonne brought to one scale.</summary>
internal sealed class UnitCosts
{
    private readonly AllocationInput input;
    private readonly Dictionary<string, AllocationInput.Village> villages;
    private readonly Dictionary<Guid, AllocationInput.Household> households;
    private readonly Dictionary<int, AllocationInput.Point> points;
    private readonly Dictionary<Guid, string> homes;
    private readonly long freshness;
    private readonly long steps;
    private readonly long scale;

    public UnitCosts(AllocationInput input, string unit)
    {
        this.input = input;
        villages = (input.Villages ?? []).Where(village => village.Unit == unit).ToDictionary(village => village.Code, StringComparer.Ordinal);
        households = input.Households.Where(household => household.Unit == unit).ToDictionary(household => household.Id);
        points = input.Points.ToDictionary(point => point.Id);
        homes = input.Lots.Where(lot => lot.Unit == unit && lot is { Available: > 0, Asked: false, Price: not null }).DistinctBy(lot => lot.Household)
            .ToDictionary(lot => lot.Household, lot => lot.Village);
        freshness = input.FreshnessPerDay.GetValueOrDefault(unit);
        var lots = input.Lots.Where(lot => lot.Unit == unit && lot is { Available: > 0, Price: not null }).ToList();
        var trading = Units.Trading(unit).Steps;
        steps = lots.Select(lot => Units.Find(lot.Per!)!.Steps).Append(trading).Max();
        scale = steps / trading;

        // Dividing by the greatest common divisor of all hard amounts is exact; the widths of tiers are rounded down to it.
        Grain = Math.Max(1, input.Lines.Where(line => line.Unit == unit).Select(line => line.Demand)
            .Concat(lots.Select(lot => lot.Available)).Concat(lots.Select(lot => lot.Least)).Concat(input.Points.Select(point => point.Least))
            .Concat(input.Households.Where(household => household.Unit == unit).Select(household => household.Cap ?? 0))
            .Concat(input.Points.Select(point => point.Capacity ?? 0))
            .Aggregate(0L, (one, other) => (long)BigInteger.GreatestCommonDivisor(one, other)));
    }

    /// <summary>The step of the plan: every amount in it is a multiple.</summary>
    public long Grain { get; }

    /// <summary>One step of a lot: its price and what its freshness costs.</summary>
    public Int128 Goods(AllocationInput.Lot lot) => ((Int128)lot.Price!.Value * (steps / Units.Find(lot.Per!)!.Steps))
        + ((Int128)freshness * scale * Math.Max(0, lot.ExpiresOn.DayNumber - input.Day.DayNumber));

    /// <summary>One step of a lot on its way to where a line's goods go.</summary>
    public Int128 Transport(AllocationInput.Line line, AllocationInput.Lot lot) =>
        line.To is { } to && villages.GetValueOrDefault(lot.Village)?.Transport.TryGetValue(to, out var perUnit) == true ? (Int128)perUnit * scale : 0;

    /// <summary>Something fixed, as steps cost.</summary>
    public Int128 Fixed(long cost) => (Int128)cost * steps;

    /// <summary>The village whose fairness a household's goods count for: its point's, or that of its first lot.</summary>
    public string VillageOf(AllocationInput.Lot lot) =>
        households.GetValueOrDefault(lot.Household)?.At is { } at && points[at].Village is { } village ? village
            : homes.GetValueOrDefault(lot.Household, lot.Village);

    /// <summary>The village's fairness tiers; one without surcharge where nothing is said.</summary>
    public IReadOnlyList<AllocationInput.Tier> TiersOf(string village) => villages.GetValueOrDefault(village)?.Tiers ?? [new(null, 0)];

    /// <summary>A cost of one step as a price of the lot, in 1/10,000 of the currency unit for its own unit; rounded up.</summary>
    public Int128 AsPrice(Int128 cost, AllocationInput.Lot lot)
    {
        var perPrice = steps / Units.Find(lot.Per!)!.Steps;
        return (cost + perPrice - 1) / perPrice;
    }

    /// <summary>A sum of steps in 1/10,000 of the currency unit, rounded down.</summary>
    public Int128 InCurrency(Int128 cost) => cost / steps;

    /// <summary>One step in a tier.</summary>
    public Int128 Surcharge(AllocationInput.Tier tier) => (Int128)tier.Surcharge * scale;

    /// <summary>The surcharge of the step that follows an amount; of the last tier when all are full.</summary>
    public Int128 SurchargeAfter(AllocationInput.Household? household, long amount)
    {
        Int128 surcharge = 0;
        var left = amount;
        foreach (var tier in household?.Tiers ?? [])
        {
            surcharge = Surcharge(tier);
            var width = tier.Width / Grain * Grain;
            if (width is null || left < width)
            {
                return surcharge;
            }

            left -= width.Value;
        }

        return surcharge;
    }

    /// <summary>The cost of a whole plan in 1/10,000 of the currency unit, rounded down.</summary>
    public static Int128 Total(AllocationInput input, IReadOnlyCollection<AllocationPlan.Part> taken)
    {
        var lots = input.Lots.ToDictionary(lot => lot.Id);
        Int128 total = 0;
        foreach (var unit in taken.GroupBy(part => lots[part.Lot].Unit))
        {
            var costs = new UnitCosts(input, unit.Key);
            total += costs.InCurrency(costs.Of(unit, lots));
        }

        return total;
    }

    /// <summary>The cost of the parts of this unit, step by step.</summary>
    public Int128 Of(IEnumerable<AllocationPlan.Part> parts, IReadOnlyDictionary<Guid, AllocationInput.Lot> lots)
    {
        var lines = input.Lines.ToDictionary(line => line.Id);
        Int128 cost = 0;
        var (opened, visited) = (new HashSet<Guid>(), new HashSet<int>());
        var (given, sold) = (new Dictionary<Guid, long>(), new Dictionary<string, long>(StringComparer.Ordinal));
        foreach (var part in parts)
        {
            var lot = lots[part.Lot];
            cost += (Goods(lot) + Transport(lines[part.Line], lot)) * part.Amount;
            cost += opened.Add(lot.Id) ? Fixed(lot.Opening) : 0;
            cost += households.GetValueOrDefault(lot.Household)?.At is { } at && visited.Add(at) ? Fixed(points[at].Visit) : 0;
            given[lot.Household] = given.GetValueOrDefault(lot.Household) + part.Amount;
            sold[VillageOf(lot)] = sold.GetValueOrDefault(VillageOf(lot)) + part.Amount;
        }

        return cost + given.Aggregate((Int128)0, (sum, one) => sum + InTiers(households.GetValueOrDefault(one.Key)?.Tiers ?? [], one.Value))
            + sold.Aggregate((Int128)0, (sum, one) => sum + InTiers(TiersOf(one.Key), one.Value));
    }

    private Int128 InTiers(IReadOnlyList<AllocationInput.Tier> tiers, long amount)
    {
        Int128 cost = 0;
        foreach (var tier in tiers)
        {
            var here = Math.Min(amount, tier.Width / Grain * Grain ?? long.MaxValue);
            cost += Surcharge(tier) * here;
            amount -= here;
        }

        return cost;
    }
}
