using System.Globalization;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/revocations/{id}/confirmation.</summary>
public static class ConfirmRevocation
{
    // One statement stays well below the time a statement may take.
    private const int AtOnce = 10_000;

    internal static void Map(RouteGroupBuilder revocations) => revocations.MapPost("/{id:guid}/confirmation", Handle).WithName("confirmRevocation")
        .Requires(stepUp: true, Role.QualityManager, Role.DecisionMaker).Moves();

    /// <summary>Confirm a revocation another person prepared: everything that was previewed is withdrawn in one step.</summary>
    /// <param name="id">The revocation.</param>
    /// <remarks>Lots are held, reservations and promises end, buyers are told once per order and households once each. 409 `second-person` for who
    /// prepared it; 409 `changed-meanwhile` when the query finds other certificates than were previewed; 409 `revocation-closed`.</remarks>
    public static async Task<Results<Ok<RevocationDetails>, ProblemHttpResult>> Handle(
        Guid id, Database database, StopGoods goods, INotices notices, CancellationToken cancel) =>
        Answer.Ok(await Confirm(id, database, goods, notices, cancel));

    internal static async Task<Outcome<RevocationDetails>> Confirm(
        Guid id, Database database, StopGoods goods, INotices notices, CancellationToken cancel)
    {
        if (await Revocation.Find(id, database, cancel) is not { } revocation)
        {
            return Refusal.NotFound;
        }

        if (revocation.PreparedBy.Value == database.Actor.Person)
        {
            return CaseWork.SecondPerson;
        }

        if (revocation.ConfirmedBy is not null)
        {
            return new Refusal("revocation-closed", "This revocation was confirmed before.");
        }

        // Locked first, compared afterwards: what was locked is what is withdrawn, and nothing in it can change any more.
        var found = await database.List<FoundCertificate>($"""
            select c.id, c.lot, c.state, a.head {revocation.Asked.Found(revocation.Issuer)} order by c.id for update of c
            """, cancel);
        var ids = found.Select(certificate => certificate.Id).ToArray();
        var snapshot = await database.Value<byte[]>($"""
            select {Revocation.Hash(Sql.Of($"(select c.id, c.version from certification.certificate c where c.id = any ({ids})) found"))}
            """, cancel);
        if (!revocation.Snapshot.AsSpan().SequenceEqual(snapshot))
        {
            return Refusal.ChangedMeanwhile;
        }

        await database.Execute($"""
            with confirmed as (
                update certification.revocation set confirmed_by = {database.Actor.Person}, confirmed_at = kernel.now() where id = {id} returning id)
            select kernel.append(id, {nameof(RevocationConfirmed)}, {Event.Text(new RevocationConfirmed(id, ids.Length))}) from confirmed
            """, cancel);
        foreach (var some in ids.Chunk(AtOnce))
        {
            await Withdraw(some, revocation, database, cancel);
        }

        // A suspended certificate holds its lot already.
        var lots = found.Where(certificate => certificate.State == CertificateState.Active).Select(certificate => certificate.Lot).Distinct().ToArray();
        if (lots.Length > 0 && await goods.Stop(lots, revocation.Reason, cancel) is { } refused)
        {
            return refused;
        }

        await notices.Send([.. found.GroupBy(certificate => certificate.Head).Select(household => new Notice("certificates-withdrawn", new Dictionary<string, string>
        {
            ["count"] = household.Count().ToString(CultureInfo.InvariantCulture), ["reason"] = revocation.Reason,
        }, household.Key))], cancel);
        return (await Revocation.Find(id, database, cancel))!.Details;
    }

    private static Task<int> Withdraw(CertificateId[] ids, Revocation revocation, Database database, CancellationToken cancel) => database.Execute($"""
        with moved as (
            update certification.certificate set state = {CertificateState.Withdrawn}, version = version + 1 where id = any ({ids}) returning id, lot, version),
        kept as (
            insert into certification.certificate_change (certificate, number, state, reason, revocation)
            select id, version - 1, {CertificateState.Withdrawn}, {revocation.Reason}, {revocation.Id} from moved)
        select kernel.append(id, {nameof(CertificateStateChanged)}, json_build_object('certificate', id, 'lot', lot, 'state', 'withdrawn')::text) from moved
        """, cancel);

    private sealed record FoundCertificate(CertificateId Id, LotId Lot, CertificateState State, PersonId Head);
}
