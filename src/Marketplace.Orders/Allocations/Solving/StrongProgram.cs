using Google.OrTools.LinearSolver;

namespace Marketplace.Orders.Allocations;

/// <summary>
/// The model as a linear program with its yes-or-no decisions: lot opened, slot visited. A lot is open only where its slot is visited, and no
/// single arc carries more than the opening allows; with these the relaxation lies close below the optimum.
/// </summary>
internal sealed class StrongProgram
{
    private readonly AllocationModel model;
    private readonly bool[] arcs;
    private readonly bool[] lots;

    /// <param name="arcs">The arcs that count; a lot without one stays closed.</param>
    public StrongProgram(AllocationModel model, bool[] arcs)
    {
        (this.model, this.arcs, lots) = (model, arcs, new bool[model.Lots.Length]);
        for (var at = 0; at < arcs.Length; at++)
        {
            lots[model.Arcs[at].Lot] |= arcs[at];
        }
    }

    internal sealed record Answer(double[] Lots, double[] Slots, double Objective, double Bound, bool Optimal, long Nodes);

    /// <summary>Solves it; null when there is no plan within the unserved quantity.</summary>
    /// <param name="whole">Whether decisions are whole.</param>
    /// <param name="unserved">The most that may stay unserved; null minimises that instead of the cost.</param>
    /// <param name="nodes">The most nodes of the search; a count and no clock, so that the answer is always the same.</param>
    public Answer? Solve(bool whole, long? unserved, long nodes)
    {
        using var solver = Solver.CreateSolver(whole ? "SCIP" : "GLOP") ?? throw new InvalidOperationException("The linear solver is not there.");
        var scale = Math.Max(1.0, model.Arcs.Length == 0 ? 1 : model.Arcs.Max(arc => (double)arc.Cost));
        var objective = solver.Objective();
        var opened = new Variable?[model.Lots.Length];
        var taken = new Constraint?[model.Lots.Length];
        var least = new Constraint?[model.Lots.Length];
        var visited = new Variable[model.Slots.Length];
        var inSlot = new Constraint[model.Slots.Length];
        var atLeast = new Constraint?[model.Slots.Length];
        var inVillage = new Constraint[model.Villages.Length];
        var cost = unserved is not null;
        for (var at = 0; at < model.Villages.Length; at++)
        {
            // What the slots bring less what the tiers take.
            inVillage[at] = solver.MakeConstraint(0, 0);
            foreach (var tier in model.Villages[at].Tiers)
            {
                var width = solver.MakeNumVar(0, tier.Width == long.MaxValue ? double.PositiveInfinity : tier.Width, "");
                inVillage[at].SetCoefficient(width, -1);
                objective.SetCoefficient(width, cost ? tier.Surcharge / scale : 0);
            }
        }

        for (var at = 0; at < model.Slots.Length; at++)
        {
            var slot = model.Slots[at];
            visited[at] = whole ? solver.MakeBoolVar("") : solver.MakeNumVar(0, 1, "");
            objective.SetCoefficient(visited[at], cost ? slot.Visit / scale : 0);
            inSlot[at] = solver.MakeConstraint(double.NegativeInfinity, 0);
            inSlot[at].SetCoefficient(visited[at], -(double)Math.Min(slot.Most, model.Demands.Sum()));
            if (slot.Least > 0)
            {
                atLeast[at] = solver.MakeConstraint(0, double.PositiveInfinity);
                atLeast[at]!.SetCoefficient(visited[at], -slot.Least);
            }
        }

        var households = new Constraint[model.Households.Length];
        for (var at = 0; at < model.Households.Length; at++)
        {
            households[at] = solver.MakeConstraint(0, 0);
            foreach (var tier in model.Households[at].Tiers)
            {
                var width = solver.MakeNumVar(0, tier.Width == long.MaxValue ? double.PositiveInfinity : tier.Width, "");
                households[at].SetCoefficient(width, -1);
                objective.SetCoefficient(width, cost ? tier.Surcharge / scale : 0);
                var slot = model.Households[at].Slot;
                inSlot[slot].SetCoefficient(width, 1);
                atLeast[slot]?.SetCoefficient(width, 1);
                inVillage[model.Slots[slot].Village].SetCoefficient(width, 1);
            }
        }

        for (var at = 0; at < model.Lots.Length; at++)
        {
            if (!lots[at])
            {
                continue;
            }

            var lot = model.Lots[at];
            var open = opened[at] = whole ? solver.MakeBoolVar("") : solver.MakeNumVar(0, 1, "");
            objective.SetCoefficient(open, cost ? lot.Opening / scale : 0);
            taken[at] = solver.MakeConstraint(double.NegativeInfinity, 0);
            taken[at]!.SetCoefficient(open, -lot.Most);
            if (lot.Least > 0)
            {
                least[at] = solver.MakeConstraint(0, double.PositiveInfinity);
                least[at]!.SetCoefficient(open, -lot.Least);
            }

            var together = solver.MakeConstraint(double.NegativeInfinity, 0);
            together.SetCoefficient(open, 1);
            together.SetCoefficient(visited[model.Households[lot.Household].Slot], -1);
        }

        var rest = unserved is { } limit ? solver.MakeConstraint(0, limit) : null;
        var hubs = new Constraint[model.Demands.Length];
        for (var at = 0; at < hubs.Length; at++)
        {
            hubs[at] = solver.MakeConstraint(model.Demands[at], model.Demands[at]);
            var missing = solver.MakeNumVar(0, model.Demands[at], "");
            hubs[at].SetCoefficient(missing, 1);
            rest?.SetCoefficient(missing, 1);
            objective.SetCoefficient(missing, cost ? 0 : 1);
        }

        for (var at = 0; at < arcs.Length; at++)
        {
            if (!arcs[at])
            {
                continue;
            }

            var arc = model.Arcs[at];

            var most = Math.Min(model.Demands[arc.Hub], model.Lots[arc.Lot].Most);
            var flow = solver.MakeNumVar(0, most, "");
            objective.SetCoefficient(flow, cost ? arc.Cost / scale : 0);
            hubs[arc.Hub].SetCoefficient(flow, 1);
            taken[arc.Lot]!.SetCoefficient(flow, 1);
            least[arc.Lot]?.SetCoefficient(flow, 1);
            households[model.Lots[arc.Lot].Household].SetCoefficient(flow, 1);
            if (most < model.Lots[arc.Lot].Most && model.Lots[arc.Lot].Opening > 0)
            {
                var single = solver.MakeConstraint(double.NegativeInfinity, 0);
                single.SetCoefficient(flow, 1);
                single.SetCoefficient(opened[arc.Lot], -most);
            }
        }

        objective.SetMinimization();
        if (whole)
        {
            solver.SetSolverSpecificParametersAsString(FormattableString.Invariant($"limits/nodes = {nodes}\nlimits/gap = 0\n"));
        }

        var status = solver.Solve();
        if (status is not (Solver.ResultStatus.OPTIMAL or Solver.ResultStatus.FEASIBLE))
        {
            return null;
        }

        var unit = cost ? scale : 1;
        return new Answer([.. opened.Select(open => open?.SolutionValue() ?? 0)], [.. visited.Select(visit => visit.SolutionValue())],
            objective.Value() * unit, (whole ? objective.BestBound() : objective.Value()) * unit, status == Solver.ResultStatus.OPTIMAL, whole ? solver.Nodes() : 0);
    }
}
