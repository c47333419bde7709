using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>What the new certificate shall say; what is absent stays as it is.</summary>
/// <param name="Reason">3 to 2000 characters.</param>
/// <param name="Quantity">At most what is certified now.</param>
/// <param name="ValidUntil">Not later than now certified; whole seconds count.</param>
public sealed record ReplacementDraft(
    [TextLength(2000, MinimumLength = 3)] string Reason, Quantity? Quantity = null, DateTimeOffset? ValidUntil = null);

/// <summary>POST /v1/certificates/{serial}/replacements.</summary>
public static class ProposeReplacement
{
    internal static void Map(RouteGroupBuilder certificates) => certificates.MapPost("/{serial}/replacements", Handle).WithName("proposeReplacement")
        .Requires(stepUp: true, Role.QualityManager, Role.DecisionMaker).Moves();

    /// <summary>Propose to replace a wrong certificate, or one that covers too much; a second person decides.</summary>
    /// <param name="serial">For example <c>KZ-26-000123-7</c>.</param>
    /// <param name="draft">What the new one shall say.</param>
    /// <remarks>Nothing changes before the decision. 400 `unit-mismatch`, `above-certified`, `dates-wrong`; 409 `wrong-state` unless the certificate
    /// is active; 409 `own-work` for who evaluated the case; 409 `replacement-open` while another proposal waits.</remarks>
    public static async Task<Results<Created<ReplacementDetails>, ProblemHttpResult>> Handle(
        string serial, ReplacementDraft draft, Database database, TimeProvider time, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(time);
        return Answer.Created(await Propose(serial, draft, database, time, cancel), made => $"/v1/certificates/{made.Certificate}/replacements");
    }

    internal static async Task<Outcome<ReplacementDetails>> Propose(
        string serial, ReplacementDraft draft, Database database, TimeProvider time, CancellationToken cancel)
    {
        if (!Serial.IsWellFormed(serial) || await Certificate.FindIssued(serial, database, cancel) is not { } certificate)
        {
            return Refusal.NotFound;
        }

        if (await Replacement.OwnWork(certificate, database, cancel) is { } own)
        {
            return own;
        }

        if (Certificate.Next(certificate.State, CertificateStep.Replace) is null)
        {
            return certificate.WrongState();
        }

        var now = (await database.Find<Covered>($"select amount, unit, valid_until from certification.certificate where id = {certificate.Id}", cancel))!;
        var quantity = draft.Quantity ?? new Quantity(now.Amount, now.Unit);
        var until = draft.ValidUntil is { } wanted ? DateTimeOffset.FromUnixTimeSeconds(wanted.ToUnixTimeSeconds()) : now.ValidUntil;
        if (quantity.Unit != now.Unit)
        {
            return Refusal.Invalid("#/quantity", "unit-mismatch", $"This certificate is measured in {now.Unit}.");
        }

        if (quantity.Amount < 1 || quantity.Amount > now.Amount)
        {
            return Refusal.Invalid("#/quantity", "above-certified", "A replacement certifies no more than before, and something.");
        }

        if (until > now.ValidUntil || until <= time.GetUtcNow())
        {
            return Refusal.Invalid("#/validUntil", "dates-wrong", "A replacement ends after now and no later than before.");
        }

        var id = Guid.CreateVersion7();
        await database.Execute($"""
            with proposed as (
                insert into certification.replacement (id, certificate, amount, valid_until, reason)
                values ({id}, {certificate.Id}, {quantity.Amount}, {until}, {draft.Reason}) returning certificate)
            select kernel.append(certificate, {nameof(ReplacementProposed)}, {Event.Text(new ReplacementProposed(certificate.Id, id))}) from proposed
            """, cancel);
        return (await Replacement.Of(certificate.Id, database, cancel)).Single(one => one.Id == id).Details;
    }

    private sealed record Covered(long Amount, string Unit, DateTimeOffset ValidUntil);
}

internal sealed record ReplacementProposed(CertificateId Certificate, Guid Replacement);

internal sealed record ReplacementTurnedDown(CertificateId Certificate, Guid Replacement);
