using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Why a certificate's state is changed.</summary>
/// <param name="Reason">3 to 2000 characters; kept for good.</param>
public sealed record CertificateChange([StringLength(2000, MinimumLength = 3)] string Reason);

/// <summary>POST /v1/certificates/{serial}/suspension: nothing more leaves the lot from the commit on.</summary>
public static class SuspendCertificate
{
    internal static void Map(RouteGroupBuilder certificates) => certificates.MapPost("/{serial}/suspension", Handle)
        .WithName("suspendCertificate").Requires(stepUp: true, Role.QualityManager, Role.DecisionMaker).Moves();

    /// <summary>Suspend a certificate; its lot is held in the same transaction.</summary>
    /// <param name="serial">For example <c>KZ-26-000123-7</c>.</param>
    /// <param name="change">Why.</param>
    /// <remarks>409 `wrong-state`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        string serial, CertificateChange change, Database database, ILotAccounts accounts, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Answer.NoContent(await ChangeCertificate.Take(serial, CertificateStep.Suspend, change.Reason, database, accounts, cancel));
    }
}

/// <summary>POST /v1/certificates/{serial}/reinstatement.</summary>
public static class ReinstateCertificate
{
    internal static void Map(RouteGroupBuilder certificates) => certificates.MapPost("/{serial}/reinstatement", Handle)
        .WithName("reinstateCertificate").Requires(stepUp: true, Role.QualityManager, Role.DecisionMaker).Moves();

    /// <summary>Reinstate a suspended certificate; the hold of its lot is lifted.</summary>
    /// <param name="serial">For example <c>KZ-26-000123-7</c>.</param>
    /// <param name="change">Why.</param>
    /// <remarks>409 `wrong-state`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        string serial, CertificateChange change, Database database, ILotAccounts accounts, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Answer.NoContent(await ChangeCertificate.Take(serial, CertificateStep.Reinstate, change.Reason, database, accounts, cancel));
    }
}

/// <summary>POST /v1/certificates/{serial}/withdrawal.</summary>
public static class WithdrawCertificate
{
    internal static void Map(RouteGroupBuilder certificates) => certificates.MapPost("/{serial}/withdrawal", Handle)
        .WithName("withdrawCertificate").Requires(stepUp: true, Role.QualityManager, Role.DecisionMaker).Moves();

    /// <summary>Withdraw a certificate for good; its lot stays held.</summary>
    /// <param name="serial">For example <c>KZ-26-000123-7</c>.</param>
    /// <param name="change">Why.</param>
    /// <remarks>409 `wrong-state`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        string serial, CertificateChange change, Database database, ILotAccounts accounts, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Answer.NoContent(await ChangeCertificate.Take(serial, CertificateStep.Withdraw, change.Reason, database, accounts, cancel));
    }
}

internal static class ChangeCertificate
{
    public static async Task<Refusal?> Take(
        string serial, CertificateStep step, string reason, Database database, ILotAccounts accounts, CancellationToken cancel)
    {
        if (!Serial.IsWellFormed(serial) || await Certificate.FindIssued(serial, database, cancel) is not { } certificate)
        {
            return Refusal.NotFound;
        }

        if (Certificate.Next(certificate.State, step) is not { } next)
        {
            return new Refusal("wrong-state", $"A certificate that is {certificate.State} does not allow this step.");
        }

        if (!await certificate.Move(next, reason, database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        // A suspended certificate holds its lot already: withdrawing it keeps that hold.
        return (certificate.State, next) switch
        {
            (CertificateState.Active, CertificateState.Suspended or CertificateState.Withdrawn) => await accounts.Hold([certificate.Lot], reason, cancel),
            (CertificateState.Suspended, CertificateState.Active) => await accounts.Lift([certificate.Lot], cancel),
            _ => null,
        };
    }
}
