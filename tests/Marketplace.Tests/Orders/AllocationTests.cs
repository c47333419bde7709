using System.Globalization;
using CsCheck;
using Marketplace.Orders.Allocations;

namespace Marketplace.Tests.Orders;

public sealed class AllocationTests
{
    private static readonly DateOnly Day = new(2026, 10, 1);

    [Fact]
    public void Every_plan_is_sound_and_the_same_whatever_the_order_of_its_input() => Inputs.Sample((input, seed) =>
    {
        var plan = Allocation.Plan(input); // throws when the checker finds a fault
        var random = new Random(seed);
        var shuffled = input with
        {
            Lines = [.. input.Lines.OrderBy(_ => random.Next())],
            Lots = [.. input.Lots.OrderBy(_ => random.Next())],
            Households = [.. input.Households.OrderBy(_ => random.Next())],
        };
        Assert.Equal(input.Text(), shuffled.Text());
        Assert.Equal(plan.Taken, Allocation.Plan(shuffled).Taken);
        Assert.Equal(plan.Taken, Allocation.Plan(AllocationInput.Read(input.Text())).Taken);
        foreach (var line in input.Lines)
        {
            Assert.Equal(line.Demand, plan.Unserved[line.Id] + plan.Taken.Where(part => part.Line == line.Id).Sum(part => part.Amount));
        }
    }, iter: 300);

    [Fact]
    public void A_lot_changed_as_its_reason_says_is_taken() => Inputs.Sample((input, _) =>
    {
        foreach (var (id, left) in Allocation.Plan(input).LeftOut.Where(pair => pair.Value.Change is not null).Take(2))
        {
            var (member, value) = (left.Change!.Member, left.Change.Value);
            var changed = input with
            {
                Lots = [.. input.Lots.Select(lot => lot.Id != id ? lot : member switch
                {
                    "price" => lot with { Price = (long)(decimal.Parse(value, CultureInfo.InvariantCulture) * 10_000), Per = lot.Per ?? "KGM" },
                    "readyOn" => lot with { ReadyOn = DateOnly.Parse(value, CultureInfo.InvariantCulture) },
                    _ => lot with { ExpiresOn = DateOnly.Parse(value, CultureInfo.InvariantCulture) },
                })],
            };
            var plan = Allocation.Plan(changed);
            Assert.True(plan.Taken.Any(part => part.Lot == id) || plan.LeftOut[id].Reason != left.Reason, $"{left.Reason}: {member} {value} {changed.Text()}");
        }
    }, iter: 150);

    [Fact]
    public void No_plan_of_a_tiny_case_serves_more_or_costs_less() => Tiny.Sample(input =>
    {
        var plan = Allocation.Plan(input);
        var best = Exhaustive(input);
        Assert.Equal(best.Unserved, plan.Unserved.Values.Sum());
        Assert.Equal(best.Cost, new UnitCosts(input, "GRM").Of(plan.Taken, input.Lots.ToDictionary(lot => lot.Id)));
    }, iter: 200);

    [Fact]
    public void Each_lot_left_out_has_the_reason_that_applies()
    {
        var line = Line(100);
        var lots = new Dictionary<string, AllocationInput.Lot>
        {
            ["taken"] = Lot(1, 100, 10_000),
            ["no-line"] = Lot(2, 10, 10_000) with { Product = "carrot" },
            ["expires-before-window"] = Lot(3, 10, 10_000) with { ExpiresOn = Day.AddDays(9) },
            ["ready-after-window"] = Lot(4, 10, 10_000) with { ReadyOn = Day.AddDays(11) },
            ["unreachable"] = Lot(5, 10, 10_000) with { Path = ["kz", "kz-2"] },
            ["price-above-band"] = Lot(6, 10, 50_001),
            ["price"] = Lot(7, 10, 20_000),
            ["already-promised"] = Lot(8, 0, 10_000),
            ["already-asked"] = Lot(9, 10, 10_000) with { Asked = true },
            ["no-price"] = Lot(10, 10, 10_000) with { Price = null, Per = null },
        };
        var plan = Allocation.Plan(Input([line], [.. lots.Values]));
        foreach (var (reason, lot) in lots.Where(pair => pair.Key != "taken"))
        {
            Assert.Equal(reason, plan.LeftOut[lot.Id].Reason);
        }

        Assert.Equal(lots["taken"].Id, Assert.Single(plan.Taken).Lot);
    }

