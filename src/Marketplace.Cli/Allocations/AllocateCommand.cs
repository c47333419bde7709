using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Marketplace.Orders.Allocations;

namespace Marketplace.Cli.Allocations;

/// <summary><c>allocate FILE</c>: solves an instance as the product would, so that anybody can compare it with another solver.</summary>
internal static class AllocateCommand
{
    public static Command Build()
    {
        var file = new Argument<FileInfo>("file") { Description = "An instance of model allocation-v1." };
        var sharp = new Option<bool>("--sharp") { Description = "Spend further seconds on a sharper bound." };
        var json = new Option<bool>("--json") { Description = "Print JSON with the whole plan." };
        var command = new Command("allocate", "Plan an order over small lots: least unserved first, then the least cost, with a bound below every plan.")
        {
            file, sharp, json,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            InstanceFile instance;
            try
            {
                instance = InstanceFile.Read(await File.ReadAllTextAsync(parsed.GetValue(file)!.FullName, cancel));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
            {
                await Console.Error.WriteLineAsync(failure.Message);
                return Exit.Failed;
            }

            var solved = Solve(instance, parsed.GetValue(sharp));
            Console.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(solved, Kernel.Event.Json) : string.Create(CultureInfo.InvariantCulture,
                $"unserved {solved.UnservedGrams} g, cost {solved.CostMilliTiyn}, bound {solved.BoundMilliTiyn} milli-tiyn"));
            return Exit.Done;
        });
        return command;
    }

    /// <param name="BoundMilliTiyn">No plan that leaves as little costs less.</param>
    internal sealed record Solved(long UnservedGrams, long LeastUnservedGrams, decimal CostMilliTiyn, decimal BoundMilliTiyn, IReadOnlyList<Taken> Plan);

    /// <summary>So many grams of a lot for a line, both by their places.</summary>
    internal sealed record Taken(int Line, int Lot, long Grams);

    internal static Solved Solve(InstanceFile instance, bool sharp)
    {
        var (model, hubs) = instance.ToModel();
        var answer = ModelSolver.Solve(model);
        var bound = sharp ? ModelSolver.Bound(model, answer) : answer.Bound;
        var grain = instance.Grain;
        return new Solved(answer.Plan.Unserved * grain, answer.LeastUnserved * grain, (decimal)answer.Plan.Cost, (decimal)bound,
            [.. model.Spread(answer.Plan, hubs, line => instance.Lines[line].DemandGrams / grain).Select(part => new Taken(part.Of, part.Lot, part.Amount * grain))]);
    }
}
