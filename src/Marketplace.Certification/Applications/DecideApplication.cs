using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A decision on an application.</summary>
/// <param name="Granted">True grants the certificate, false refuses it.</param>
/// <param name="Reason">Shown to the household; 3 to 2000 characters.</param>
public sealed record ApplicationDecision(bool Granted, [TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>What came of a decision.</summary>
/// <param name="Stage"><c>granted</c> or <c>refused</c>.</param>
/// <param name="Certificate">Serial of the certificate issued; absent when refused.</param>
/// <param name="Scope">Number of the scope certificate opened; only under a serial or group scheme.</param>
public sealed record DecisionOutcome(CertificationStage Stage, string? Certificate, string? Scope = null);

/// <summary>POST /v1/applications/{id}/decision.</summary>
public static class DecideApplication
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapPost("/{id}/decision", Handle).WithName("decideApplication").Requires(stepUp: true, Role.DecisionMaker).Moves();

    /// <summary>Decide an application; granting issues and signs the certificate and credits its quantity.</summary>
    /// <remarks>409 `wrong-stage` unless it waits for the decision; 409 `own-work` for anybody with another part in the case or household;
    /// 409 `not-assigned`, `results-fail`, `results-incomplete`, `evaluation-missing`, `submissions-missing`, `visit-owed`, `counted-less`,
    /// `nonconformity-open`, `case-paused`, `issuance-stopped`, `lot-expired`, `above-ceiling`; 409 `scope-open` while the production's last scope
    /// certificate is suspended;
    /// 409 `changed-meanwhile` when another decision won.</remarks>
    public static async Task<Results<Ok<DecisionOutcome>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, ApplicationDecision decision, Database database, ILotAccounts accounts, ILots lots, ITasks tasks, INotices notices,
        Secrets secrets, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(decision);
        return Answer.Ok(await Decide(id, decision, database, accounts, lots, tasks, notices, secrets, cancel));
    }

    internal static async Task<Outcome<DecisionOutcome>> Decide(
        CertificationApplicationId id, ApplicationDecision decision, Database database, ILotAccounts accounts, ILots lots, ITasks tasks, INotices notices,
        Secrets secrets, CancellationToken cancel)
    {
        var turn = await CertificationApplication.Turn(
            id, CasePart.DecisionMaker, decision.Granted ? CertificationStep.Grant : CertificationStep.Refuse, database, cancel);
        if (turn.Refusal is { } refused)
        {
            return refused;
        }

        var (application, next) = turn.Value!;

        if (!await application.Move(next, Sql.Of($""), new ApplicationDecided(id, application.Lot, decision.Granted), database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        // own-work, nonconformity-open and what the evaluation lacks are the table's triggers: no path can forget them.
        await database.Execute($"insert into certification.decision (application, granted, reason) values ({id}, {decision.Granted}, {decision.Reason})", cancel);
        string? serial = null, scope = null;
        if (decision.Granted)
        {
            var granted = await SigningCase.Of(id, null, database, cancel);
            var issued = await IssueCertificate.Issue(granted, database, accounts, lots, secrets, cancel);
            if (issued.Refusal is { } stopped)
            {
                return stopped;
            }

            serial = issued.Value;
            var opened = await Scope.Open(granted, database, cancel);
            if (opened.Refusal is { } closed)
            {
                return closed;
            }

            scope = opened.Value;
        }
        else if (await accounts.TakeFromCertification(application.Lot, cancel) is { } busy)
        {
            return busy;
        }

        await tasks.CloseAll(id.Value, cancel);
        await notices.Send([new Notice(decision.Granted ? "certificate-issued" : "application-refused", new Dictionary<string, string>
        {
            ["number"] = application.Number!, ["product"] = application.Product.Value, ["serial"] = serial ?? "", ["reason"] = decision.Reason,
            ["until"] = (await tasks.Deadline(application.Country, FileAppeal.TermDays, cancel)).ToOffset(Place.Offset(application.Country))
                .ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        }, application.Head)], cancel);
        return new DecisionOutcome(next, serial, scope);
    }
}
