using Google.OrTools.Graph;
using Marketplace.Kernel;

namespace Marketplace.Orders.Allocations;

/// <summary>
/// Spreads an order over many small lots: the least unserved quantity first, then the least cost of goods, first-expired-first-out and
/// fairness. A minimum-cost flow in integers: line → hub → lot → household → fairness tiers → sink.
/// </summary>
internal static class Allocation
{
    /// <summary>Computes the plan. The same input gives the same plan.</summary>
    public static AllocationPlan Plan(AllocationInput given)
    {
        var input = given.Canonical();
        var taken = new List<AllocationPlan.Part>();
        var unserved = input.Lines.ToDictionary(line => line.Id, line => line.Demand);

        // Kilograms, litres and pieces share nothing: each unit is a flow of its own.
        foreach (var unit in input.Lines.Select(line => line.Unit).Distinct().Order(StringComparer.Ordinal))
        {
            var flow = new Network(input, unit);
            foreach (var part in flow.Solve())
            {
                taken.Add(part);
                unserved[part.Line] -= part.Amount;
            }
        }

        var plan = new AllocationPlan(
            [.. taken.OrderBy(part => part.Line).ThenBy(part => part.Lot)], unserved, Reasons.Of(input, taken), UnitCosts.Total(input, taken));
        AllocationCheck.Verify(input, plan);
        return plan;
    }

    /// <summary>May goods of this lot fill this line?</summary>
    public static bool Fits(AllocationInput.Line line, AllocationInput.Lot lot) =>
        lot.Product == line.Product && lot.Unit == line.Unit && lot.ReadyOn <= line.ReadyBy && lot.ExpiresOn >= line.ExpiresFrom
        && Reaches(line, lot) && lot.Price is not null && WithinPrice(line, lot);

    public static bool Reaches(AllocationInput.Line line, AllocationInput.Lot lot) => line.Accepted.Count == 0 || line.Accepted.Any(lot.Path.Contains);

    public static bool WithinPrice(AllocationInput.Line line, AllocationInput.Lot lot) =>
        (Int128)(lot.Price ?? 0) * Units.Find(line.Per)!.Steps <= (Int128)line.MaxPrice * Units.Find(lot.Per ?? line.Per)!.Steps;

    /// <summary>The flow of one unit. Nodes and arcs are made in canonical order, so ties fall to the lot whose hash comes first.</summary>
    private sealed class Network
    {
        private readonly List<(int From, int To, long Capacity, Int128 Cost)> arcs = [];
        private readonly List<(int Arc, AllocationInput.Line Line, int Hub)> outOfLines = [];
        private readonly HashSet<int> unservedArcs = [];
        private readonly List<AllocationInput.Line> lines;
        private readonly List<AllocationInput.Lot> lots;
        private readonly List<int> hubNodes = [];
        private readonly List<(int Arc, int Hub, int Lot)> hubArcs = [];
        private readonly long grain;
        private readonly int source;
        private readonly int sink;
        private readonly int toSink;
        private int nodes;

        public Network(AllocationInput input, string unit)
        {
            lines = [.. input.Lines.Where(line => line.Unit == unit && line.Demand > 0)];
            lots = [.. input.Lots.Where(lot => lot.Unit == unit && lot is { Available: > 0, Asked: false, Price: not null })];
            var households = input.Households.Where(household => household.Unit == unit).ToDictionary(household => household.Id);
            var costs = new UnitCosts(input, unit);
            grain = costs.Grain;

            source = nodes++;
            sink = nodes++;
            var nowhere = nodes++;
            var lotNode = new int[lots.Count];
            for (var i = 0; i < lots.Count; i++)
            {
                lotNode[i] = nodes++;
            }

            // Lines that want the same share one hub: 10,000 arcs from lots to lines become a fifth.
            var hubs = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var line in lines)
            {
                var lineNode = nodes++;
                Arc(source, lineNode, line.Demand / grain, 0);
                unservedArcs.Add(Arc(lineNode, nowhere, line.Demand / grain, 0));
                var key = $"{line.Product} {line.ExpiresFrom:O} {line.ReadyBy:O} {line.MaxPrice} {line.Per} {string.Join(',', line.Accepted)}";
                if (!hubs.TryGetValue(key, out var hub))
                {
                    hub = hubs[key] = hubNodes.Count;
                    hubNodes.Add(nodes++);
                    for (var i = 0; i < lots.Count; i++)
                    {
                        if (Fits(line, lots[i]))
                        {
                            hubArcs.Add((Arc(hubNodes[hub], lotNode[i], lots[i].Available / grain, 0), hub, i));
                        }
                    }
                }

                outOfLines.Add((Arc(lineNode, hubNodes[hub], line.Demand / grain, 0), line, hub));
            }

