using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Orders.Promises;

/// <summary>State of a promise.</summary>
[DatabaseEnum("orders.promise_stage")]
public enum PromiseStage
{
    /// <summary>The household is asked; its goods are reserved.</summary>
    Offered,

    /// <summary>The household promised all or less.</summary>
    Confirmed,

    /// <summary>The household promised nothing.</summary>
    Declined,

    /// <summary>No answer came in time.</summary>
    Silent,

    /// <summary>The buyer called the order off.</summary>
    Cancelled,

    /// <summary>The goods were weighed in.</summary>
    Tendered,

    /// <summary>The goods' certificate was suspended or withdrawn.</summary>
    Stopped,
}

internal enum PromiseStep
{
    Confirm,
    Decline,
    Expire,
    Cancel,
    Tender,
    Stop,
}

/// <summary>The life of a household's promise.</summary>
internal static class Promise
{
    /// <summary>A pair that is not listed is not allowed.</summary>
    public static PromiseStage? Next(PromiseStage stage, PromiseStep step) => (stage, step) switch
    {
        (PromiseStage.Offered, PromiseStep.Confirm) => PromiseStage.Confirmed,
        (PromiseStage.Offered, PromiseStep.Decline) => PromiseStage.Declined,
        (PromiseStage.Offered, PromiseStep.Expire) => PromiseStage.Silent,
        (PromiseStage.Offered or PromiseStage.Confirmed, PromiseStep.Cancel) => PromiseStage.Cancelled,
        (PromiseStage.Confirmed, PromiseStep.Tender) => PromiseStage.Tendered,
        (PromiseStage.Offered or PromiseStage.Confirmed, PromiseStep.Stop) => PromiseStage.Stopped,
        _ => null,
    };
}

/// <summary>Parts of lots for the quantity account: one per lot, in id order.</summary>
internal static class LotParts
{
    public static List<LotPart> Of(IEnumerable<(LotId Lot, long Amount)> parts) =>
        [.. parts.Where(part => part.Amount > 0).GroupBy(part => part.Lot, part => part.Amount)
            .OrderBy(lot => lot.Key.Value).Select(lot => new LotPart(lot.Key, lot.Sum()))];
}
