using Marketplace.Kernel;

namespace Marketplace.Orders.Allocations;

/// <summary>
/// Judges a finished plan by adding up, knowing nothing of how it was made: every plan passes here before it is stored.
/// </summary>
internal static class AllocationCheck
{
    /// <exception cref="InvalidOperationException">The plan is wrong: a bug of ours, and nothing of it is kept.</exception>
    public static void Verify(AllocationInput input, AllocationPlan plan)
    {
        if (Fault(input, plan) is { } fault)
        {
            throw new InvalidOperationException($"The plan of order {input.Order} is wrong: {fault}.");
        }
    }

    /// <summary>The first thing wrong with the plan, or null.</summary>
    public static string? Fault(AllocationInput input, AllocationPlan plan)
    {
        var lines = input.Lines.ToDictionary(line => line.Id);
        var lots = input.Lots.ToDictionary(lot => lot.Id);
        var served = new Dictionary<Guid, long>();
        var used = new Dictionary<Guid, long>();
        var perHousehold = new Dictionary<(Guid, string), long>();
        var pairs = new HashSet<(Guid, Guid)>();
        foreach (var part in plan.Taken)
        {
            if (part.Amount <= 0)
            {
                return "a part of nothing";
            }

            if (!lines.TryGetValue(part.Line, out var line) || !lots.TryGetValue(part.Lot, out var lot))
            {
                return "a part of an unknown line or lot";
            }

            if (!pairs.Add((part.Line, part.Lot)))
            {
                return "a lot taken twice for one line";
            }

            if (lot.Product != line.Product || lot.Unit != line.Unit || lot.ReadyOn > line.ReadyBy || lot.ExpiresOn < line.ExpiresFrom || lot.Asked)
            {
                return "a lot that does not fit its line";
            }

            if (line.Accepted.Count > 0 && !line.Accepted.Intersect(lot.Path).Any())
            {
                return "a lot from where the buyer takes nothing";
            }

            if (lot.Price is not { } price || lot.Per is null
                || price / (decimal)Units.Find(lot.Per)!.Steps > line.MaxPrice / (decimal)Units.Find(line.Per)!.Steps)
            {
                return "a lot above the price band";
            }

            served[line.Id] = served.GetValueOrDefault(line.Id) + part.Amount;
            used[lot.Id] = used.GetValueOrDefault(lot.Id) + part.Amount;
            perHousehold[(lot.Household, lot.Unit)] = perHousehold.GetValueOrDefault((lot.Household, lot.Unit)) + part.Amount;
        }

        if (plan.Unserved.Count != lines.Count
            || lines.Values.Any(line => plan.Unserved.GetValueOrDefault(line.Id, -1) is var left
                && (left < 0 || left + served.GetValueOrDefault(line.Id) != line.Demand)))
        {
            return "a line that does not add up";
        }

        if (used.Any(pair => pair.Value > lots[pair.Key].Available))
        {
            return "more taken than a lot has";
        }

        if (used.Any(pair => pair.Value < Math.Min(lots[pair.Key].Least, lots[pair.Key].Available)))
        {
            return "less taken of a lot than is worth it";
        }

        if (input.Households.Any(household => perHousehold.GetValueOrDefault((household.Id, household.Unit)) > (household.Cap ?? long.MaxValue)))
        {
            return "a household above its cap";
        }

        var at = input.Households.Where(household => household.At is not null).ToLookup(household => household.At!.Value);
        if (input.Points.Any(point => at[point.Id].Sum(household => perHousehold.GetValueOrDefault((household.Id, household.Unit))) > (point.Capacity ?? long.MaxValue)))
        {
            return "a collection point above its capacity";
        }

        if (input.Points.Any(point => at[point.Id].Sum(household => perHousehold.GetValueOrDefault((household.Id, household.Unit))) is var load
            && load > 0 && load < Math.Min(point.Least, point.Capacity ?? long.MaxValue)))
        {
            return "a collection point visited for too little";
        }

        return plan.LeftOut.Count == lots.Count - used.Count && plan.LeftOut.Keys.All(lot => lots.ContainsKey(lot) && !used.ContainsKey(lot))
            ? null
            : "a lot without exactly one reason";
    }
}
