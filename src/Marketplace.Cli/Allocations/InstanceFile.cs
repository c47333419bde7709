using System.Numerics;
using System.Text.Json;
using Marketplace.Orders.Allocations;

namespace Marketplace.Cli.Allocations;

/// <summary>
/// An allocation instance of model <c>allocation-v1</c>: integer grams, tiyn per kilogram, ids are places in the arrays. Costs of the model are
/// milli-tiyn, gram by tiyn per kilogram.
/// </summary>
internal sealed record InstanceFile(
    string Model, long FefoTiynPerKgPerDay, InstanceFile.Line[] Lines, InstanceFile.Lot[] Lots, InstanceFile.Household[] Households, InstanceFile.Slot[] Slots,
    InstanceFile.Village[] Villages)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true,
    };

    internal sealed record Line(int Product, int Point, int MinFreshDays, long DemandGrams);

    internal sealed record Lot(int Household, int Product, int DaysToExpiry, long AvailableGrams, long MinGrams, long PriceTiynPerKg, long OpeningCostTiyn);

    internal sealed record Household(int Slot, Tier[] Tiers);

    internal sealed record Slot(int Village, long CapacityGrams, long MinGrams, long VisitCostTiyn);

    internal sealed record Village(long[] TransportTiynPerKgToPoint, Tier[] Tiers);

    internal sealed record Tier(long UpToAnotherGrams, long SurchargeTiynPerKg);

    public static InstanceFile Read(string text)
    {
        var file = JsonSerializer.Deserialize<InstanceFile>(text, Json) ?? throw new JsonException("The file is empty.");
        if (file.Model != "allocation-v1")
        {
            throw new JsonException($"The model is {file.Model}; this command reads allocation-v1.");
        }

        return file.Wrong() is { } wrong ? throw new JsonException(wrong) : file;
    }

    /// <summary>The step of every plan: the greatest common divisor of all hard amounts.</summary>
    public long Grain => Math.Max(1, Lines.Select(line => line.DemandGrams).Concat(Lots.SelectMany(lot => (long[])[lot.AvailableGrams, lot.MinGrams]))
        .Concat(Slots.SelectMany(slot => (long[])[slot.CapacityGrams, slot.MinGrams]))
        .Concat(Households.SelectMany(one => one.Tiers).Concat(Villages.SelectMany(one => one.Tiers)).Select(tier => Math.Max(0, tier.UpToAnotherGrams)))
        .Aggregate(0L, (one, other) => (long)BigInteger.GreatestCommonDivisor(one, other)));

    /// <summary>The model, lines that want the same behind one hub, and the lines of each hub.</summary>
    public (AllocationModel Model, IReadOnlyList<int[]> Hubs) ToModel()
    {
        var grain = Grain;
        var hubs = Lines.Select((line, at) => (line, at)).GroupBy(pair => (pair.line.Product, pair.line.Point, pair.line.MinFreshDays))
            .Select(hub => (hub.Key, At: hub.Select(pair => pair.at).ToArray())).ToList();
        var arcs = from hub in hubs.Select((hub, at) => (hub.Key, at)) from lot in Lots.Select((lot, at) => (Of: lot, at))
                   where lot.Of.Product == hub.Key.Product && lot.Of.DaysToExpiry >= hub.Key.MinFreshDays
                   let village = Villages[Slots[Households[lot.Of.Household].Slot].Village]
                   select new AllocationModel.Arc(hub.at, lot.at, grain * (lot.Of.PriceTiynPerKg + (FefoTiynPerKgPerDay * lot.Of.DaysToExpiry)
                       + village.TransportTiynPerKgToPoint[hub.Key.Point]));
        return (new AllocationModel(
            [.. hubs.Select(hub => hub.At.Sum(line => Lines[line].DemandGrams) / grain)], [.. arcs],
            [.. Lots.Select(lot => new AllocationModel.Lot(lot.Household, lot.AvailableGrams / grain, lot.MinGrams / grain, 1000 * lot.OpeningCostTiyn))],
            [.. Households.Select(one => new AllocationModel.Household(one.Slot, Tiers(one.Tiers, grain)))],
            [.. Slots.Select(one => new AllocationModel.Slot(one.Village, one.CapacityGrams / grain, one.MinGrams / grain, 1000 * one.VisitCostTiyn))],
            [.. Villages.Select(one => new AllocationModel.Village(Tiers(one.Tiers, grain)))]), [.. hubs.Select(hub => hub.At)]);
    }

    private static AllocationModel.Tier[] Tiers(Tier[] tiers, long grain) => [.. tiers.Select(tier => new AllocationModel.Tier(
        tier.UpToAnotherGrams < 0 ? long.MaxValue : tier.UpToAnotherGrams / grain, grain * tier.SurchargeTiynPerKg))];

    private string? Wrong()
    {
        var points = Villages.Length == 0 ? 0 : Villages.Min(village => village.TransportTiynPerKgToPoint.Length);
        foreach (var (what, at, bad) in Lines.Select((line, at) => ("line", at, line.DemandGrams < 0 || line.Point < 0 || line.Point >= points))
            .Concat(Lots.Select((lot, at) => ("lot", at, lot.Household < 0 || lot.Household >= Households.Length || lot.AvailableGrams < 0 || lot.MinGrams < 0
                || lot.MinGrams > lot.AvailableGrams || lot.PriceTiynPerKg < 0 || lot.OpeningCostTiyn < 0)))
            .Concat(Households.Select((one, at) => ("household", at, one.Slot < 0 || one.Slot >= Slots.Length || Unsound(one.Tiers))))
            .Concat(Slots.Select((one, at) => ("slot", at, one.Village < 0 || one.Village >= Villages.Length || one.CapacityGrams < 0 || one.MinGrams < 0
                || one.VisitCostTiyn < 0)))
            .Concat(Villages.Select((one, at) => ("village", at, Unsound(one.Tiers)))))
        {
            if (bad)
            {
                return $"The {what} at place {at} names what is not there, or has a negative or impossible amount.";
            }
        }

        return null;
    }

    /// <summary>Filling tiers in order is optimal only where surcharges do not fall.</summary>
    private static bool Unsound(Tier[] tiers) => tiers.Any(tier => tier.SurchargeTiynPerKg < 0)
        || tiers.Zip(tiers.Skip(1)).Any(pair => pair.Second.SurchargeTiynPerKg < pair.First.SurchargeTiynPerKg);
}
