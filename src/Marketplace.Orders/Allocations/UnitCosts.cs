using System.Numerics;
using Marketplace.Kernel;

namespace Marketplace.Orders.Allocations;

/// <summary>What a step of one unit costs in a plan, as integers: prices per kilogram and per tonne brought to one scale.</summary>
internal sealed class UnitCosts
{
    private readonly AllocationInput input;
    private readonly long freshness;
    private readonly long steps;
    private readonly long scale;

    public UnitCosts(AllocationInput input, string unit)
    {
        this.input = input;
        freshness = input.FreshnessPerDay.GetValueOrDefault(unit);
        var lots = input.Lots.Where(lot => lot.Unit == unit && lot is { Available: > 0, Price: not null }).ToList();
        var trading = Units.Trading(unit).Steps;
        steps = lots.Select(lot => Units.Find(lot.Per!)!.Steps).Append(trading).Max();
        scale = steps / trading;

        // Dividing by the greatest common divisor of all hard amounts is exact; the widths of tiers are rounded down to it.
        Grain = Math.Max(1, input.Lines.Where(line => line.Unit == unit).Select(line => line.Demand)
            .Concat(lots.Select(lot => lot.Available))
            .Concat(input.Households.Where(household => household.Unit == unit).Select(household => household.Cap ?? 0))
            .Concat(input.Points.Select(point => point.Capacity))
            .Aggregate(0L, (one, other) => (long)BigInteger.GreatestCommonDivisor(one, other)));
    }

    /// <summary>The step of the plan: every amount in it is a multiple.</summary>
    public long Grain { get; }

    /// <summary>One step of a lot: its price and what its freshness costs.</summary>
    public Int128 Goods(AllocationInput.Lot lot) => ((Int128)lot.Price!.Value * (steps / Units.Find(lot.Per!)!.Steps))
        + ((Int128)freshness * scale * Math.Max(0, lot.ExpiresOn.DayNumber - input.Day.DayNumber));

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
            total += costs.Of(unit, lots) / costs.steps;
        }

        return total;
    }

    /// <summary>The cost of the parts of this unit, step by step.</summary>
    public Int128 Of(IEnumerable<AllocationPlan.Part> parts, IReadOnlyDictionary<Guid, AllocationInput.Lot> lots)
    {
        Int128 cost = 0;
        var taken = new Dictionary<(Guid, string), long>();
        foreach (var part in parts)
        {
            var lot = lots[part.Lot];
            cost += Goods(lot) * part.Amount;
            taken[(lot.Household, lot.Unit)] = taken.GetValueOrDefault((lot.Household, lot.Unit)) + part.Amount;
        }

        foreach (var household in input.Households)
        {
            var left = taken.GetValueOrDefault((household.Id, household.Unit));
            foreach (var tier in household.Tiers)
            {
                var here = Math.Min(left, tier.Width / Grain * Grain ?? long.MaxValue);
                cost += Surcharge(tier) * here;
                left -= here;
            }
        }

        return cost;
    }
}
