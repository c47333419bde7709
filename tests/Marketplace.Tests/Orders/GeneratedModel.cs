using Marketplace.Orders.Allocations;

namespace Marketplace.Tests.Orders;

/// <summary>Invented models shaped like a district's week: prices around a product's, slots with capacities and least loads, fairness with memory.</summary>
internal static class GeneratedModel
{
    /// <param name="kinds">Products; half as many as hubs when left out. Every lot suits the hubs of its product.</param>
    /// <param name="pure">Without least amounts and fixed costs, so that the whole model is a flow.</param>
    public static AllocationModel Of(int seed, int hubs, int lots, int households, int villages, long demand, int? kinds = null, bool pure = false)
    {
        var random = new Random(seed);
        var products = kinds ?? Math.Max(1, hubs / 2);
        var price = Enumerable.Range(0, products).Select(_ => random.Next(140, 350) * 100L).ToArray();
        var of = Enumerable.Range(0, lots).Select(_ => (Product: random.Next(products), Household: random.Next(households), Most: (long)random.Next(5, 50),
            Price: random.Next(85, 120))).ToArray();
        var slotOf = Enumerable.Range(0, households).Select(_ => random.Next(villages)).ToArray();
        var transport = Enumerable.Range(0, hubs * villages).Select(_ => random.Next(200, 1100)).ToArray();
        var capacity = new long[villages];
        foreach (var lot in of)
        {
            capacity[slotOf[lot.Household]] += lot.Most;
        }

        var share = Math.Max(1, demand / households);
        return new AllocationModel(
            [.. Enumerable.Range(0, hubs).Select(_ => Math.Max(1, demand * random.Next(50, 150) / 100 / hubs))],
            [.. from hub in Enumerable.Range(0, hubs) from lot in Enumerable.Range(0, lots) where of[lot].Product == hub % products
                select new AllocationModel.Arc(hub, lot, 1000 * ((price[of[lot].Product] * of[lot].Price / 100) + transport[(hub * villages) + slotOf[of[lot].Household]]))],
            [.. of.Select(lot => pure ? new AllocationModel.Lot(lot.Household, lot.Most, 0, 0)
                : new AllocationModel.Lot(lot.Household, lot.Most, Math.Min(lot.Most, random.Next(5, 9)), random.Next(3, 7) * 5_000_000L))],
            [.. slotOf.Select(slot => new AllocationModel.Household(slot,
                [new(random.Next((int)(2 * share) + 1), 0), new(share, 400_000), new(2 * share, 1_200_000), new(long.MaxValue, 3_200_000)]))],
            [.. capacity.Select((most, at) => new AllocationModel.Slot(at, Math.Max(1, most * random.Next(50, 90) / 100), pure ? 0 : most / 5,
                pure ? 0 : random.Next(60, 170) * 10_000_000L))],
            [.. capacity.Select(_ => new AllocationModel.Village([new(random.Next((int)(demand / villages) + 1, (int)(2 * demand / villages) + 2), 0), new(long.MaxValue, 600_000)]))]);
    }
}
