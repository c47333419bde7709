namespace Marketplace.Orders.Allocations;

/// <summary>
/// Finds a plan for a model and a bound below every plan: least unserved first, then cheapest. Every phase is limited by a count and none by the
/// clock, so the same model gives the same plan. See decision 130.
/// </summary>
internal sealed class ModelSolver
{
    // Flows whose slopes follow the amounts of the flow before: after five of them little that is new comes into the kernel.
    private const int Turns = 5;

    // Up to so many arcs the whole model is searched to its proven optimum; instances of a hundred lots need some forty nodes.
    private const int SmallEnough = 500;
    private const long MostNodes = 500;

    // Up to so many arcs the strong program over the whole model gives the bound; above it the relaxed flow does, which lies some per cent lower.
    private const int BoundedByProgram = 4_000;

    private static readonly double[] Thresholds = [0.02, 0.2, 0.5];

    private readonly AllocationModel model;
    private readonly FlowSolver flow;
    private readonly long least;
    private readonly bool[] kernel;
    private ModelPlan best;
    private Int128 bound;

    private ModelSolver(AllocationModel model)
    {
        this.model = model;
        flow = new FlowSolver(model);
        least = flow.Least();
        kernel = new bool[model.Arcs.Length];
        best = ModelCheck.Of(model, new long[model.Arcs.Length])!;
    }

    /// <param name="LeastUnserved">Proven: no plan leaves less.</param>
    /// <param name="Bound">No plan that leaves as little as this one costs less.</param>
    internal sealed record Answer(ModelPlan Plan, long LeastUnserved, Int128 Bound);

    public static Answer Solve(AllocationModel model) => new ModelSolver(model).Run();

    /// <summary>A sharper bound by the strong program over the whole model: seconds for some thousand lots.</summary>
    public static Int128 Bound(AllocationModel model, Answer answer) =>
        Below(new StrongProgram(model, Everything(model)).Solve(whole: false, answer.Plan.Unserved, 0)?.Bound) is { } sharper
            ? Int128.Max(answer.Bound, sharper) : answer.Bound;

    private Answer Run()
    {
        var lotSlopes = model.Lots.Select(lot => lot.Opening / Math.Max(1, lot.Most)).ToArray();
        var slotSlopes = model.Slots.Select(slot => slot.Visit / Math.Max(1, slot.Most)).ToArray();
        var (flows, slack) = flow.Relaxed(lotSlopes, slotSlopes, least);
        bound = Relaxation(flows, lotSlopes, slotSlopes) - slack;
        if (IsFlow)
        {
            best = ModelCheck.Of(model, flows)!;
            return new Answer(best, least, bound);
        }

        Slope(flows, lotSlopes, slotSlopes);
        Round();
        Repair();
        if (best.Unserved > least)
        {
            // A plan that may leave more may also cost less: the bound has to allow it.
            var (looser, lost) = flow.Relaxed(lotSlopes, slotSlopes, best.Unserved);
            bound = Relaxation(looser, lotSlopes, slotSlopes) - lost;
        }

        if (model.Arcs.Length <= SmallEnough)
        {
            Search();
        }

        var answer = new Answer(best, least, Int128.Min(bound, best.Cost));
        return model.Arcs.Length is > SmallEnough and <= BoundedByProgram ? answer with { Bound = Bound(model, answer) } : answer;
    }

    /// <summary>Nothing fixed and no least amounts: the flow is the optimum.</summary>
    private bool IsFlow => model.Lots.All(lot => lot is { Opening: 0, Least: <= 1 }) && model.Slots.All(slot => slot is { Visit: 0, Least: <= 1 });

    /// <summary>Flow after flow carries fixed costs where the last one opened: what they open makes plans, and what they use the kernel.</summary>
    private void Slope(long[] flows, long[] lotSlopes, long[] slotSlopes)
    {
        for (var turn = 1; ; turn++)
        {
            for (var at = 0; at < flows.Length; at++)
            {
                kernel[at] |= flows[at] > 0;
            }

            var (taken, collected) = Amounts(flows);
            Try([.. taken.Select(amount => amount > 0)], [.. collected.Select(amount => amount > 0)]);
            if (turn == Turns)
            {
                return;
            }

            lotSlopes = [.. taken.Select((amount, lot) => amount > 0 ? model.Lots[lot].Opening / amount : lotSlopes[lot])];
            slotSlopes = [.. collected.Select((amount, slot) => amount > 0 ? model.Slots[slot].Visit / amount : slotSlopes[slot])];
            (flows, _) = flow.Relaxed(lotSlopes, slotSlopes, least);
        }
    }

