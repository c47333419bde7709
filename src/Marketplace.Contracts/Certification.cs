using Marketplace.Kernel;

namespace Marketplace.Contracts;

/// <summary>What other modules know of a certificate.</summary>
/// <param name="Id">The certificate.</param>
/// <param name="Serial">The serial people read and scan.</param>
/// <param name="Lot">The lot it covers.</param>
/// <param name="Scheme">The conformity scheme.</param>
/// <param name="ValidUntil">The last instant of its validity.</param>
public sealed record CertificateCard(CertificateId Id, string Serial, LotId Lot, string Scheme, DateTimeOffset ValidUntil);

/// <summary>Takes goods off the market and puts them back, whoever found a reason.</summary>
public interface IStoppedGoods
{
    /// <summary>
    /// Holds lots, ends reservations and promises of them, flags what is on its way and tells the buyers, all in the caller's transaction.
    /// </summary>
    /// <param name="reason">As the households and buyers read it.</param>
    Task<Refusal?> Stop(IReadOnlyList<LotId> lots, string reason, CancellationToken cancel);

    /// <summary>Lifts one hold of each lot and tells the buyers of what is on its way.</summary>
    Task<Refusal?> Resume(IReadOnlyList<LotId> lots, CancellationToken cancel);
}

/// <summary>Questions to Certification.</summary>
public interface ICertificates
{
    /// <summary>The certificates that are live for these lots at an instant.</summary>
    Task<IReadOnlyList<CertificateCard>> LiveFor(IReadOnlyCollection<LotId> lots, DateTimeOffset at, CancellationToken cancel);

    /// <summary>The lot a certificate is about; null when there is none of that serial.</summary>
    Task<LotId?> LotOf(string serial, CancellationToken cancel);
}

/// <summary>An application was submitted for a lot.</summary>
public sealed record ApplicationSubmitted(CertificationApplicationId Application, LotId Lot, string Scheme);

/// <summary>An application was decided.</summary>
public sealed record ApplicationDecided(CertificationApplicationId Application, LotId Lot, bool Granted);

/// <summary>A certificate was issued and its quantity credited.</summary>
public sealed record CertificateIssued(CertificateId Certificate, string Serial, LotId Lot, string Scheme, Quantity Quantity, DateTimeOffset ValidUntil);

/// <summary>A certificate took the place of another one of the same lot; nothing more became sellable by it.</summary>
public sealed record CertificateReplaced(
    CertificateId Certificate, string Serial, CertificateId Replaced, LotId Lot, string Scheme, Quantity Quantity, DateTimeOffset ValidUntil);

/// <summary>
/// A certificate's state moved; <c>State</c> is <c>suspended</c>, <c>withdrawn</c>, <c>active</c>, <c>expired</c>, <c>depleted</c> or <c>replaced</c>.
/// </summary>
public sealed record CertificateStateChanged(CertificateId Certificate, LotId Lot, string State);
