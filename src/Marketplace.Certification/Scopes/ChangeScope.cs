using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/scope-certificates/{number}/suspension, /reinstatement and /withdrawal.</summary>
public static class ChangeScope
{
    internal static void Map(RouteGroupBuilder scopes)
    {
        ChangeCertificate.Route(scopes.MapPost("/{number}/suspension", Suspend), "suspendScopeCertificate");
        ChangeCertificate.Route(scopes.MapPost("/{number}/reinstatement", Reinstate), "reinstateScopeCertificate");
        ChangeCertificate.Route(scopes.MapPost("/{number}/withdrawal", Withdraw), "withdrawScopeCertificate");
    }

    /// <summary>Suspend a scope certificate and every certificate under it; their goods leave the market in the same step.</summary>
    /// <param name="number">For example <c>KZ-S-26-0001</c>.</param>
    /// <param name="change">Why.</param>
    /// <remarks>Nothing more is declared under it. 409 `wrong-state`, `changed-meanwhile`.</remarks>
    public static Task<Results<NoContent, ProblemHttpResult>> Suspend(
        string number, CertificateChange change, Database database, StopGoods goods, ITasks tasks, INotices notices, IHouseholds households, CancellationToken cancel) =>
        Answered(number, ScopeStep.Suspend, change, database, goods, tasks, notices, households, cancel);

    /// <summary>Reinstate a suspended scope certificate, and the certificates that were suspended with it.</summary>
    /// <param name="number">For example <c>KZ-S-26-0001</c>.</param>
    /// <param name="change">Why.</param>
    /// <remarks>A certificate suspended for itself stays so. 409 `wrong-state`, `changed-meanwhile`, `held-back` before a finding was ruled on.</remarks>
    public static Task<Results<NoContent, ProblemHttpResult>> Reinstate(
        string number, CertificateChange change, Database database, StopGoods goods, ITasks tasks, INotices notices, IHouseholds households, CancellationToken cancel) =>
        Answered(number, ScopeStep.Reinstate, change, database, goods, tasks, notices, households, cancel);

    /// <summary>Withdraw a scope certificate and every certificate under it for good.</summary>
    /// <param name="number">For example <c>KZ-S-26-0001</c>.</param>
    /// <param name="change">Why.</param>
    /// <remarks>409 `wrong-state`, `changed-meanwhile`.</remarks>
    public static Task<Results<NoContent, ProblemHttpResult>> Withdraw(
        string number, CertificateChange change, Database database, StopGoods goods, ITasks tasks, INotices notices, IHouseholds households, CancellationToken cancel) =>
        Answered(number, ScopeStep.Withdraw, change, database, goods, tasks, notices, households, cancel);

    private static async Task<Results<NoContent, ProblemHttpResult>> Answered(
        string number, ScopeStep step, CertificateChange change, Database database, StopGoods goods, ITasks tasks, INotices notices, IHouseholds households,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Answer.NoContent(await Take(number, step, change.Reason, database, goods, tasks, notices, households, cancel));
    }

    internal static async Task<Refusal?> Take(
        string number, ScopeStep step, string reason, Database database, StopGoods goods, ITasks tasks,
        INotices notices, IHouseholds households, CancellationToken cancel)
    {
        if (await Scope.Find(number, database, cancel) is not { } scope || scope.Issuer.Value != database.Actor.Organisation)
        {
            return Refusal.NotFound;
        }

        if (Scope.Next(scope.State, step) is not { } next)
        {
            return new Refusal("wrong-state", $"A scope certificate that is {scope.State} does not allow this step.");
        }

        return await Turn(scope, step, next, reason, database, goods, tasks, notices, households, cancel);
    }

    /// <summary>Moves a scope certificate with those under it and all that follows for their goods and households.</summary>
    internal static async Task<Refusal?> Turn(
        Scope scope, ScopeStep step, ScopeState next, string reason, Database database, StopGoods goods, ITasks tasks, INotices notices,
        IHouseholds households, CancellationToken cancel)
    {
        // The scope first: a batch being declared at this moment is either seen below or refused by the scope's new state.
        if (!await scope.Move(next, reason, database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        await tasks.Close(scope.Id, AppealedDecision.ReconsiderTask, cancel);
        var under = Sql.Of($"c.application = {scope.Application}");
        var cause = new MoveCause(Scope: scope.Id);
        var moved = await (step switch
        {
            ScopeStep.Suspend => CertificateMoves.All(Sql.Of($"{under} and c.state = 'active'"), CertificateState.Suspended, reason, cause, database, cancel),
            ScopeStep.Reinstate => CertificateMoves.All(Sql.Of($"""
                {under} and c.state = 'suspended'
                   and (select last.scope from certification.certificate_change last where last.certificate = c.id order by last.number desc limit 1) = {scope.Id}
                """), CertificateState.Active, reason, cause, database, cancel),
            _ => CertificateMoves.All(Sql.Of($"{under} and c.state in ('active', 'suspended')"), CertificateState.Withdrawn, reason, cause, database, cancel),
        });
        return await CertificateMoves.Follow(moved, reason, goods, cancel) ?? await Tell(scope, next, reason, moved, notices, households, cancel);
    }

    private static async Task<Refusal?> Tell(
        Scope scope, ScopeState state, string reason, IReadOnlyList<MovedCertificate> moved, INotices notices, IHouseholds households, CancellationToken cancel)
    {
        HouseholdId[] concerned = [.. moved.Select(one => one.Household).Concat(scope.Household is { } own ? [own] : []).Distinct()];
        await notices.Send([.. (await households.Of(concerned, cancel)).Values.Select(household => household.Head).Distinct().Select(head =>
            new Notice("certificate-changed", new Dictionary<string, string>
            {
                ["serial"] = scope.Number, ["state"] = state.ToString().ToLowerInvariant(), ["reason"] = reason,
            }, head))], cancel);
        return null;
    }
}
