using Marketplace.Kernel;

namespace Marketplace.Orders.Allocations;

/// <summary>
/// The part of an input that is measured in one unit, as a model of plain integers. Everything stands in canonical order, so ties fall to the lot
/// whose hash comes first.
/// </summary>
internal sealed class UnitModel
{
    // Room for the sums of the solver; prices that do not fit lose their last binary digits.
    private static readonly Int128 Dearest = (Int128)1 << 40;

    private readonly List<AllocationInput.Line> lines;
    private readonly List<AllocationInput.Lot> lots;
    private readonly List<AllocationInput.Line[]> hubs = [];
    private readonly UnitCosts costs;
    private readonly AllocationModel model;
    private readonly int shift;

    public UnitModel(AllocationInput input, string unit)
    {
        lines = [.. input.Lines.Where(line => line.Unit == unit && line.Demand > 0)];
        lots = [.. input.Lots.Where(lot => lot.Unit == unit && lot is { Available: > 0, Asked: false, Price: not null })];
        costs = new UnitCosts(input, unit);
        var grain = costs.Grain;

        // Lines that want the same share one hub: 10,000 arcs from lots to lines become a fifth.
        foreach (var same in lines.GroupBy(line =>
            $"{line.Product} {line.ExpiresFrom:O} {line.ReadyBy:O} {line.MaxPrice} {line.Per} {line.To} {string.Join(',', line.Accepted)}"))
        {
            hubs.Add([.. same]);
        }

        var arcs = new List<(int Hub, int Lot, Int128 Cost)>();
        for (var hub = 0; hub < hubs.Count; hub++)
        {
            for (var lot = 0; lot < lots.Count; lot++)
            {
                if (Allocation.Fits(hubs[hub][0], lots[lot]))
                {
                    arcs.Add((hub, lot, (costs.Goods(lots[lot]) + costs.Transport(hubs[hub][0], lots[lot])) * grain));
                }
            }
        }

        var known = input.Households.Where(household => household.Unit == unit).ToDictionary(household => household.Id);
        var households = new Positions<Guid>();
        var slots = new Positions<(int? Point, string Village)>();
        var villages = new Positions<string>();
        foreach (var lot in lots)
        {
            if (households.Add(lot.Household))
            {
                var village = costs.VillageOf(lot);
                slots.Add((known.GetValueOrDefault(lot.Household)?.At, village));
                villages.Add(village);
            }
        }

        var points = input.Points.ToDictionary(point => point.Id);
        var surcharges = known.Values.SelectMany(household => household.Tiers).Concat(villages.Keys.SelectMany(costs.TiersOf))
            .Select(tier => costs.Surcharge(tier) * grain);
        var highest = arcs.Select(arc => arc.Cost).Concat(surcharges).DefaultIfEmpty(0).Max();
        while (highest >> shift > Dearest)
        {
            shift++;
        }

        var slotOf = new Dictionary<Guid, int>();
        foreach (var lot in lots)
        {
            slotOf.TryAdd(lot.Household, slots[(known.GetValueOrDefault(lot.Household)?.At, costs.VillageOf(lot))]);
        }

        model = new AllocationModel(
            [.. hubs.Select(hub => hub.Sum(line => line.Demand / grain))],
            [.. arcs.Select(arc => new AllocationModel.Arc(arc.Hub, arc.Lot, (long)(arc.Cost >> shift)))],
            [.. lots.Select(lot => new AllocationModel.Lot(households[lot.Household], lot.Available / grain, Math.Min(lot.Least, lot.Available) / grain,
                (long)(costs.Fixed(lot.Opening) >> shift)))],
            [.. households.Keys.Select(id => new AllocationModel.Household(slotOf[id], Tiers(known.GetValueOrDefault(id)?.Tiers ?? [new(null, 0)],
                known.GetValueOrDefault(id)?.Cap)))],
            [.. slots.Keys.Select(slot => slot.Point is { } at
                ? new AllocationModel.Slot(villages[slot.Village], points[at].Capacity is { } most ? most / grain : long.MaxValue,
                    Math.Min(points[at].Least, points[at].Capacity ?? long.MaxValue) / grain,
                    (long)(costs.Fixed(points[at].Visit) >> shift))
                : new AllocationModel.Slot(villages[slot.Village], long.MaxValue, 0, 0))],
            [.. villages.Keys.Select(code => new AllocationModel.Village(Tiers(costs.TiersOf(code), null)))]);
    }

    /// <summary>The parts of the plan, and a bound in 1/10,000 of the currency unit.</summary>
    public (IReadOnlyList<AllocationPlan.Part> Parts, Int128 Bound) Solve()
    {
        if (lines.Count == 0 || lots.Count == 0)
        {
            return ([], 0);
        }

        var answer = ModelSolver.Solve(model);
        return ([.. model.Spread(answer.Plan, hubs, line => line.Demand / costs.Grain)
            .Select(part => new AllocationPlan.Part(part.Of.Id, lots[part.Lot].Id, part.Amount * costs.Grain))], costs.InCurrency(answer.Bound << shift));
    }

    private AllocationModel.Tier[] Tiers(IReadOnlyList<AllocationInput.Tier> tiers, long? cap)
    {
        var left = cap is { } most ? most / costs.Grain : long.MaxValue;
        var made = new List<AllocationModel.Tier>();
        foreach (var tier in tiers)
        {
            var width = Math.Min(left, tier.Width is { } limit ? limit / costs.Grain : long.MaxValue);
            left = left == long.MaxValue ? left : left - width;
            made.Add(new AllocationModel.Tier(width, (long)(costs.Surcharge(tier) * costs.Grain >> shift)));
        }

        return [.. made];
    }

    /// <summary>Things and their places in the order they came.</summary>
    private sealed class Positions<T>
        where T : notnull
    {
        private readonly Dictionary<T, int> places = [];
        private readonly List<T> keys = [];

        public IReadOnlyList<T> Keys => keys;

        public int this[T key] => places[key];

        public bool Add(T key)
        {
            if (!places.TryAdd(key, keys.Count))
            {
                return false;
            }

            keys.Add(key);
            return true;
        }
    }
}
