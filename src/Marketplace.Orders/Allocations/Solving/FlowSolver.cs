using Google.OrTools.Graph;

namespace Marketplace.Orders.Allocations;

/// <summary>
/// The model as a minimum-cost flow. With the opened lots and visited slots given, everything else is a tree of capacities, and the flow is
/// the integer optimum; with fixed costs spread over the amounts, it is a relaxation.
/// </summary>
internal sealed class FlowSolver
{
    private readonly AllocationModel model;
    private readonly int[] from;
    private readonly int[] to;
    private readonly long[] capacity;
    private readonly long[] cost;
    private readonly int firstUnserved;
    private readonly int firstLot;
    private readonly int firstSlot;
    private readonly int toSink;
    private readonly int nodes;
    private readonly long demand;
    private readonly long highest;

    public FlowSolver(AllocationModel model)
    {
        this.model = model;
        demand = model.Demands.Sum();
        var (f, t, w, c) = (new List<int>(), new List<int>(), new List<long>(), new List<long>());
        const int sink = 0, nowhere = 1, hub = 2;
        var lot = hub + model.Demands.Length;
        var household = lot + model.Lots.Length;
        var slot = household + model.Households.Length;
        var village = slot + model.Slots.Length;
        nodes = village + model.Villages.Length;

        void Add(int a, int b, long most, long price)
        {
            f.Add(a);
            t.Add(b);
            w.Add(Math.Min(most, demand));
            c.Add(price);
        }

        foreach (var arc in model.Arcs)
        {
            Add(hub + arc.Hub, lot + arc.Lot, Math.Min(model.Demands[arc.Hub], model.Lots[arc.Lot].Most), arc.Cost);
        }

        firstUnserved = f.Count;
        for (var at = 0; at < model.Demands.Length; at++)
        {
            Add(hub + at, nowhere, model.Demands[at], 0);
        }

        // Two arcs out of a lot and out of a slot: the first holds the least that is taken when anything is.
        firstLot = f.Count;
        for (var at = 0; at < model.Lots.Length; at++)
        {
            var one = model.Lots[at];
            Add(lot + at, household + one.Household, Math.Min(one.Least, one.Most), 0);
            Add(lot + at, household + one.Household, Math.Max(0, one.Most - one.Least), 0);
        }

        for (var at = 0; at < model.Households.Length; at++)
        {
            foreach (var tier in model.Households[at].Tiers)
            {
                Add(household + at, slot + model.Households[at].Slot, tier.Width, tier.Surcharge);
            }
        }

        firstSlot = f.Count;
        for (var at = 0; at < model.Slots.Length; at++)
        {
            var one = model.Slots[at];
            Add(slot + at, village + one.Village, Math.Min(one.Least, one.Most), 0);
            Add(slot + at, village + one.Village, Math.Max(0, one.Most - one.Least), 0);
        }

        for (var at = 0; at < model.Villages.Length; at++)
        {
            foreach (var tier in model.Villages[at].Tiers)
            {
                Add(village + at, sink, tier.Width, tier.Surcharge);
            }
        }

        toSink = f.Count;
        Add(nowhere, sink, demand, 0);
        (from, to, capacity, cost) = ([.. f], [.. t], [.. w], [.. c]);
        highest = Math.Max(1, cost.Length == 0 ? 1 : cost.Max());
    }

    /// <summary>The least that stays unserved whatever is opened and visited: a proof, and no weight that could overflow or be too small.</summary>
    public long Least() => demand - Run(null, null, at => at >= firstUnserved && at < firstLot ? 1 : 0, demand).Sum();

