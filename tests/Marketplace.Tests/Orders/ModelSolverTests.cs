using CsCheck;
using Google.OrTools.Sat;
using Marketplace.Cli.Allocations;
using Marketplace.Orders.Allocations;

namespace Marketplace.Tests.Orders;

public sealed class ModelSolverTests
{
    [Fact]
    public void Small_models_reach_the_optimum_of_another_solver() => Models.Sample(model =>
    {
        var answer = ModelSolver.Solve(model);
        Assert.Equal(answer.Plan, ModelCheck.Of(model, answer.Plan.Flows)! with { Flows = answer.Plan.Flows });
        var (unserved, cost) = Judge(model);
        Assert.Equal((unserved, cost), (answer.Plan.Unserved, answer.Plan.Cost));
        Assert.InRange(answer.LeastUnserved, 0, unserved);
        Assert.True(answer.Bound <= cost && answer.Bound >= cost - (cost / 1_000_000) - 1, $"bound {answer.Bound}, optimum {cost}");
    }, iter: 25);

    [Fact]
    public void The_same_model_gives_the_same_plan() => Models.Sample(
        model => Assert.Equal(ModelSolver.Solve(model).Plan.Flows, ModelSolver.Solve(model).Plan.Flows), iter: 5);

    [Fact]
    public void An_order_of_many_lots_is_planned_close_to_its_proven_bound()
    {
        var model = GeneratedModel.Of(seed: 7, hubs: 12, lots: 900, households: 200, villages: 15, demand: 9_000);
        var answer = ModelSolver.Solve(model);
        Assert.Equal(answer.LeastUnserved, answer.Plan.Unserved);
        var bound = ModelSolver.Bound(model, answer);
        Assert.InRange(answer.Plan.Cost, bound, bound + (bound / 50));
    }

    [Fact]
    public void The_check_finds_planted_faults()
    {
        var model = new AllocationModel([10], [new(0, 0, 5)], [new(0, 8, 4, 1)], [new(0, [new(6, 0)])], [new(0, 7, 5, 2)], [new([new(long.MaxValue, 0)])]);
        Assert.Equal(new ModelPlan([6], 4, 33), ModelCheck.Of(model, [6])! with { Flows = [6] }, Same);
        Assert.Null(ModelCheck.Of(model, [3])); // less than the lot's least
        Assert.Null(ModelCheck.Of(model, [4])); // less than the slot's least
        Assert.Null(ModelCheck.Of(model, [7])); // more than the household's tiers
        Assert.Null(ModelCheck.Of(model, [-1]));
        Assert.Null(ModelCheck.Of(model with { Demands = [5] }, [6]));
        Assert.Null(ModelCheck.Of(model with { Slots = [new(0, 5, 0, 0)] }, [6]));
        Assert.Null(ModelCheck.Of(model with { Lots = [new(0, 5, 0, 0)] }, [6]));
        Assert.Equal(0, ModelCheck.Of(model, [0])!.Cost);
    }

