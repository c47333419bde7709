namespace Marketplace.Orders.Allocations;

/// <summary>
/// An allocation as plain integers: the network hub → lot → household → slot → village, where ids are positions. Lines that want the same stand
/// behind one hub. Amounts are whole grains, costs whole units per grain; fixed costs are of the same unit.
/// </summary>
/// <param name="Demands">What each hub wants.</param>
/// <param name="Arcs">Which lot may serve which hub, and what a grain costs: goods, freshness, transport.</param>
internal sealed record AllocationModel(
    long[] Demands, AllocationModel.Arc[] Arcs, AllocationModel.Lot[] Lots, AllocationModel.Household[] Households, AllocationModel.Slot[] Slots,
    AllocationModel.Village[] Villages)
{
    /// <summary>What a plan brings to a hub, handed to those behind it in order; which of them gets which lot costs the same.</summary>
    /// <param name="behind">Who stands behind each hub.</param>
    /// <param name="wants">What each of them wants.</param>
    public IEnumerable<(T Of, int Lot, long Amount)> Spread<T>(ModelPlan plan, IReadOnlyList<T[]> behind, Func<T, long> wants)
    {
        var waiting = behind.Select(hub => new LinkedList<(T Of, long Amount)>(hub.Select(one => (one, wants(one))))).ToList();
        for (var at = 0; at < Arcs.Length; at++)
        {
            var (arc, left) = (Arcs[at], plan.Flows[at]);
            while (left > 0)
            {
                var (one, amount) = waiting[arc.Hub].First!.Value;
                waiting[arc.Hub].RemoveFirst();
                var part = Math.Min(left, amount);
                yield return (one, arc.Lot, part);
                left -= part;
                if (amount > part)
                {
                    waiting[arc.Hub].AddFirst((one, amount - part));
                }
            }
        }
    }

    internal readonly record struct Arc(int Hub, int Lot, long Cost);

    /// <param name="Least">Nothing, or at least so much is taken.</param>
    /// <param name="Opening">Cost of taking anything.</param>
    internal readonly record struct Lot(int Household, long Most, long Least, long Opening);

    /// <param name="Slot">Where it hands in.</param>
    /// <param name="Tiers">Filled in order at rising surcharges; the widths together are the most it may give.</param>
    internal readonly record struct Household(int Slot, Tier[] Tiers);

    /// <summary>A collection point on a day.</summary>
    /// <param name="Least">Nothing, or at least so much is collected.</param>
    /// <param name="Visit">Cost of collecting anything.</param>
    internal readonly record struct Slot(int Village, long Most, long Least, long Visit);

    internal readonly record struct Village(Tier[] Tiers);

    /// <param name="Width">Amount that fits; <see cref="long.MaxValue"/> without limit.</param>
    internal readonly record struct Tier(long Width, long Surcharge);
}

/// <summary>A plan for a model: what flows on each arc, what stays unserved, what it costs.</summary>
internal sealed record ModelPlan(long[] Flows, long Unserved, Int128 Cost)
{
    /// <summary>Less unserved first, then cheaper.</summary>
    public bool Beats(ModelPlan? other) => other is null || Unserved < other.Unserved || (Unserved == other.Unserved && Cost < other.Cost);
}

/// <summary>Adds a plan up from its flows alone, knowing nothing of how they were found.</summary>
internal static class ModelCheck
{
    /// <summary>The plan with these flows; null when a bound is broken.</summary>
    public static ModelPlan? Of(AllocationModel model, long[] flows)
    {
        var (served, taken) = (new long[model.Demands.Length], new long[model.Lots.Length]);
        var (given, collected, sold) = (new long[model.Households.Length], new long[model.Slots.Length], new long[model.Villages.Length]);
        Int128 cost = 0;
        for (var at = 0; at < flows.Length; at++)
        {
            var (flow, arc) = (flows[at], model.Arcs[at]);
            if (flow < 0)
            {
                return null;
            }

            served[arc.Hub] += flow;
            taken[arc.Lot] += flow;
            cost += (Int128)flow * arc.Cost;
        }

        for (var at = 0; at < taken.Length; at++)
        {
            var lot = model.Lots[at];
            if (taken[at] == 0)
            {
                continue;
            }

            if (taken[at] < lot.Least || taken[at] > lot.Most)
            {
                return null;
            }

            given[lot.Household] += taken[at];
            cost += lot.Opening;
        }

        for (var at = 0; at < given.Length; at++)
        {
            if (Surcharge(model.Households[at].Tiers, given[at]) is not { } surcharge)
            {
                return null;
            }

            cost += surcharge;
            collected[model.Households[at].Slot] += given[at];
        }

        for (var at = 0; at < collected.Length; at++)
        {
            var slot = model.Slots[at];
            if (collected[at] == 0)
            {
                continue;
            }

            if (collected[at] < slot.Least || collected[at] > slot.Most)
            {
                return null;
            }

            sold[slot.Village] += collected[at];
            cost += slot.Visit;
        }

        for (var at = 0; at < sold.Length; at++)
        {
            if (Surcharge(model.Villages[at].Tiers, sold[at]) is not { } surcharge)
            {
                return null;
            }

            cost += surcharge;
        }

        long unserved = 0;
        for (var at = 0; at < served.Length; at++)
        {
            if (served[at] > model.Demands[at])
            {
                return null;
            }

            unserved += model.Demands[at] - served[at];
        }

        return new ModelPlan(flows, unserved, cost);
    }

    /// <summary>What all tiers take for these amounts of the lots.</summary>
    public static Int128 Surcharges(AllocationModel model, long[] taken)
    {
        var (given, sold) = (new long[model.Households.Length], new long[model.Villages.Length]);
        for (var lot = 0; lot < taken.Length; lot++)
        {
            var household = model.Lots[lot].Household;
            given[household] += taken[lot];
            sold[model.Slots[model.Households[household].Slot].Village] += taken[lot];
        }

        Int128 cost = 0;
        for (var at = 0; at < given.Length; at++)
        {
            cost += Surcharge(model.Households[at].Tiers, given[at]) ?? 0;
        }

        for (var at = 0; at < sold.Length; at++)
        {
            cost += Surcharge(model.Villages[at].Tiers, sold[at]) ?? 0;
        }

        return cost;
    }

    /// <summary>What the tiers take for an amount; null when it does not fit into them.</summary>
    private static Int128? Surcharge(AllocationModel.Tier[] tiers, long amount)
    {
        Int128 cost = 0;
        foreach (var tier in tiers)
        {
            var here = Math.Min(amount, tier.Width);
            cost += (Int128)here * tier.Surcharge;
            amount -= here;
        }

        return amount == 0 ? cost : null;
    }
}
