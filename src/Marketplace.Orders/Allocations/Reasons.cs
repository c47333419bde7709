using System.Globalization;
using Marketplace.Kernel;

namespace Marketplace.Orders.Allocations;

/// <summary>Why nothing was taken from a lot: one reason each, computed from the finished plan, with the smallest change that would include it.</summary>
internal sealed class Reasons
{
    private readonly AllocationInput input;
    private readonly Dictionary<Guid, AllocationInput.Lot> lots;
    private readonly ILookup<Guid, (AllocationInput.Line Line, AllocationInput.Lot Lot)> ofLine;
    private readonly Dictionary<(Guid, string), long> ofHousehold;
    private readonly Dictionary<Guid, long> ofLot;
    private readonly Dictionary<int, long> ofPoint;
    private readonly Dictionary<(Guid, string), AllocationInput.Household> households;
    private readonly Dictionary<string, UnitCosts> units;

    private Reasons(AllocationInput input, IReadOnlyCollection<AllocationPlan.Part> taken)
    {
        this.input = input;
        lots = input.Lots.ToDictionary(lot => lot.Id);
        var lines = input.Lines.ToDictionary(line => line.Id);
        ofLine = taken.ToLookup(part => part.Line, part => (lines[part.Line], lots[part.Lot]));
        ofHousehold = taken.GroupBy(part => (lots[part.Lot].Household, lots[part.Lot].Unit)).ToDictionary(parts => parts.Key, parts => parts.Sum(part => part.Amount));
        ofLot = taken.GroupBy(part => part.Lot).ToDictionary(parts => parts.Key, parts => parts.Sum(part => part.Amount));
        households = input.Households.ToDictionary(household => (household.Id, household.Unit));
        ofPoint = ofHousehold.Where(pair => households.GetValueOrDefault(pair.Key)?.At is not null)
            .GroupBy(pair => households[pair.Key].At!.Value, pair => pair.Value).ToDictionary(point => point.Key, point => point.Sum());
        units = input.Lots.Select(lot => lot.Unit).Distinct().ToDictionary(unit => unit, unit => new UnitCosts(input, unit));
    }

    public static IReadOnlyDictionary<Guid, AllocationPlan.Left> Of(AllocationInput input, IReadOnlyCollection<AllocationPlan.Part> taken)
    {
        var reasons = new Reasons(input, taken);
        var took = taken.Select(part => part.Lot).ToHashSet();
        return input.Lots.Where(lot => !took.Contains(lot.Id)).ToDictionary(lot => lot.Id, reasons.Of);
    }

    private AllocationPlan.Left Of(AllocationInput.Lot lot)
    {
        if (lot.Available == 0)
        {
            return new("already-promised");
        }

        if (lot.Asked)
        {
            return new("already-asked");
        }

        var lines = input.Lines.Where(line => line.Product == lot.Product && line.Unit == lot.Unit).ToList();
        if (lot.Price is null)
        {
            return lines.Count == 0 ? new("no-price") : new("no-price", Price(lines.Max(line => line.MaxPrice)));
        }

        if (lines.Count == 0)
        {
            return new("no-line");
        }

        var before = lines.ToList();
        if (!Keep(line => lot.ReadyOn <= line.ReadyBy))
        {
            return new("ready-after-window", new("readyOn", Day(before.Max(line => line.ReadyBy))));
        }

        before = [.. lines];
        if (!Keep(line => lot.ExpiresOn >= line.ExpiresFrom))
        {
            return new("expires-before-window", new("expiresOn", Day(before.Min(line => line.ExpiresFrom))));
        }

        if (!Keep(line => Allocation.Reaches(line, lot)))
        {
            return new("unreachable");
        }

        before = [.. lines];
        return Keep(line => Allocation.WithinPrice(line, lot)) ? Lost(lot, lines)
            : new("price-above-band", Price(before.Max(line => (long)((Int128)line.MaxPrice * Units.Find(lot.Per!)!.Steps / Units.Find(line.Per)!.Steps))));

        bool Keep(Predicate<AllocationInput.Line> fits)
        {
            lines.RemoveAll(line => !fits(line));
            return lines.Count > 0;
        }
    }

