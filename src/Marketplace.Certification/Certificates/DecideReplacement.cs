using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>The second person's decision.</summary>
/// <param name="Approved">True replaces the certificate, false turns the proposal down.</param>
/// <param name="Reason">3 to 2000 characters.</param>
public sealed record ReplacementDecision(bool Approved, [TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>POST /v1/certificates/{serial}/replacements/{id}/decision.</summary>
public static class DecideReplacement
{
    internal static void Map(RouteGroupBuilder certificates) => certificates.MapPost("/{serial}/replacements/{id:guid}/decision", Handle)
        .WithName("decideReplacement").Requires(stepUp: true, Role.DecisionMaker).Moves();

    /// <summary>Decide a proposed replacement: the new certificate is issued and the old one replaced in one step.</summary>
    /// <param name="serial">Serial of the certificate to be replaced.</param>
    /// <param name="id">The proposal.</param>
    /// <param name="decision">The decision.</param>
    /// <remarks>The lot's certified quantity passes to the new certificate and never grows. 409 `second-person` for who proposed it; 409 `own-work` for
    /// who evaluated the case; 409 `sold-already` when more is reserved, promised or delivered; 409 `wrong-state`, `issuance-stopped`, `dates-wrong`,
    /// `changed-meanwhile`.</remarks>
    public static async Task<Results<Ok<ReplacementDetails>, ProblemHttpResult>> Handle(
        string serial, Guid id, ReplacementDecision decision, Database database, ILotAccounts accounts, ILots lots, INotices notices, IHouseholds households,
        Secrets secrets, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(decision);
        return Answer.Ok(await Decide(serial, id, decision, database, accounts, lots, notices, households, secrets, cancel));
    }

    internal static async Task<Outcome<ReplacementDetails>> Decide(
        string serial, Guid id, ReplacementDecision decision, Database database, ILotAccounts accounts, ILots lots, INotices notices, IHouseholds households,
        Secrets secrets, CancellationToken cancel)
    {
        if (!Serial.IsWellFormed(serial) || await Certificate.FindIssued(serial, database, cancel) is not { } certificate
            || (await Replacement.Of(certificate.Id, database, cancel)).Find(one => one.Id == id) is not { } replacement)
        {
            return Refusal.NotFound;
        }

        if (await Replacement.OwnWork(certificate, database, cancel) is { } own)
        {
            return own;
        }

        if (replacement.ProposedBy.Value == database.Actor.Person)
        {
            return CaseWork.SecondPerson;
        }

        if (replacement.Approved is not null || (Certificate.Next(certificate.State, CertificateStep.Replace) is not { } next && decision.Approved))
        {
            return certificate.WrongState();
        }

        var decided = await database.Execute($"""
            update certification.replacement
               set approved = {decision.Approved}, decision_reason = {decision.Reason}, decided_by = {database.Actor.Person}, decided_at = kernel.now()
             where id = {id} and approved is null
            """, cancel);
        if (decided == 0)
        {
            return Refusal.ChangedMeanwhile;
        }

        var refusal = decision.Approved
            ? await Replace(certificate, replacement, decision.Reason, database, accounts, lots, notices, households, secrets, cancel)
            : await TurnDown(certificate, id, database, cancel);
        return refusal is null ? (await Replacement.Of(certificate.Id, database, cancel)).Single(one => one.Id == id).Details : refusal;
    }

    private static async Task<Refusal?> Replace(
        Certificate certificate, Replacement replacement, string reason, Database database, ILotAccounts accounts, ILots lots, INotices notices,
        IHouseholds households, Secrets secrets, CancellationToken cancel)
    {
        if (!await certificate.Move(CertificateState.Replaced, reason, database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        var batch = await SigningCase.Of(certificate.Application, certificate.Declaration, database, cancel);
        var issued = await IssueCertificate.Replace(
            batch, certificate, replacement.Amount, replacement.ValidUntil, database, accounts, lots, secrets, cancel);
        if (issued.Refusal is { } refused)
        {
            return refused;
        }

        await notices.Send([new Notice("certificate-replaced", new Dictionary<string, string>
        {
            ["serial"] = certificate.Serial, ["successor"] = issued.Value!,
        }, (await households.Of([certificate.Household], cancel))[certificate.Household].Head)], cancel);
        return null;
    }

    private static async Task<Refusal?> TurnDown(Certificate certificate, Guid id, Database database, CancellationToken cancel)
    {
        await database.Execute($"""
            select kernel.append({certificate.Id}, {nameof(ReplacementTurnedDown)}, {Event.Text(new ReplacementTurnedDown(certificate.Id, id))})
            """, cancel);
        return null;
    }
}
