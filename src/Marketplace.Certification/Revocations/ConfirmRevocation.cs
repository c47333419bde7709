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
    private const int AtOnce = 2_500;

    internal static void Map(RouteGroupBuilder revocations) => revocations.MapPost("/{id:guid}/confirmation", Handle).WithName("confirmRevocation")
        .Requires(stepUp: true, Role.QualityManager, Role.DecisionMaker).Moves();

    /// <summary>Confirm a revocation another person prepared: everything that was previewed is withdrawn in one step.</summary>
    /// <param name="id">The revocation.</param>
    /// <remarks>Lots are held, reservations and promises end, buyers are told once per order and households once each. 409 `second-person` for who
    /// prepared it; 409 `changed-meanwhile` when the query finds other certificates than were previewed; 409 `revocation-closed`.</remarks>
    public static async Task<Results<Ok<RevocationDetails>, ProblemHttpResult>> Handle(
        Guid id, Database database, StopGoods goods, INotices notices, IHouseholds households, CancellationToken cancel) =>
        Answer.Ok(await Confirm(id, database, goods, notices, households, cancel));

    internal static async Task<Outcome<RevocationDetails>> Confirm(
        Guid id, Database database, StopGoods goods, INotices notices, IHouseholds households, CancellationToken cancel)
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
        var ids = (await database.List<CertificateId>($"""
            select c.id {revocation.Asked.Found(revocation.Issuer)} order by c.id for update of c
            """, cancel)).ToArray();
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
        var moved = new List<MovedCertificate>(ids.Length);
        foreach (var some in ids.Chunk(AtOnce))
        {
            moved.AddRange(await CertificateMoves.All(
                Sql.Of($"c.id = any ({some})"), CertificateState.Withdrawn, revocation.Reason, new MoveCause(Revocation: id), database, cancel));
        }

        if (await CertificateMoves.Follow(moved, revocation.Reason, goods, cancel) is { } refused)
        {
            return refused;
        }

        var concerned = moved.GroupBy(certificate => certificate.Household).ToDictionary(group => group.Key, group => group.Count());
        await notices.Send([.. (await households.Of(concerned.Keys, cancel)).Values.Select(household => new Notice("certificates-withdrawn",
            new Dictionary<string, string>
            {
                ["count"] = concerned[household.Id].ToString(CultureInfo.InvariantCulture), ["reason"] = revocation.Reason,
            }, household.Head))], cancel);
        return (await Revocation.Find(id, database, cancel))!.Details;
    }
}
