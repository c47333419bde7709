using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>A certificate whose state was moved together with others.</summary>
/// <param name="Before">Its state before.</param>
/// <param name="State">Its state now.</param>
internal sealed record MovedCertificate(CertificateId Id, LotId Lot, HouseholdId Household, CertificateState Before, CertificateState State);

/// <summary>What moved a certificate together with others.</summary>
/// <param name="Scope">The scope certificate that was changed.</param>
/// <param name="Revocation">The revocation.</param>
/// <param name="Surveillance">The surveillance visit whose finding suspended it.</param>
internal sealed record MoveCause(Guid? Scope = null, Guid? Revocation = null, Guid? Surveillance = null);

/// <summary>Moves the states of many certificates at once, each with its reason and event.</summary>
internal static class CertificateMoves
{
    /// <summary>Moves those certificates <c>c</c> a condition holds for.</summary>
    public static Task<List<MovedCertificate>> All(
        Sql condition, CertificateState next, string reason, MoveCause cause, Database database, CancellationToken cancel) => database.List<MovedCertificate>($"""
        with found as (
            select c.id, c.lot, c.household, c.state from certification.certificate c where {condition} order by c.id for update of c),
        moved as (
            update certification.certificate c set state = {next}, version = c.version + 1 from found where c.id = found.id
            returning c.id, c.lot, c.household, found.state as before, c.state, c.version),
        kept as (
            insert into certification.certificate_change (certificate, number, state, reason, scope, revocation, surveillance)
            select id, version - 1, state, {reason}, {cause.Scope}, {cause.Revocation}, {cause.Surveillance} from moved),
        told as (
            select kernel.append(id, {nameof(CertificateStateChanged)}, json_build_object('certificate', id, 'lot', lot, 'state', state)::text) as event from moved)
        select id, lot, household, before, state from moved, lateral (select count(event) from told) as all_told order by id
        """, cancel);

    /// <summary>What follows for the goods: what was live and is not any more leaves the market, what lives again may be sold.</summary>
    public static async Task<Refusal?> Follow(IReadOnlyList<MovedCertificate> moved, string reason, StopGoods goods, CancellationToken cancel)
    {
        // A suspended certificate holds its lot already: withdrawing it keeps that hold.
        LotId[] stopped = [.. moved.Where(one => one.Before == CertificateState.Active).Select(one => one.Lot).Distinct()];
        LotId[] resumed = [.. moved.Where(one => one.State == CertificateState.Active).Select(one => one.Lot).Distinct()];
        return (stopped.Length > 0 ? await goods.Stop(stopped, reason, cancel) : null)
            ?? (resumed.Length > 0 ? await goods.Resume(resumed, cancel) : null);
    }
}