    /// <summary>The cheapest flow that leaves no more than that, with fixed costs spread over the amounts: a relaxation, and exact without such costs.</summary>
    /// <param name="lotSlopes">What a grain of a lot carries of its fixed cost.</param>
    /// <param name="slotSlopes">What a grain in a slot carries of its fixed cost.</param>
    /// <returns>The flow, and by how much it may cost more than the cheapest because costs lost their last digits.</returns>
    public (long[] Flows, Int128 Slack) Relaxed(long[] lotSlopes, long[] slotSlopes, long mostUnserved)
    {
        var shift = Shift(highest + Most(lotSlopes) + Most(slotSlopes));
        var flows = Run(null, null, at => Price(at, lotSlopes, slotSlopes) >> shift, mostUnserved);

        // A grain passes five priced arcs on its way, and each may have lost almost a whole step.
        return (flows, (Int128)demand * 5 * ((1L << shift) - 1));
    }

    /// <summary>The flow with these lots and slots open: least unserved, then the least amounts of what is open, then the cheapest.</summary>
    public long[] With(bool[] lots, bool[] slots)
    {
        // Serving one grain more may shift others from hub to hub all along the network, and each shift may cost as much as the dearest arc.
        var reward = 4 * highest;
        var penalty = ((2L * model.Demands.Length) + 8) * reward;
        var shift = Shift(penalty);
        return Run(lots, slots, at => (at >= firstUnserved && at < firstLot ? penalty : IsLeast(at) ? cost[at] - reward : cost[at]) >> shift, demand);
    }

    private long Price(int at, long[] lotSlopes, long[] slotSlopes) => cost[at]
        + (at >= firstLot && at < firstLot + (2 * model.Lots.Length) ? lotSlopes[(at - firstLot) / 2] : 0)
        + (at >= firstSlot && at < firstSlot + (2 * model.Slots.Length) ? slotSlopes[(at - firstSlot) / 2] : 0);

    private bool IsLeast(int at) => (at >= firstLot && at < firstLot + (2 * model.Lots.Length) && (at - firstLot) % 2 == 0)
        || (at >= firstSlot && at < firstSlot + (2 * model.Slots.Length) && (at - firstSlot) % 2 == 0);

    private static long Most(long[] slopes) => slopes.Length == 0 ? 0 : slopes.Max();

    private bool IsClosed(int at, bool[]? lots, bool[]? slots) =>
        (lots is not null && at < firstUnserved && !lots[model.Arcs[at].Lot])
        || (lots is not null && at >= firstLot && at < firstLot + (2 * model.Lots.Length) && !lots[(at - firstLot) / 2])
        || (slots is not null && at >= firstSlot && at < firstSlot + (2 * model.Slots.Length) && !slots[(at - firstSlot) / 2]);

    private long[] Run(bool[]? lots, bool[]? slots, Func<int, long> price, long mostUnserved)
    {
        using var solver = new MinCostFlow();
        var places = new int[model.Arcs.Length];
        for (var at = 0; at < from.Length; at++)
        {
            var place = IsClosed(at, lots, slots) ? -1
                : solver.AddArcWithCapacityAndUnitCost(from[at], to[at], at == toSink ? mostUnserved : capacity[at], price(at));
            if (at < places.Length)
            {
                places[at] = place;
            }
        }

        for (var at = 0; at < model.Demands.Length; at++)
        {
            solver.SetNodeSupply(2 + at, model.Demands[at]);
        }

        solver.SetNodeSupply(0, -demand);
        var status = solver.Solve();
        if (status != MinCostFlowBase.Status.OPTIMAL)
        {
            throw new InvalidOperationException($"The flow of the allocation is {status}.");
        }

        var flows = new long[model.Arcs.Length];
        for (var at = 0; at < flows.Length; at++)
        {
            flows[at] = places[at] < 0 ? 0 : solver.Flow(places[at]);
        }

        return flows;
    }

    /// <summary>
    /// The solver multiplies costs by the number of nodes and adds such costs along paths. Where that could leave 64 bits, costs lose their last
    /// binary digits: the plan stays feasible and the least unserved, and is the cheapest up to that rounding.
    /// </summary>
    private int Shift(long price)
    {
        var room = long.MaxValue / 8 / (nodes + 1) / (nodes + 1);
        var shift = 0;
        while (price >> shift > room)
        {
            shift++;
        }

        return shift;
    }
}
