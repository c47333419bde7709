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
/// <param name="Villages">Transport and fairness of villages; null, as in inputs of before, when neither counts.</param>
internal sealed record AllocationInput(
    Guid Order, DateOnly Day, IReadOnlyList<AllocationInput.Line> Lines, IReadOnlyList<AllocationInput.Lot> Lots,
    IReadOnlyList<AllocationInput.Household> Households, IReadOnlyList<AllocationInput.Point> Points, IReadOnlyDictionary<string, long> FreshnessPerDay,
    IReadOnlyList<AllocationInput.Village>? Villages = null)
{
    /// <param name="ExpiresFrom">A lot must not expire before this day.</param>
    /// <param name="ReadyBy">A lot must be ready on this day.</param>
    /// <param name="MaxPrice">Highest price in 1/10,000 of the currency unit for one <paramref name="Per"/>.</param>
    /// <param name="Accepted">Territories goods may come from; empty means anywhere.</param>
    /// <param name="To">Where the goods go, for transport.</param>
    internal sealed record Line(
        Guid Id, string Product, string Unit, long Demand, DateOnly ExpiresFrom, DateOnly ReadyBy, long MaxPrice, string Per,
        IReadOnlyList<string> Accepted, string? To = null);

    /// <param name="Path">Territory codes from the country down to the village.</param>
    /// <param name="Price">Asking price; null when it is on request.</param>
    /// <param name="Asked">True when this household already answered for the lot, or was asked often enough.</param>
    /// <param name="Least">Nothing, or at least so much of it is asked for; never more than it has.</param>
    /// <param name="Opening">What taking anything of it costs, in 1/10,000 of the currency unit.</param>
    internal sealed record Lot(
        Guid Id, Guid Household, string Product, string Unit, long Available, DateOnly ReadyOn, DateOnly ExpiresOn, long? Price, string? Per,
        IReadOnlyList<string> Path, bool Asked, long Least = 0, long Opening = 0)
    {
        /// <summary>The village, as the end of the path says it.</summary>
        [JsonIgnore]
        public string Village => Path.Count == 0 ? "" : Path[^1];
    }

    /// <param name="Unit">A household has one fairness account per unit: eggs and grams do not add.</param>
    /// <param name="Tiers">Filled in order; the last one has no limit. Surcharges rise, so filling them in order is optimal.</param>
    /// <param name="Cap">The most to take; null means no cap.</param>
    /// <param name="At">Its collection point, when that is limited.</param>
    internal sealed record Household(Guid Id, string Unit, IReadOnlyList<Tier> Tiers, long? Cap, int? At);

    /// <param name="Width">How much fits; null means no limit.</param>
    /// <param name="Surcharge">On top of the price: 1/10,000 of the currency unit for one KGM, LTR or H87.</param>
    internal sealed record Tier(long? Width, long Surcharge);

    /// <param name="Capacity">The most that is collected there, of the unit that is planned; null without limit.</param>
    /// <param name="Least">Nothing, or at least so much is collected.</param>
    /// <param name="Visit">What collecting anything costs, in 1/10,000 of the currency unit.</param>
    /// <param name="Village">The village whose fairness counts.</param>
    internal sealed record Point(int Id, long? Capacity, long Least = 0, long Visit = 0, string? Village = null);

    /// <param name="Code">The village.</param>
    /// <param name="Unit">As with households, one account per unit.</param>
    /// <param name="Transport">Per place goods go to: 1/10,000 of the currency unit for one KGM, LTR or H87.</param>
    /// <param name="Tiers">Fairness between villages; the last one has no limit.</param>
    internal sealed record Village(string Code, string Unit, IReadOnlyDictionary<string, long> Transport, IReadOnlyList<Tier> Tiers);

    // Null is written, not left out: "no limit" is a statement.
    private static readonly JsonSerializerOptions Json = new(Event.Json) { DefaultIgnoreCondition = JsonIgnoreCondition.Never };

    /// <summary>The same input in canonical order: whoever asked, and in which order, makes no difference.</summary>
    public AllocationInput Canonical() => this with
    {
        Lines = [.. Lines.OrderBy(line => line.Id)],
        Lots = [.. Lots.OrderBy(lot => Tie(lot.Id)).ThenBy(lot => lot.Id)],
        Households = [.. Households.OrderBy(household => household.Unit, StringComparer.Ordinal).ThenBy(household => household.Id)],
        Points = [.. Points.OrderBy(point => point.Id)],
        Villages = Villages is null ? null : [.. Villages.OrderBy(village => village.Unit, StringComparer.Ordinal).ThenBy(village => village.Code, StringComparer.Ordinal)
            .Select(village => village with { Transport = new SortedDictionary<string, long>(village.Transport.ToDictionary(), StringComparer.Ordinal) })],
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
/// <param name="Cost">
/// Goods, transport, first-expired term, fixed costs and fairness surcharge, in 1/10,000 of the currency unit, rounded down.
/// </param>
/// <param name="Bound">No plan that leaves as little costs less; rounded down.</param>
internal sealed record AllocationPlan(
    IReadOnlyList<AllocationPlan.Part> Taken, IReadOnlyDictionary<Guid, long> Unserved, IReadOnlyDictionary<Guid, AllocationPlan.Left> LeftOut, Int128 Cost, Int128 Bound)
{
    internal sealed record Part(Guid Line, Guid Lot, long Amount);

    /// <param name="Reason">The code.</param>
    /// <param name="Change">What of the lot would have to change to include it; null when nothing of it would help.</param>
    internal sealed record Left(string Reason, Change? Change = null);

    /// <summary>The smallest change that would include a lot.</summary>
    /// <param name="Member"><c>price</c>, <c>readyOn</c>, <c>expiresOn</c> or <c>amount</c>.</param>
    /// <param name="Value">What it would have to be: a price of the lot's unit, a day, or steps.</param>
    internal sealed record Change(string Member, string Value);
}
