using System.Diagnostics;
using System.Globalization;
using Marketplace.Orders.Allocations;
using Marketplace.Tests.Orders;

namespace Marketplace.Benchmarks;

/// <summary>The solver on invented orders: what a plan costs against the bound that no plan goes below, and the seconds it took.</summary>
internal static class Allocations
{
    /// <summary>An order of a district's week: five thousand lots of eight hundred households in forty villages.</summary>
    public static AllocationModel Order => GeneratedModel.Of(seed: 11, hubs: 12, lots: 5_000, households: 800, villages: 40, demand: 50_000);

    public static AllocationModel Hundred => GeneratedModel.Of(seed: 12, hubs: 100, lots: 1_000, households: 400, villages: 30, demand: 12_000);

    public static AllocationModel Thousand => GeneratedModel.Of(seed: 13, hubs: 1_000, lots: 10_000, households: 2_000, villages: 100, demand: 120_000);

    /// <summary>Two million arcs, no fixed costs: the flow alone is the optimum.</summary>
    public static AllocationModel Flow =>
        GeneratedModel.Of(seed: 14, hubs: 1_000, lots: 100_000, households: 20_000, villages: 400, demand: 1_200_000, kinds: 50, pure: true);

    /// <param name="sharp">With the bound of the strong program over the whole model: minutes for ten thousand lots, for which the flow's bound must do.</param>
    public static Task<Measured> AgainstBound(string name, AllocationModel model, double goal, bool sharp)
    {
        var (answer, seconds) = Timed(model);
        var bound = (double)(sharp ? ModelSolver.Bound(model, answer) : answer.Bound);
        return Task.FromResult(new Measured(name, (double)answer.Plan.Cost / 1e9, bound / 1e9, (double)answer.Plan.Cost / bound, goal,
            string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s, {model.Arcs.Length:#,0} arcs, unserved {answer.Plan.Unserved:#,0} of at least {answer.LeastUnserved:#,0}"),
            Lower: true));
    }

    public static Task<Measured> Seconds(string name, AllocationModel model, double limit, int rounds)
    {
        var times = Enumerable.Range(0, rounds).Select(_ => Timed(model).Seconds).Order().ToList();
        var median = times[times.Count / 2];
        return Task.FromResult(new Measured(name, median, limit, median / limit, 1, "plan without its sharper bound", Lower: true));
    }

    private static (ModelSolver.Answer Answer, double Seconds) Timed(AllocationModel model)
    {
        var clock = Stopwatch.StartNew();
        var answer = ModelSolver.Solve(model);
        return (answer, clock.Elapsed.TotalSeconds);
    }
}