            var pointNode = input.Points.ToDictionary(point => point.Id, point =>
            {
                var node = nodes++;
                Arc(node, sink, point.Capacity / grain, 0);
                return node;
            });
            var householdNode = new Dictionary<Guid, int>();
            for (var i = 0; i < lots.Count; i++)
            {
                var lot = lots[i];
                if (!householdNode.TryGetValue(lot.Household, out var node))
                {
                    node = householdNode[lot.Household] = nodes++;
                    var household = households.GetValueOrDefault(lot.Household);
                    var to = household?.At is { } at ? pointNode[at] : sink;
                    var left = household?.Cap is { } cap ? cap / grain : long.MaxValue;
                    foreach (var tier in household?.Tiers ?? [new(null, 0)])
                    {
                        var width = Math.Min(left, tier.Width is { } limit ? limit / grain : long.MaxValue);
                        left = left == long.MaxValue ? left : left - width;
                        Arc(node, to, width, costs.Surcharge(tier));
                    }
                }

                Arc(lotNode[i], node, lot.Available / grain, costs.Goods(lot));
            }

            toSink = Arc(nowhere, sink, long.MaxValue, 0);
        }

        public IEnumerable<AllocationPlan.Part> Solve()
        {
            var demand = lines.Sum(line => line.Demand / grain);
            if (demand == 0 || lots.Count == 0)
            {
                return [];
            }

            // First the least unserved alone: a proof, and no weight that could overflow or be too small.
            var first = Run(demand, demand, arc => unservedArcs.Contains(arc) ? 1 : 0);
            var least = first[toSink];

            // Then the cheapest of all plans that leave no more than that.
            var highest = arcs.Max(arc => arc.Cost);
            var shift = Shift(highest);
            var flows = Run(demand, least, arc => (long)(arcs[arc].Cost >> shift));
            return Parts(flows);
        }

        /// <summary>
        /// The solver multiplies costs by the number of nodes and adds such costs along paths. Where that could leave 64 bits, costs lose
        /// their last binary digits: the plan stays feasible and the least unserved, and is the cheapest up to that rounding.
        /// </summary>
        private int Shift(Int128 highest)
        {
            var room = (Int128)(long.MaxValue / 8) / ((Int128)(nodes + 1) * (nodes + 1));
            var shift = 0;
            while (highest >> shift > room)
            {
                shift++;
            }

            return shift;
        }

        private long[] Run(long demand, long mostUnserved, Func<int, long> cost)
        {
            using var solver = new MinCostFlow();
            for (var i = 0; i < arcs.Count; i++)
            {
                var capacity = i == toSink ? mostUnserved : Math.Min(arcs[i].Capacity, demand);
                solver.AddArcWithCapacityAndUnitCost(arcs[i].From, arcs[i].To, capacity, cost(i));
            }

            solver.SetNodeSupply(source, demand);
            solver.SetNodeSupply(sink, -demand);
            var status = solver.Solve();
            if (status != MinCostFlowBase.Status.OPTIMAL)
            {
                throw new InvalidOperationException($"The flow of the allocation is {status}.");
            }

            var flows = new long[arcs.Count];
            for (var i = 0; i < flows.Length; i++)
            {
                flows[i] = solver.Flow(i);
            }

            return flows;
        }

        /// <summary>What reached a hub is handed to its lines in order; which line of one hub gets which lot costs the same.</summary>
        private IEnumerable<AllocationPlan.Part> Parts(long[] flows)
        {
            var wanted = outOfLines.Where(line => flows[line.Arc] > 0).GroupBy(line => line.Hub)
                .ToDictionary(hub => hub.Key, hub => new Queue<(Guid Line, long Amount)>(hub.Select(line => (line.Line.Id, flows[line.Arc]))));
            foreach (var (arc, hub, lot) in hubArcs)
            {
                var left = flows[arc];
                while (left > 0)
                {
                    var (line, amount) = wanted[hub].Dequeue();
                    var part = Math.Min(left, amount);
                    yield return new AllocationPlan.Part(line, lots[lot].Id, part * grain);
                    left -= part;
                    if (amount > part)
                    {
                        // The rest of a line goes on with the next lot: put it back in front.
                        wanted[hub] = new Queue<(Guid, long)>(wanted[hub].Prepend((line, amount - part)));
                    }
                }
            }
        }

        private int Arc(int from, int to, long capacity, Int128 cost)
        {
            arcs.Add((from, to, Math.Max(0, capacity), cost));
            return arcs.Count - 1;
        }
    }
}
