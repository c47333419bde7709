using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Oversight.Funnels;

/// <summary>A step of the chain; the order is the order of the funnel.</summary>
[DatabaseEnum("oversight.step")]
public enum ChainStep
{
    /// <summary>A household registered.</summary>
    Registered,

    /// <summary>It declared a lot.</summary>
    Declared,

    /// <summary>An application for the lot was submitted.</summary>
    Applied,

    /// <summary>A certificate was issued.</summary>
    Certified,

    /// <summary>The lot became visible in the catalogue.</summary>
    Listed,

    /// <summary>Part of it was allocated to an order.</summary>
    Allocated,

    /// <summary>The household confirmed.</summary>
    Confirmed,

    /// <summary>The buyer accepted the goods.</summary>
    Delivered,

    /// <summary>The household was paid.</summary>
    Paid,
}

/// <summary>What one event says about the chain.</summary>
/// <param name="Step">Which step was reached.</param>
/// <param name="Village">Where, when the event says so; else the lot's place.</param>
/// <param name="Household">Who, when the event says so; else the lot's household.</param>
/// <param name="Lot">With what; null for a registration.</param>
/// <param name="Quantity">How much; null takes what the lot declared.</param>
/// <param name="Worth">Its money, when the event says so; else quantity × <paramref name="Price"/>.</param>
/// <param name="Price">The price of the event; null takes the lot's asking price.</param>
internal sealed record ChainMove(
    ChainStep Step, TerritoryCode? Village, HouseholdId? Household, LotId? Lot, Quantity? Quantity = null, Money? Worth = null, UnitPrice? Price = null)
{
    /// <summary>The step an event is, or null when it moved nothing: a declined promise, a wholly rejected delivery.</summary>
    public static ChainMove? Of(object happened) => happened switch
    {
        HouseholdRegistered one => new(ChainStep.Registered, one.Village, one.Household, null),
        LotDeclared one => new(ChainStep.Declared, one.Village, one.Household, one.Lot, one.Quantity, Price: one.Price),
        ApplicationSubmitted one => new(ChainStep.Applied, null, null, one.Lot),
        CertificateIssued one => new(ChainStep.Certified, null, null, one.Lot, one.Quantity),
        LotListed one => new(ChainStep.Listed, null, null, one.Lot, one.Quantity, Price: one.Price),
        LotAllocated one => new(ChainStep.Allocated, null, one.Household, one.Lot, one.Quantity, Price: one.Price),
        PromiseAnswered { Confirmed.Amount: > 0 } one => new(ChainStep.Confirmed, null, one.Household, one.Lot, one.Confirmed, Price: one.Price),
        LotReceived { Accepted.Amount: > 0 } one => new(ChainStep.Delivered, null, one.Household, one.Lot, one.Accepted, Price: one.Price),
        HouseholdPaid one => new(ChainStep.Paid, null, one.Household, one.Lot, one.Quantity, one.Net),
        _ => null,
    };
}