    /// <summary>Ten instances with proven optima, from outside the product.</summary>
    [ReferenceTheory]
    [MemberData(nameof(Instances))]
    public void Instances_reach_their_proven_optimum(string path)
    {
        var text = File.ReadAllText(path);
        var solved = AllocateCommand.Solve(InstanceFile.Read(text), sharp: false);
        var optimum = System.Text.Json.Nodes.JsonNode.Parse(text)!["optimum"]!;
        Assert.Equal((optimum["unservedGrams"]!.GetValue<long>(), optimum["costMilliTiyn"]!.GetValue<long>()), (solved.UnservedGrams, (long)solved.CostMilliTiyn));
        Assert.True(solved.BoundMilliTiyn <= solved.CostMilliTiyn);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"model\":\"allocation-v2\",\"fefoTiynPerKgPerDay\":0,\"lines\":[],\"lots\":[],\"households\":[],\"slots\":[],\"villages\":[]}")]
    [InlineData("{\"model\":\"allocation-v1\",\"fefoTiynPerKgPerDay\":0,\"lines\":[{\"product\":0,\"point\":3,\"minFreshDays\":0,\"demandGrams\":1}],\"lots\":[],\"households\":[],\"slots\":[],\"villages\":[]}")]
    public void A_broken_instance_is_refused(string text) => Assert.Throws<System.Text.Json.JsonException>(() => InstanceFile.Read(text));

    public static TheoryData<string> Instances()
    {
        var data = new TheoryData<string>();
        string[] paths = Reference.Folder is null ? [""] : Directory.GetFiles(Path.Combine(Reference.Folder, "allocation"), "alloc-*.json");
        foreach (var path in paths.Order(StringComparer.Ordinal))
        {
            data.Add(path);
        }

        return data;
    }

    private static readonly IEqualityComparer<ModelPlan> Same = EqualityComparer<ModelPlan>.Create(
        (one, other) => one!.Flows.SequenceEqual(other!.Flows) && (one.Unserved, one.Cost) == (other.Unserved, other.Cost));

    private static readonly Gen<AllocationModel> Models =
        from seed in Gen.Int[0, 1_000_000] from hubs in Gen.Int[1, 3] from lots in Gen.Int[1, 9] from households in Gen.Int[1, 5] from villages in Gen.Int[1, 3]
        from demand in Gen.Int[10, 120]
        select GeneratedModel.Of(seed, hubs, lots, households, villages, demand);

    /// <summary>The same model for a constraint solver, which knows nothing of flows.</summary>
    private static (long Unserved, Int128 Cost) Judge(AllocationModel model)
    {
        var unserved = Solve(null);
        return (unserved, Solve(unserved));

        long Solve(long? most)
        {
            var program = new CpModel();
            var (cost, missing) = (LinearExpr.NewBuilder(), LinearExpr.NewBuilder());
            var flows = model.Arcs.Select(arc => program.NewIntVar(0, Math.Min(model.Demands[arc.Hub], model.Lots[arc.Lot].Most), "")).ToArray();
            for (var hub = 0; hub < model.Demands.Length; hub++)
            {
                var rest = program.NewIntVar(0, model.Demands[hub], "");
                program.Add(LinearExpr.Sum(flows.Where((_, at) => model.Arcs[at].Hub == hub)) + rest == model.Demands[hub]);
                missing.Add(rest);
            }

            for (var at = 0; at < flows.Length; at++)
            {
                cost.AddTerm(flows[at], model.Arcs[at].Cost);
            }

            var taken = model.Lots.Select((lot, at) => Fixed(LinearExpr.Sum(flows.Where((_, arc) => model.Arcs[arc].Lot == at)), lot.Least, lot.Most, lot.Opening)).ToArray();
            var given = model.Households.Select((one, at) => Tiered(LinearExpr.Sum(taken.Where((_, lot) => model.Lots[lot].Household == at)), one.Tiers)).ToArray();
            var collected = model.Slots.Select((slot, at) =>
                Fixed(LinearExpr.Sum(given.Where((_, one) => model.Households[one].Slot == at)), slot.Least, slot.Most, slot.Visit)).ToArray();
            for (var at = 0; at < model.Villages.Length; at++)
            {
                Tiered(LinearExpr.Sum(collected.Where((_, slot) => model.Slots[slot].Village == at)), model.Villages[at].Tiers);
            }

            if (most is { } limit)
            {
                program.Add(missing <= limit);
            }

            program.Minimize(most is null ? missing : cost);
            var solver = new CpSolver { StringParameters = "num_workers:1 random_seed:1" };
            Assert.Equal(CpSolverStatus.Optimal, solver.Solve(program));
            return (long)solver.ObjectiveValue;

            IntVar Fixed(LinearExpr sum, long least, long most, long fee)
            {
                var amount = program.NewIntVar(0, Math.Min(most, model.Demands.Sum()), "");
                var open = program.NewBoolVar("");
                program.Add(amount == sum);
                program.Add(amount == 0).OnlyEnforceIf(open.Not());
                program.Add(amount >= least).OnlyEnforceIf(open);
                cost.AddTerm(open, fee);
                return amount;
            }

            IntVar Tiered(LinearExpr sum, AllocationModel.Tier[] tiers)
            {
                var amount = program.NewIntVar(0, model.Demands.Sum(), "");
                program.Add(amount == sum);
                var parts = tiers.Select(tier => (program.NewIntVar(0, Math.Min(tier.Width, model.Demands.Sum()), ""), tier.Surcharge)).ToArray();
                program.Add(LinearExpr.Sum(parts.Select(part => part.Item1)) == amount);
                foreach (var (part, surcharge) in parts)
                {
                    cost.AddTerm(part, surcharge);
                }

                return amount;
            }
        }
    }
}