    /// <summary>The lot fits a line and still lost: to a full cap or point, to its fixed costs, or to goods that cost less in the end.</summary>
    private AllocationPlan.Left Lost(AllocationInput.Lot lot, List<AllocationInput.Line> lines)
    {
        var costs = units[lot.Unit];
        var household = households.GetValueOrDefault((lot.Household, lot.Unit));
        if (household?.Cap - ofHousehold.GetValueOrDefault((lot.Household, lot.Unit)) < costs.Grain)
        {
            return new("household-cap");
        }

        var point = household?.At is { } at ? input.Points.First(one => one.Id == at) : null;
        if (point?.Capacity - ofPoint.GetValueOrDefault(point?.Id ?? 0) < costs.Grain)
        {
            return new("point-full");
        }

        if (Math.Min(lot.Least, lot.Available) > lines.Sum(line => line.Demand))
        {
            return new("below-minimum", new("amount", lines.Sum(line => line.Demand).ToString(CultureInfo.InvariantCulture)));
        }

        // How much dearer a step of it is than the dearest step it could take the place of; then what its fixed costs add to each step.
        var (nearest, cheaperGoods, ownTie) = AgainstWinners(lot, lines, household, costs);
        var opening = costs.Fixed(lot.Opening) / lot.Available;
        var visit = point is not null && !ofPoint.ContainsKey(point.Id) ? costs.Fixed(point.Visit) / lot.Available : 0;
        if (nearest == Int128.MaxValue)
        {
            return new(visit > 0 || point?.Least > 0 ? "village-not-visited" : "lost-tie");
        }

        // Where not even a lot for nothing would win, no price of it is a change that helps.
        var enough = lot.Price!.Value - costs.AsPrice(Int128.Max(0, nearest + opening + visit) + 1, lot);
        var cheaper = enough < 0 ? null : Price((long)enough);
        if (nearest < 0 && nearest + opening >= 0)
        {
            return new("lot-cost", cheaper);
        }

        if (nearest + opening < 0)
        {
            return new(point is not null && !ofPoint.ContainsKey(point.Id) ? "village-not-visited" : "lost-tie", cheaper);
        }

        return new(nearest + opening == 0 ? "lost-tie" : cheaperGoods ? "fair-share-used" : ownTie ? "lost-tie" : "price", cheaper);
    }

    private (Int128 Nearest, bool CheaperGoods, bool OwnTie) AgainstWinners(
        AllocationInput.Lot lot, List<AllocationInput.Line> lines, AllocationInput.Household? household, UnitCosts costs)
    {
        var (nearest, cheaperGoods, ownTie) = (Int128.MaxValue, false, false);
        var next = costs.SurchargeAfter(household, ofHousehold.GetValueOrDefault((lot.Household, lot.Unit)));
        foreach (var (line, winner) in lines.SelectMany(line => ofLine[line.Id]))
        {
            var (mine, theirs) = (costs.Goods(lot) + costs.Transport(line, lot), costs.Goods(winner) + costs.Transport(line, winner));
            if (winner.Household == lot.Household)
            {
                ownTie |= mine == theirs;
                continue;
            }

            var last = costs.SurchargeAfter(
                households.GetValueOrDefault((winner.Household, winner.Unit)), ofHousehold[(winner.Household, winner.Unit)] - costs.Grain);

            // Who takes all of a winner's place saves what opening that one costs.
            var saved = lot.Available >= ofLot[winner.Id] ? costs.Fixed(winner.Opening) / ofLot[winner.Id] : 0;
            nearest = Int128.Min(nearest, mine + next - theirs - last - saved);
            cheaperGoods |= mine < theirs;
        }

        return (nearest, cheaperGoods, ownTie);
    }

    private static AllocationPlan.Change Price(long tenThousandths) => new("price", (tenThousandths / 10_000m).ToString("0.0000", CultureInfo.InvariantCulture));

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
