namespace Marketplace.Orders.Allocations;

/// <summary>Why nothing was taken from a lot: one reason each, computed from the finished plan.</summary>
internal static class Reasons
{
    public static IReadOnlyDictionary<Guid, string> Of(AllocationInput input, IReadOnlyCollection<AllocationPlan.Part> taken)
    {
        var lots = input.Lots.ToDictionary(lot => lot.Id);
        var took = taken.Select(part => part.Lot).ToHashSet();
        var ofLine = taken.ToLookup(part => part.Line, part => lots[part.Lot]);
        var ofHousehold = taken.GroupBy(part => (lots[part.Lot].Household, lots[part.Lot].Unit))
            .ToDictionary(parts => parts.Key, parts => parts.Sum(part => part.Amount));
        var households = input.Households.ToDictionary(household => (household.Id, household.Unit));
        var ofPoint = ofHousehold.Where(pair => households.GetValueOrDefault(pair.Key)?.At is not null)
            .GroupBy(pair => households[pair.Key].At!.Value, pair => pair.Value).ToDictionary(point => point.Key, point => point.Sum());
        var units = input.Lots.Select(lot => lot.Unit).Distinct().ToDictionary(unit => unit, unit => new UnitCosts(input, unit));
        return input.Lots.Where(lot => !took.Contains(lot.Id)).ToDictionary(lot => lot.Id, Reason);

        string Reason(AllocationInput.Lot lot)
        {
            if (lot.Available == 0)
            {
                return "already-promised";
            }

            if (lot.Asked)
            {
                return "already-asked";
            }

            if (lot.Price is null)
            {
                return "no-price";
            }

            var lines = input.Lines.Where(line => line.Product == lot.Product && line.Unit == lot.Unit).ToList();
            if (lines.Count == 0)
            {
                return "no-line";
            }

            if (!Keep(line => lot.ReadyOn <= line.ReadyBy))
            {
                return "ready-after-window";
            }

            if (!Keep(line => lot.ExpiresOn >= line.ExpiresFrom))
            {
                return "expires-before-window";
            }

            if (!Keep(line => Allocation.Reaches(line, lot)))
            {
                return "unreachable";
            }

            return Keep(line => Allocation.WithinPrice(line, lot)) ? Lost(lot, lines) : "price-above-band";

            bool Keep(Predicate<AllocationInput.Line> fits)
            {
                lines.RemoveAll(line => !fits(line));
                return lines.Count > 0;
            }
        }

        // The lot fits a line and still lost: to a full cap, or to goods that cost less in the end.
        string Lost(AllocationInput.Lot lot, List<AllocationInput.Line> lines)
        {
            var costs = units[lot.Unit];
            var key = (lot.Household, lot.Unit);
            var household = households.GetValueOrDefault(key);
            if (household?.Cap - ofHousehold.GetValueOrDefault(key) < costs.Grain)
            {
                return "household-cap";
            }

            if (household?.At is { } at && input.Points.First(point => point.Id == at).Capacity - ofPoint.GetValueOrDefault(at) < costs.Grain)
            {
                return "point-full";
            }

            var nearest = Int128.MaxValue;
            var cheaperGoods = false;
            var ownTie = false;
            var goods = costs.Goods(lot);
            var next = costs.SurchargeAfter(household, ofHousehold.GetValueOrDefault(key));
            foreach (var winner in lines.SelectMany(line => ofLine[line.Id]))
            {
                if (winner.Household == lot.Household)
                {
                    ownTie |= goods == costs.Goods(winner);
                    continue;
                }

                var last = costs.SurchargeAfter(
                    households.GetValueOrDefault((winner.Household, winner.Unit)), ofHousehold[(winner.Household, winner.Unit)] - costs.Grain);
                nearest = Int128.Min(nearest, goods + next - costs.Goods(winner) - last);
                cheaperGoods |= goods < costs.Goods(winner);
            }

            return nearest == 0 ? "lost-tie" : cheaperGoods ? "fair-share-used" : ownTie ? "lost-tie" : "price";
        }
    }
}