    /// <summary>The strong program over the kernel, its decisions rounded at several thresholds.</summary>
    private void Round()
    {
        if (new StrongProgram(model, kernel).Solve(whole: false, least, 0) is not { } answer)
        {
            return;
        }

        foreach (var threshold in Thresholds)
        {
            Try([.. answer.Lots.Select(opened => opened > threshold)], [.. answer.Slots.Select(visited => visited > threshold)]);
            Try([.. answer.Lots.Select(opened => opened > threshold)], [.. answer.Slots.Select(visited => visited > Thresholds[0])]);
        }
    }

    /// <summary>Where least amounts left something unserved, more is opened than is cheap.</summary>
    private void Repair()
    {
        if (best.Unserved > least)
        {
            var (_, collected) = Amounts(best.Flows);
            Try([.. model.Lots.Select(lot => collected[model.Households[lot.Household].Slot] > 0)], [.. collected.Select(amount => amount > 0)]);
            Try([.. model.Lots.Select(_ => true)], [.. model.Slots.Select(_ => true)]);
        }
    }

    /// <summary>A small model as a whole: the least unserved with least amounts, then the optimum.</summary>
    private void Search()
    {
        var program = new StrongProgram(model, Everything(model));
        if (best.Unserved > least && program.Solve(whole: true, null, MostNodes) is { } fewest)
        {
            Try([.. fewest.Lots.Select(opened => opened > 0.5)], [.. fewest.Slots.Select(visited => visited > 0.5)]);
        }

        if (program.Solve(whole: true, best.Unserved, MostNodes) is { } exact)
        {
            Try([.. exact.Lots.Select(opened => opened > 0.5)], [.. exact.Slots.Select(visited => visited > 0.5)]);
            bound = Int128.Max(bound, Below(exact.Bound)!.Value);
        }
    }

    /// <summary>The plan with these lots and slots open; what cannot keep its least amount is closed, one turn after the other.</summary>
    private void Try(bool[] lots, bool[] slots)
    {
        for (var turn = 0; turn < 8; turn++)
        {
            var flows = flow.With(lots, slots);
            if (ModelCheck.Of(model, flows) is { } plan)
            {
                best = plan.Beats(best) ? plan : best;
                return;
            }

            var (taken, collected) = Amounts(flows);
            for (var lot = 0; lot < lots.Length; lot++)
            {
                lots[lot] &= taken[lot] >= Math.Max(1, model.Lots[lot].Least);
            }

            for (var slot = 0; slot < slots.Length; slot++)
            {
                slots[slot] &= collected[slot] >= Math.Max(1, model.Slots[slot].Least);
            }
        }
    }

    /// <summary>What a relaxed flow costs with its slopes, rounded down: below every plan that leaves as little unserved.</summary>
    private Int128 Relaxation(long[] flows, long[] lotSlopes, long[] slotSlopes)
    {
        var (taken, collected) = Amounts(flows);
        var cost = ModelCheck.Surcharges(model, taken);
        for (var at = 0; at < flows.Length; at++)
        {
            cost += (Int128)flows[at] * model.Arcs[at].Cost;
        }

        for (var lot = 0; lot < taken.Length; lot++)
        {
            cost += (Int128)taken[lot] * lotSlopes[lot];
        }

        for (var slot = 0; slot < collected.Length; slot++)
        {
            cost += (Int128)collected[slot] * slotSlopes[slot];
        }

        return cost;
    }

    private (long[] Taken, long[] Collected) Amounts(long[] flows)
    {
        var (taken, collected) = (new long[model.Lots.Length], new long[model.Slots.Length]);
        for (var at = 0; at < flows.Length; at++)
        {
            taken[model.Arcs[at].Lot] += flows[at];
        }

        for (var lot = 0; lot < taken.Length; lot++)
        {
            collected[model.Households[model.Lots[lot].Household].Slot] += taken[lot];
        }

        return (taken, collected);
    }

    private static bool[] Everything(AllocationModel model) => [.. model.Arcs.Select(_ => true)];

    /// <summary>A bound of the floating solver as an integer, less what its tolerance may have added.</summary>
    private static Int128? Below(double? bound) => bound is { } value ? (Int128)Math.Floor(value * (1 - 1e-7)) : null;
}
