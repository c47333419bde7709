using Marketplace.Kernel;

namespace Marketplace.Orders.Allocations;

/// <summary>
/// Spreads an order over many small lots: the least unserved quantity first, then the least cost of goods, transport, fixed costs,
/// first-expired-first-out and fairness.
/// </summary>
internal static class Allocation
{
    /// <summary>Computes the plan. The same input gives the same plan.</summary>
    public static AllocationPlan Plan(AllocationInput given)
    {
        var input = given.Canonical();
        var taken = new List<AllocationPlan.Part>();
        var unserved = input.Lines.ToDictionary(line => line.Id, line => line.Demand);
        Int128 bound = 0;

        // Kilograms, litres and pieces share nothing: each unit is a model of its own.
        foreach (var unit in input.Lines.Select(line => line.Unit).Distinct().Order(StringComparer.Ordinal))
        {
            var model = new UnitModel(input, unit);
            var (parts, below) = model.Solve();
            bound += below;
            foreach (var part in parts)
            {
                taken.Add(part);
                unserved[part.Line] -= part.Amount;
            }
        }

        var cost = UnitCosts.Total(input, taken);
        var plan = new AllocationPlan(
            [.. taken.OrderBy(part => part.Line).ThenBy(part => part.Lot)], unserved, Reasons.Of(input, taken), cost, Int128.Min(bound, cost));
        AllocationCheck.Verify(input, plan);
        return plan;
    }

    /// <summary>May goods of this lot fill this line?</summary>
    public static bool Fits(AllocationInput.Line line, AllocationInput.Lot lot) =>
        lot.Product == line.Product && lot.Unit == line.Unit && lot.ReadyOn <= line.ReadyBy && lot.ExpiresOn >= line.ExpiresFrom
        && Reaches(line, lot) && lot.Price is not null && WithinPrice(line, lot);

    public static bool Reaches(AllocationInput.Line line, AllocationInput.Lot lot) => line.Accepted.Count == 0 || line.Accepted.Any(lot.Path.Contains);

    public static bool WithinPrice(AllocationInput.Line line, AllocationInput.Lot lot) =>
        (Int128)(lot.Price ?? 0) * Units.Find(line.Per)!.Steps <= (Int128)line.MaxPrice * Units.Find(lot.Per ?? line.Per)!.Steps;
}