    [Fact]
    public void Of_two_equal_lots_the_hash_decides_and_the_other_lost_a_tie()
    {
        var plan = Allocation.Plan(Input([Line(10)], [Lot(1, 10, 10_000), Lot(2, 10, 10_000)]));
        Assert.Equal("lost-tie", Assert.Single(plan.LeftOut).Value.Reason);
    }

    [Fact]
    public void A_household_above_its_share_gives_way_to_a_dearer_neighbour()
    {
        var cheap = Lot(1, 10, 10_000);
        var second = Lot(3, 10, 10_000) with { Household = cheap.Household };
        var dear = Lot(2, 10, 10_500);
        var input = Input([Line(20)], [cheap, second, dear]) with { Households = [Household(1, (10, 0), (null, 1_000)), Household(2, (null, 0))] };
        var plan = Allocation.Plan(input);
        Assert.Contains(plan.Taken, part => part.Lot == dear.Id);
        Assert.Equal("fair-share-used", Assert.Single(plan.LeftOut).Value.Reason);
    }

    [Fact]
    public void A_cap_holds_even_when_goods_stay_unserved()
    {
        var input = Input([Line(20)], [Lot(1, 10, 10_000), Lot(3, 10, 10_000) with { Household = Id(101) }]) with
        {
            Households = [Household(1, (null, 0)) with { Cap = 10 }],
        };
        var plan = Allocation.Plan(input);
        Assert.Equal(10, plan.Unserved.Values.Sum());
        Assert.Equal("household-cap", Assert.Single(plan.LeftOut).Value.Reason);
    }

    [Fact]
    public void Absurd_prices_do_not_overflow()
    {
        var lots = Enumerable.Range(1, 2_000).Select(at => Lot(at, 1_000_000_000, 10_000_000_000 - at) with { Per = "KGM" }).ToArray();
        var plan = Allocation.Plan(Input([Line(1_000_000_000_000) with { MaxPrice = 10_000_000_000 }], lots) with
        {
            FreshnessPerDay = new Dictionary<string, long> { ["GRM"] = 1_000_000_000 },
        });
        Assert.Equal(0, plan.Unserved.Values.Sum());
    }

    [Fact]
    public void The_checker_finds_planted_faults()
    {
        var input = Input([Line(20)], [Lot(1, 10, 10_000), Lot(2, 10, 10_000), Lot(3, 10, 60_000)]) with { Households = [Household(1, (null, 0)) with { Cap = 10 }] };
        var plan = Allocation.Plan(input);
        Assert.Null(AllocationCheck.Fault(input, plan));
        var first = plan.Taken[0];
        AllocationPlan.Part[] rest = [.. plan.Taken.Skip(1)];
        Assert.NotNull(AllocationCheck.Fault(input, plan with { Taken = [first with { Amount = first.Amount + 1 }, .. rest] }));
        Assert.NotNull(AllocationCheck.Fault(input, plan with { Taken = rest }));
        Assert.NotNull(AllocationCheck.Fault(input, plan with { Taken = [first, first, .. rest] }));
        Assert.NotNull(AllocationCheck.Fault(input, plan with { Taken = [first with { Lot = Id(3) }, .. rest] }));
        Assert.NotNull(AllocationCheck.Fault(input, plan with { Taken = [first with { Line = Id(77) }, .. rest] }));
        Assert.NotNull(AllocationCheck.Fault(input, plan with { LeftOut = new Dictionary<Guid, AllocationPlan.Left>() }));
        Assert.NotNull(AllocationCheck.Fault(input with { Households = [Household(1, (null, 0)) with { Cap = 9 }, Household(2, (null, 0)) with { Cap = 9 }] }, plan));
    }

    private static readonly Gen<(AllocationInput, int)> Inputs = Gen.Select(Generated(6, 25, 60), Gen.Int);

    private static readonly Gen<AllocationInput> Tiny = Generated(2, 4, 4);

