using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Marketplace.Kernel;

namespace Marketplace.Orders.Allocations;

/// <summary>Everything a plan is computed from. Stored as canonical JSON, so that the same input gives the same plan to anybody.</summary>
/// <param name="Order">The order; seeds the tie-break.</param>
/// <param name="Day">The day of the run: remaining shelf life counts from it.</param>
/// <param name="Lines">What is wanted.</param>
/// <param name="Lots">What may be asked for.</param>
/// <param name="Households">Fairness of each household that has a lot here.</param>
/// <param name="Points">Collection points of limited capacity; a household without one is not limited.</param>
/// <param name="FreshnessPerDay">Per unit, what a day of remaining shelf life costs: 1/10,000 of the currency unit for one KGM, LTR or H87.</param>
internal sealed record AllocationInput(
    Guid Order, DateOnly Day, IReadOnlyList<AllocationInput.Line> Lines, IReadOnlyList<AllocationInput.Lot> Lots,
    IReadOnlyList<AllocationInput.Household> Households, IReadOnlyList<AllocationInput.Point> Points, IReadOnlyDictionary<string, long> FreshnessPerDay)
{
    /// <param name="ExpiresFrom">A lot must not expire before this day.</param>
    /// <param name="ReadyBy">A lot must be ready on this day.</param>
    /// <param name="MaxPrice">Highest price in 1/10,000 of the currency unit for one <paramref name="Per"/>.</param>
    /// <param name="Accepted">Territories goods may come from; empty means anywhere.</param>
    internal sealed record Line(
        Guid Id, string Product, string Unit, long Demand, DateOnly ExpiresFrom, DateOnly ReadyBy, long MaxPrice, string Per,
        IReadOnlyList<string> Accepted);

    /// <param name="Path">Territory codes from the country down to the village.</param>
    /// <param name="Price">Asking price; null when it is on request.</param>
    /// <param name="Asked">True when this household already answered for the lot, or was asked often enough.</param>
    internal sealed record Lot(
        Guid Id, Guid Household, string Product, string Unit, long Available, DateOnly ReadyOn, DateOnly ExpiresOn, long? Price, string? Per,
        IReadOnlyList<string> Path, bool Asked);

    /// <param name="Unit">A household has one fairness account per unit: eggs and grams do not add.</param>
    /// <param name="Tiers">Filled in order; the last one has no limit. Surcharges rise, so filling them in order is optimal.</param>
    /// <param name="Cap">The most to take; null means no cap.</param>
    /// <param name="At">Its collection point, when that is limited.</param>
    internal sealed record Household(Guid Id, string Unit, IReadOnlyList<Tier> Tiers, long? Cap, int? At);

    /// <param name="Width">How much fits; null means no limit.</param>
    /// <param name="Surcharge">On top of the price: 1/10,000 of the currency unit for one KGM, LTR or H87.</param>
    internal sealed record Tier(long? Width, long Surcharge);

    internal sealed record Point(int Id, long Capacity);

    // Null is written, not left out: "no limit" is a statement.
    private static readonly JsonSerializerOptions Json = new(Event.Json) { DefaultIgnoreCondition = JsonIgnoreCondition.Never };

    /// <summary>The same input in canonical order: whoever asked, and in which order, makes no difference.</summary>
    public AllocationInput Canonical() => this with
    {
        Lines = [.. Lines.OrderBy(line => line.Id)],
        Lots = [.. Lots.OrderBy(lot => Tie(lot.Id)).ThenBy(lot => lot.Id)],
        Households = [.. Households.OrderBy(household => household.Unit, StringComparer.Ordinal).ThenBy(household => household.Id)],
        Points = [.. Points.OrderBy(point => point.Id)],
        FreshnessPerDay = new SortedDictionary<string, long>(FreshnessPerDay.ToDictionary(), StringComparer.Ordinal),
    };

    /// <summary>The canonical text.</summary>
    public string Text() => JsonSerializer.Serialize(Canonical(), Json);

    /// <summary>Reads what <see cref="Text"/> wrote.</summary>
    public static AllocationInput Read(string text) => JsonSerializer.Deserialize<AllocationInput>(text, Json)!;

    /// <summary>Where a lot stands among equals in this order: a hash nobody can steer, another one in every order.</summary>
    private ulong Tie(Guid lot)
    {
        Span<byte> both = stackalloc byte[32];
        Order.TryWriteBytes(both);
        lot.TryWriteBytes(both[16..]);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(both, hash);
        return BitConverter.ToUInt64(hash);
    }
}

/// <summary>A plan: what is taken from which lot for which line, what stays unserved, and why each other lot is left out.</summary>
/// <param name="Taken">Every part is more than nothing.</param>
/// <param name="Unserved">Per line, proven to be the least in sum of each unit.</param>
/// <param name="LeftOut">One reason for each lot nothing is taken from.</param>
/// <param name="Cost">Goods, first-expired term and fairness surcharge, in 1/10,000 of the currency unit, rounded down.</param>
internal sealed record AllocationPlan(
    IReadOnlyList<AllocationPlan.Part> Taken, IReadOnlyDictionary<Guid, long> Unserved, IReadOnlyDictionary<Guid, string> LeftOut, Int128 Cost)
{
    internal sealed record Part(Guid Line, Guid Lot, long Amount);
}
