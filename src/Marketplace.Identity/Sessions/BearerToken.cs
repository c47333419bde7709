using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Marketplace.Identity.Sessions;

/// <summary>
/// Finds the actor behind <c>Authorization: Bearer …</c>, a session token or an API key. What it finds is remembered for some seconds;
/// every unit of work asks the database in its first batch whether it still holds, so an ended key is refused at once.
/// </summary>
internal sealed class BearerToken(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, NpgsqlDataSource source, CredentialCache cache,
    TimeProvider clock) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "Bearer";

    public static string NewSecret(string prefix) => prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) || header.Length is < 20 or > 300)
        {
            return AuthenticateResult.NoResult();
        }

        var hash = HashOf(header[7..].Trim());
        var now = clock.GetUtcNow();
        var actor = cache.Find(hash, now) ?? await Look(hash, now, Context.RequestAborted);
        if (actor is null)
        {
            return AuthenticateResult.Fail("unknown token");
        }

        Context.RequestServices.GetRequiredService<CurrentActor>().Value = actor;
        var identity = new ClaimsIdentity(actor.Roles.Select(role => new Claim(ClaimTypes.Role, role)), Scheme);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = Scheme;
        return Problems.From(new Refusal("signed-out", "Sign in first.", Status: 401)).ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        // What is remembered may be older than a role given a moment ago: look once more before saying no.
        var actor = Context.RequestServices.GetRequiredService<CurrentActor>().Value;
        if (actor.Credential is { } credential && FreshRights.StartAgain(Context))
        {
            cache.Forget(credential);
            return Task.CompletedTask;
        }

        var wantsStepUp = Context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>().Any(data => data.Policy == Routes.StepUp) == true;
        var holdsRole = Context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>()
            .All(data => data.Roles is null || data.Roles.Split(',').Any(Context.User.IsInRole)) == true;
        if (actor.PlainKey && Context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>().Any(data => data.Policy == Routes.InPerson) == true)
        {
            return Problems.From(new Refusal("not-with-a-key", "This is done by a person in a session, not with an API key.", Status: 403)).ExecuteAsync(Context);
        }

        return Problems.From(wantsStepUp && holdsRole
            ? new Refusal("step-up-required", "Show a second factor again before this act.", Status: 403)
            : new Refusal("forbidden", "Your role does not allow this.", Status: 403)).ExecuteAsync(Context);
    }

    private async Task<Actor?> Look(byte[] hash, DateTimeOffset now, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var command = new NpgsqlCommand("select * from identity.who($1)", connection) { Parameters = { new() { Value = hash } } };
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            return null;
        }

        var test = reader.GetBoolean(10);
        var actor = new Actor(
            reader.GetString(1), reader.GetGuid(2), reader.GetFieldValue<string[]>(6).ToHashSet(StringComparer.Ordinal),
            Organisation: Nullable<Guid>(reader, 5), Household: Nullable<Guid>(reader, 3), Territory: reader.IsDBNull(7) ? null : reader.GetString(7),
            Credential: reader.GetGuid(0), SteppedUpAt: test ? DateTimeOffset.MaxValue : Nullable<DateTimeOffset>(reader, 9),
            Stamp: reader.GetInt32(4), Sandbox: test, PlainKey: reader.GetBoolean(11));
        cache.Keep(hash, actor, now);
        return actor;
    }

    private static T? Nullable<T>(NpgsqlDataReader reader, int column)
        where T : struct => reader.IsDBNull(column) ? null : reader.GetFieldValue<T>(column);
}

/// <summary>Who stands behind a token, for thirty seconds.</summary>
internal sealed class CredentialCache : ICredentialCache
{
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<string, (Actor Actor, DateTimeOffset Until)> known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Guid, string> keyOf = new();

    public Actor? Find(byte[] hash, DateTimeOffset now) =>
        known.TryGetValue(Convert.ToHexString(hash), out var entry) && entry.Until > now ? entry.Actor : null;

    public void Keep(byte[] hash, Actor actor, DateTimeOffset now)
    {
        if (known.Count > 50_000)
        {
            known.Clear(); // an upper bound on memory; the next request of each token reads once more
            keyOf.Clear();
        }

        var key = Convert.ToHexString(hash);
        known[key] = (actor, now + Age);
        keyOf[actor.Credential!.Value] = key;
    }

    public void Forget(Guid credential)
    {
        if (keyOf.TryRemove(credential, out var key))
        {
            known.TryRemove(key, out _);
        }
    }
}

/// <summary>A second factor was shown within the last five minutes.</summary>
internal sealed class FreshStepUp : IAuthorizationRequirement;

/// <summary>A person acts in a session; organisation keys never decide, sign or pay.</summary>
internal sealed class ActsInPerson : IAuthorizationRequirement;

/// <summary>Checks <see cref="ActsInPerson"/>.</summary>
internal sealed class ActsInPersonHandler(IHttpContextAccessor http) : AuthorizationHandler<ActsInPerson>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, ActsInPerson requirement)
    {
        if (http.HttpContext?.RequestServices.GetRequiredService<CurrentActor>().Value is { PlainKey: false })
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }
}

/// <summary>Checks <see cref="FreshStepUp"/>.</summary>
internal sealed class FreshStepUpHandler(TimeProvider clock, IHttpContextAccessor http) : AuthorizationHandler<FreshStepUp>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, FreshStepUp requirement)
    {
        var actor = http.HttpContext?.RequestServices.GetRequiredService<CurrentActor>().Value;
        if (actor?.SteppedUpAt is { } at && (actor.Sandbox || at >= clock.GetUtcNow().AddMinutes(-5)))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }
}
