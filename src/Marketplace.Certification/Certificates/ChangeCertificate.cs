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
public sealed record CertificateChange([TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>POST /v1/certificates/{serial}/suspension, /reinstatement and /withdrawal.</summary>
public static class ChangeCertificate
{
    internal static void Map(RouteGroupBuilder certificates)
    {
        Route(certificates.MapPost("/{serial}/suspension", Suspend), "suspendCertificate");
        Route(certificates.MapPost("/{serial}/reinstatement", Reinstate), "reinstateCertificate");
        Route(certificates.MapPost("/{serial}/withdrawal", Withdraw), "withdrawCertificate");
    }

    /// <summary>Who changes the state of a certificate, of a lot or of a scope.</summary>
    internal static void Route(RouteHandlerBuilder route, string name) =>
        route.WithName(name).Requires(stepUp: true, Role.QualityManager, Role.DecisionMaker).Moves();

    /// <summary>Suspend a certificate; its goods leave the market in the same step.</summary>
    /// <param name="serial">For example <c>KZ-26-000123-7</c>.</param>
    /// <param name="change">Why.</param>
    /// <remarks>Its lot is held, reservations and promises end, their buyers and the household are told, orders ask further households.
    /// 409 `wrong-state`, `changed-meanwhile`.</remarks>
    public static Task<Results<NoContent, ProblemHttpResult>> Suspend(
        string serial, CertificateChange change, Database database, StopGoods goods, ITasks tasks, INotices notices, IHouseholds households, CancellationToken cancel) =>
        Answered(serial, CertificateStep.Suspend, change, database, goods, tasks, notices, households, cancel);

    /// <summary>Reinstate a suspended certificate; the hold of its lot is lifted.</summary>
    /// <param name="serial">For example <c>KZ-26-000123-7</c>.</param>
    /// <param name="change">Why.</param>
    /// <remarks>What the suspension ended stays ended. 409 `wrong-state`, `changed-meanwhile`, `held-back` before a finding was ruled on.</remarks>
    public static Task<Results<NoContent, ProblemHttpResult>> Reinstate(
        string serial, CertificateChange change, Database database, StopGoods goods, ITasks tasks, INotices notices, IHouseholds households, CancellationToken cancel) =>
        Answered(serial, CertificateStep.Reinstate, change, database, goods, tasks, notices, households, cancel);

    /// <summary>Withdraw a certificate for good; its goods leave the market in the same step and its lot stays held.</summary>
    /// <param name="serial">For example <c>KZ-26-000123-7</c>.</param>
    /// <param name="change">Why.</param>
    /// <remarks>409 `wrong-state`, `changed-meanwhile`.</remarks>
    public static Task<Results<NoContent, ProblemHttpResult>> Withdraw(
        string serial, CertificateChange change, Database database, StopGoods goods, ITasks tasks, INotices notices, IHouseholds households, CancellationToken cancel) =>
        Answered(serial, CertificateStep.Withdraw, change, database, goods, tasks, notices, households, cancel);

    private static async Task<Results<NoContent, ProblemHttpResult>> Answered(
        string serial, CertificateStep step, CertificateChange change, Database database, StopGoods goods, ITasks tasks, INotices notices, IHouseholds households,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Answer.NoContent(await Take(serial, step, change.Reason, database, goods, tasks, notices, households, cancel));
    }

    internal static async Task<Refusal?> Take(
        string serial, CertificateStep step, string reason, Database database, StopGoods goods, ITasks tasks,
        INotices notices, IHouseholds households, CancellationToken cancel)
    {
        if (!Serial.IsWellFormed(serial) || await Certificate.FindIssued(serial, database, cancel) is not { } certificate)
        {
            return Refusal.NotFound;
        }

        if (Certificate.Next(certificate.State, step) is not { } next)
        {
            return certificate.WrongState();
        }

        return await Turn(certificate, next, reason, database, goods, tasks, notices, households, cancel);
    }

    /// <summary>Moves a certificate with all that follows for its goods and its household.</summary>
    internal static async Task<Refusal?> Turn(
        Certificate certificate, CertificateState next, string reason, Database database, StopGoods goods, ITasks tasks, INotices notices,
        IHouseholds households, CancellationToken cancel)
    {
        if (!await certificate.Move(next, reason, database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        // A suspended certificate holds its lot already: withdrawing it keeps that hold.
        var refusal = (certificate.State, next) switch
        {
            (CertificateState.Active, CertificateState.Suspended or CertificateState.Withdrawn) => await goods.Stop([certificate.Lot], reason, cancel),
            (CertificateState.Suspended, CertificateState.Active) => await goods.Resume([certificate.Lot], cancel),
            _ => null,
        };
        if (refusal is null)
        {
            await tasks.Close(certificate.Id.Value, AppealedDecision.ReconsiderTask, cancel);
            var household = (await households.Of([certificate.Household], cancel))[certificate.Household];
            await notices.Send([new Notice("certificate-changed", new Dictionary<string, string>
            {
                ["serial"] = certificate.Serial, ["state"] = next.ToString().ToLowerInvariant(), ["reason"] = reason,
            }, household.Head)], cancel);
        }

        return refusal;
    }
}