    private static Gen<AllocationInput> Generated(int mostLines, int mostLots, int most) =>
        from lines in (from demand in Gen.Int[1, most] from product in Gen.Int[0, 1] from days in Gen.Int[0, 6] from price in Gen.Int[2, 9] from reach in Gen.Int[0, 2]
                       select (demand, product, days, price, reach)).Array[1, mostLines]
        from lots in (from available in Gen.Int[0, most] from product in Gen.Int[0, 1] from days in Gen.Int[0, 12] from price in Gen.Int[1, 9]
                      from household in Gen.Int[1, 3] from village in Gen.Int[1, 2]
                      select (available, product, days, price, household, village)).Array[1, mostLots]
        from free in Gen.Int[0, 3]
        from cap in Gen.Int[0, 2 * most]
        select new AllocationInput(Id(9), Day,
            [.. lines.Select((line, at) => new AllocationInput.Line(Id(at + 1), $"p{line.product}", "GRM", line.demand, Day.AddDays(line.days), Day.AddDays(5),
                line.price * 1_000, "KGM", line.reach == 0 ? [] : [$"kz-{line.reach}"]))],
            [.. lots.Select((lot, at) => new AllocationInput.Lot(Id(1001 + at), Id(100 + lot.household), $"p{lot.product}", "GRM", lot.available, Day,
                Day.AddDays(lot.days), lot.price * 1_000, "KGM", ["kz", $"kz-{lot.village}"], false))],
            [Household(1, (free, 0), (2, 600), (null, 2_400)) with { Cap = cap }, Household(2, (null, 100)), Household(3, (1, 0), (null, 1_200))],
            [], new Dictionary<string, long> { ["GRM"] = 20 });

    /// <summary>Tries every plan: gram by gram, each to one of the lots that fit or to nobody.</summary>
    private static (long Unserved, Int128 Cost) Exhaustive(AllocationInput input)
    {
        var costs = new UnitCosts(input, "GRM");
        var lots = input.Lots.ToDictionary(lot => lot.Id);
        var left = input.Lots.ToDictionary(lot => lot.Id, lot => lot.Available);
        var household = new Dictionary<Guid, long>();
        var taken = new List<AllocationPlan.Part>();
        (long Unserved, Int128 Cost) best = (long.MaxValue, 0);
        Line(0);
        return best;

        void Line(int at)
        {
            if (at == input.Lines.Count)
            {
                var now = (input.Lines.Sum(line => line.Demand) - taken.Sum(part => part.Amount), costs.Of(taken, lots));
                best = best.Unserved < now.Item1 || (best.Unserved == now.Item1 && best.Cost <= now.Item2) ? best : now;
                return;
            }

            Lot(at, 0, input.Lines[at].Demand);
        }

        void Lot(int at, int which, long wanted)
        {
            if (which == input.Lots.Count || wanted == 0)
            {
                Line(at + 1);
                return;
            }

            var lot = input.Lots[which];
            var most = Allocation.Fits(input.Lines[at], lot) ? Math.Min(wanted, left[lot.Id]) : 0;
            var cap = input.Households.First(one => one.Id == lot.Household).Cap ?? long.MaxValue;
            for (long amount = 0; amount <= most && household.GetValueOrDefault(lot.Household) + amount <= cap; amount++)
            {
                left[lot.Id] -= amount;
                household[lot.Household] = household.GetValueOrDefault(lot.Household) + amount;
                if (amount > 0)
                {
                    taken.Add(new AllocationPlan.Part(input.Lines[at].Id, lot.Id, amount));
                }

                Lot(at, which + 1, wanted - amount);
                if (amount > 0)
                {
                    taken.RemoveAt(taken.Count - 1);
                }

                left[lot.Id] += amount;
                household[lot.Household] -= amount;
            }
        }
    }

    private static AllocationInput Input(AllocationInput.Line[] lines, AllocationInput.Lot[] lots) =>
        new(Id(9), Day, lines, lots, [], [], new Dictionary<string, long>());

    private static AllocationInput.Line Line(long demand) => new(Id(1), "potato", "GRM", demand, Day.AddDays(10), Day.AddDays(10), 50_000, "KGM", ["kz-1"]);

    private static AllocationInput.Lot Lot(int id, long available, long price) =>
        new(Id(id), Id(100 + id), "potato", "GRM", available, Day, Day.AddDays(20), price, "KGM", ["kz", "kz-1"], false);

    private static AllocationInput.Household Household(int id, params (long? Width, long Surcharge)[] tiers) =>
        new(Id(100 + id), "GRM", [.. tiers.Select(tier => new AllocationInput.Tier(tier.Width, tier.Surcharge))], null, null);

    private static Guid Id(int number) => new(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]);
}
