using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Identity.SecondFactors;

/// <summary>A code of the authenticator app.</summary>
/// <param name="Code">Six digits; each works once.</param>
public sealed record SecondFactorCode([Required, RegularExpression("^[0-9]{6}$")] string Code);

/// <summary>POST /v1/second-factors/confirmation: the first code of a new factor, which ends the one before.</summary>
public static class ConfirmSecondFactor
{
    internal static void Map(RouteGroupBuilder factors) =>
        factors.MapPost("/confirmation", Handle).WithName("confirmSecondFactor").InPersonOnly().RequiresSignIn();

    /// <summary>Confirm the authenticator app just enrolled with its first code; an earlier one ends and the person is told.</summary>
    /// <remarks>The session counts as stepped up from now. 400 <c>wrong-factor-code</c>; 409 <c>no-second-factor</c> when none was enrolled;
    /// 429 <c>too-many-tries</c> after five wrong codes, for fifteen minutes.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        SecondFactorCode code, Database database, Secrets secrets, INotices notices, TimeProvider clock, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(code);
        return Answer.NoContent(await Confirm(code, database, secrets, notices, clock, cancel));
    }

    internal static async Task<Refusal?> Confirm(
        SecondFactorCode code, Database database, Secrets secrets, INotices notices, TimeProvider clock, CancellationToken cancel)
    {
        if (await SecondFactor.Find(live: false, database, cancel) is not { } factor)
        {
            return SecondFactor.None;
        }

        if (await factor.Take(code.Code, database, secrets, clock, cancel) is { } refused)
        {
            return refused;
        }

        var me = PersonId.From(database.Actor.Person!.Value);
        await database.Execute($"""
            update identity.second_factor set ended_at = kernel.now() where person_id = {me} and confirmed_at is not null and ended_at is null
            """, cancel);
        await database.Execute($"update identity.second_factor set confirmed_at = kernel.now() where id = {factor.Id}", cancel);
        await StepUp.Mark(database, cancel);
        await notices.Send([new Notice("second-factor-changed", new Dictionary<string, string>(), me)], cancel);
        return null;
    }
}

/// <summary>POST /v1/sessions/current/step-up.</summary>
public static class StepUp
{
    internal static void Map(RouteGroupBuilder sessions) =>
        sessions.MapPost("/current/step-up", Handle).WithName("stepUp").InPersonOnly().RequiresSignIn();

    /// <summary>Show the second factor; deciding, signing and paying are open to this session for five minutes.</summary>
    /// <remarks>400 <c>wrong-factor-code</c>, also for a code used before; 409 <c>no-second-factor</c>; 429 <c>too-many-tries</c> after five wrong codes,
    /// for fifteen minutes.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        SecondFactorCode code, Database database, Secrets secrets, TimeProvider clock, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(code);
        return Answer.NoContent(await Show(code, database, secrets, clock, cancel));
    }

    internal static async Task<Refusal?> Show(SecondFactorCode code, Database database, Secrets secrets, TimeProvider clock, CancellationToken cancel)
    {
        if (await SecondFactor.Find(live: true, database, cancel) is not { } factor)
        {
            return SecondFactor.None;
        }

        if (await factor.Take(code.Code, database, secrets, clock, cancel) is { } refused)
        {
            return refused;
        }

        await Mark(database, cancel);
        return null;
    }

    internal static async Task Mark(Database database, CancellationToken cancel) =>
        await database.Execute($"update identity.credential set stepped_up_at = kernel.now() where id = {database.Actor.Credential}", cancel);
}

/// <summary>A person's authenticator app.</summary>
internal sealed record SecondFactor(Guid Id, byte[] SecretSealed, bool Blocked)
{
    private const int MostFailures = 5;

    public static readonly Refusal None = new("no-second-factor", "Enrol a second factor first; your administrator gives you a code for it.");

    /// <summary>The actor's confirmed factor, or the newest one still to be confirmed.</summary>
    public static Task<SecondFactor?> Find(bool live, Database database, CancellationToken cancel) => database.Find<SecondFactor>($"""
        select id, secret_sealed, failures >= {MostFailures} and last_failure > kernel.now() - interval '15 minutes' as blocked
          from identity.second_factor
         where person_id = {database.Actor.Person} and ended_at is null and (confirmed_at is not null) = {live}
         order by created_at desc, id desc limit 1 for update
        """, cancel);

    /// <summary>Takes a code, once; wrong ones count although the request is refused.</summary>
    public async Task<Refusal?> Take(string code, Database database, Secrets secrets, TimeProvider clock, CancellationToken cancel)
    {
        if (Blocked)
        {
            return new Refusal("too-many-tries", "Too many wrong codes; try again in fifteen minutes.", Status: 429);
        }

        var step = OneTimePassword.StepOf(secrets.Open("second-factor", SecretSealed, Id), code, clock.GetUtcNow());
        var taken = step is null ? 0 : await database.Execute($"""
            update identity.second_factor set last_step = {step}, failures = 0, last_failure = null where id = {Id} and last_step < {step}
            """, cancel);
        if (taken == 1)
        {
            return null;
        }

        await database.Execute($"""
            update identity.second_factor
               set failures = case when last_failure > kernel.now() - interval '15 minutes' then failures + 1 else 1 end, last_failure = kernel.now()
             where id = {Id}
            """, cancel);
        await database.Commit(cancel);
        return Refusal.Invalid("#/code", "wrong-factor-code", "The code is wrong or was used; wait for the next one.");
    }
}
