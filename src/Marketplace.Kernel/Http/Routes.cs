using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Kernel.Http;

/// <summary>What a route says about itself: who may call it, whether it moves something.</summary>
public static class Routes
{
    /// <summary>The policy that wants a second factor shown within the last five minutes.</summary>
    public const string StepUp = "step-up";

    /// <summary>The policy that wants a person in a session, not an organisation's API key.</summary>
    public const string InPerson = "in-person";

    /// <summary>The act decides, signs or pays, or disposes of a household's rights: an organisation's API key may not do it.</summary>
    public static TBuilder InPersonOnly<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.RequireAuthorization(new AuthorizeAttribute { Policy = InPerson });

    /// <summary>A group of routes of one noun: unit of work, problems documented, tag.</summary>
    public static RouteGroupBuilder Noun(this IEndpointRouteBuilder routes, string path, string tag)
    {
        ArgumentNullException.ThrowIfNull(routes);
        var group = routes.MapGroup("/v1" + path).WithTags(tag).AddEndpointFilter<RouteGroupBuilder, UnitOfWork>();
        foreach (var status in (int[])[400, 401, 403, 404, 409, 429, 500, 503])
        {
            group.ProducesProblem(status);
        }

        return group;
    }

    /// <summary>Only holders of one of these roles (of any, when none is named) may call; with <paramref name="stepUp"/> a second factor must be fresh.</summary>
    public static TBuilder Requires<TBuilder>(this TBuilder route, bool stepUp, params string[] roles)
        where TBuilder : IEndpointConventionBuilder =>
        route.RequireAuthorization(new AuthorizeAttribute { Roles = roles.Length == 0 ? null : string.Join(',', roles), Policy = stepUp ? StepUp : null });

    /// <summary>Only holders of one of these roles may call.</summary>
    public static TBuilder Requires<TBuilder>(this TBuilder route, params string[] roles)
        where TBuilder : IEndpointConventionBuilder => route.Requires(false, roles);

    /// <summary>Anybody who is signed in may call; the use case decides what they see.</summary>
    public static TBuilder RequiresSignIn<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.RequireAuthorization();

    /// <summary>Anybody may call, signed in or not.</summary>
    public static TBuilder Anyone<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.AllowAnonymous();

    /// <summary>The call moves quantity, money or a decision: it needs an <c>Idempotency-Key</c>.</summary>
    public static TBuilder Moves<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(MovesSomething.Instance);

    /// <summary>The edit needs <c>If-Match</c>; the attribute names it in the description.</summary>
    public static string Etag(int version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");
}

/// <summary>How use cases' outcomes become answers.</summary>
public static class Answer
{
    /// <summary>200 with the value, or the refusal's problem.</summary>
    public static Results<Ok<T>, ProblemHttpResult> Ok<T>(Outcome<T> outcome) =>
        outcome.Refusal is { } refusal ? Problems.From(refusal) : TypedResults.Ok(outcome.Value!);

    /// <summary>201 with the value and its address, or the refusal's problem.</summary>
    public static Results<Created<T>, ProblemHttpResult> Created<T>(Outcome<T> outcome, Func<T, string> address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return outcome.Refusal is { } refusal ? Problems.From(refusal) : TypedResults.Created(address(outcome.Value!), outcome.Value!);
    }

    /// <summary>204, or the refusal's problem.</summary>
    public static Results<NoContent, ProblemHttpResult> NoContent(Refusal? refusal) =>
        refusal is null ? TypedResults.NoContent() : Problems.From(refusal);

    /// <summary>200 with the value and its version as <c>ETag</c>, or the refusal's problem.</summary>
    public static Results<Ok<T>, ProblemHttpResult> Versioned<T>(HttpContext http, Outcome<T> outcome, Func<T, int> version)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(version);
        if (outcome.Refusal is null)
        {
            http.Response.Headers.ETag = Routes.Etag(version(outcome.Value!));
        }

        return Ok(outcome);
    }
}

/// <summary>The version an edit starts from, taken from <c>If-Match</c>; without it the request is refused (428).</summary>
/// <param name="Version">Row version as read from <c>ETag</c>.</param>
public readonly record struct IfMatch(int Version)
{
    /// <summary>The refusal of an edit that started from an older version.</summary>
    public static readonly Refusal Stale = new("stale", "Somebody changed this; read it again.", Status: 412);

    /// <summary>Reads the header.</summary>
    public static ValueTask<IfMatch> BindAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var header = context.Request.Headers.IfMatch.ToString();
        if (header.Length == 0)
        {
            throw new RefusedException(new Refusal("if-match-required", "Send If-Match with the version you read.", Status: 428));
        }

        return int.TryParse(header.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? ValueTask.FromResult(new IfMatch(version))
            : throw new RefusedException(Stale);
    }
}
