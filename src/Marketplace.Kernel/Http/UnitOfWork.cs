using System.Reflection;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Npgsql;

namespace Marketplace.Kernel.Http;

/// <summary>Marks a route whose effect must happen once: <c>Idempotency-Key</c> is required.</summary>
public sealed class MovesSomething
{
    internal static readonly MovesSomething Instance = new();
}

/// <summary>
/// The frame around every use case: commits before the answer is written, rolls back on a refusal, and answers a repeated
/// request with the first answer.
/// </summary>
public sealed class UnitOfWork(IEnumerable<ConstraintRefusal> constraints, ILogger<UnitOfWork> log) : IEndpointFilter
{
    private static readonly string[] KeptHeaders = ["ETag", "Location", "Content-Type", "Link"];

    /// <summary>Runs the use case inside its unit of work.</summary>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var http = context.HttpContext;
        if (http.Response.StatusCode == StatusCodes.Status400BadRequest)
        {
            throw Unreadable(context);
        }

        var database = http.RequestServices.GetRequiredService<Database>();
        IdempotentRequest? idempotent = null;
        if (http.GetEndpoint()?.Metadata.GetMetadata<MovesSomething>() is not null)
        {
            var key = http.Request.Headers["Idempotency-Key"].ToString();
            if (key.Length is 0 or > 255)
            {
                return Problems.From(new Refusal("idempotency-key-required", "Send an Idempotency-Key of 1 to 255 characters.", Status: 400));
            }

            idempotent = new IdempotentRequest(OwnerOf(database.Actor), key, RequestBody.Hash(http));
            database.Remember(idempotent);
        }

        try
        {
            var result = await next(context);
            var written = await Buffered(http, result);
            if (http.Response.StatusCode >= 400)
            {
                await database.Refuse(http.RequestAborted);
                return written;
            }

            var answer = idempotent is null ? null : new StoredAnswer(idempotent.Hash, http.Response.StatusCode, Headers(http), written.Body);
            await database.Commit(answer, http.RequestAborted);
            return written;
        }
        catch (AlreadyDoneException done)
        {
            await database.Rollback();
            return Replay(done.Answer, idempotent!);
        }
        catch (Exception failure) when (failure is PostgresException or RefusedException or CredentialEndedException)
        {
            await database.Rollback();
            foreach (var header in KeptHeaders)
            {
                http.Response.Headers.Remove(header);
            }

            if (failure is CredentialEndedException ended && database.Actor.Credential is { } credential)
            {
                http.RequestServices.GetRequiredService<ICredentialCache>().Forget(credential);
                if (ended.Changed && FreshRights.StartAgain(http))
                {
                    return Results.Empty;
                }
            }

            // The first statement may have failed because the effect of the same request is already there.
            if (failure is PostgresException && idempotent is not null && await database.AnswerTo(idempotent, http.RequestAborted) is { } stored)
            {
                return Replay(stored, idempotent);
            }

            if (Problems.Explain(failure, constraints) is not { } refusal)
            {
                throw;
            }

            log.LogDebug("{Code} from {Failure}", refusal.Code, failure.GetType().Name);
            return Problems.From(refusal);
        }
    }

    /// <summary>Says which optional parameter does not read: the generated handlers only set the status.</summary>
    private static BadHttpRequestException Unreadable(EndpointFilterInvocationContext context)
    {
        var query = context.HttpContext.Request.Query;
        var parameters = context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<MethodInfo>()?.GetParameters() ?? [];
        var name = parameters.FirstOrDefault(parameter => query[parameter.Name!] is [{ Length: > 0 }, ..]
            && (context.Arguments[parameter.Position] is not { } value || value.Equals(RuntimeHelpers.GetUninitializedObject(value.GetType()))))?.Name;
        return new BadHttpRequestException(name is null ? "A parameter does not read." : $"Failed to bind parameter \"{name}\" from the query.");
    }

    /// <summary>A key belongs to a person in one organisation: the same key for another one is another request.</summary>
    private static Guid OwnerOf(Actor actor) =>
        new(SHA256.HashData([.. (actor.Person ?? Guid.Empty).ToByteArray(), .. (actor.Organisation ?? Guid.Empty).ToByteArray()]).AsSpan(0, 16));

    private static async Task<Written> Buffered(HttpContext http, object? result)
    {
        var outside = http.Response.Body;
        using var buffer = new MemoryStream();
        http.Response.Body = buffer;
        try
        {
            switch (result)
            {
                case IResult answer:
                    await answer.ExecuteAsync(http);
                    break;
                case null:
                    break;
                default:
                    await http.Response.WriteAsJsonAsync(result, result.GetType(), http.RequestAborted);
                    break;
            }

            await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
        }
        finally
        {
            http.Response.Body = outside;
        }

        return new Written(buffer.ToArray());
    }

    private static string Headers(HttpContext http) => JsonSerializer.Serialize(KeptHeaders
        .Where(name => !StringValues.IsNullOrEmpty(http.Response.Headers[name]))
        .ToDictionary(name => name, name => http.Response.Headers[name].ToString()));

    private static IResult Replay(StoredAnswer stored, IdempotentRequest request) => stored.RequestHash.AsSpan().SequenceEqual(request.Hash)
        ? new Replayed(stored.Status, stored.Headers, stored.Body)
        : Problems.From(new Refusal("key-reused", "This idempotency key was used for another request.", Status: 422));

    /// <summary>An answer already rendered: status and headers are set, only the bytes are left to send.</summary>
    private sealed class Written(byte[] body) : IResult
    {
        public byte[] Body { get; } = body;

        public Task ExecuteAsync(HttpContext httpContext)
        {
            if (Body.Length == 0)
            {
                return Task.CompletedTask; // 204 may not even write nothing
            }

            httpContext.Response.ContentLength = Body.Length;
            return httpContext.Response.Body.WriteAsync(Body, httpContext.RequestAborted).AsTask();
        }
    }

    private sealed class Replayed(int status, string headers, byte[] body) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = status;
            foreach (var (name, value) in JsonSerializer.Deserialize<Dictionary<string, string>>(headers)!)
            {
                httpContext.Response.Headers[name] = value;
            }

            httpContext.Response.Headers["Idempotent-Replayed"] = "true";
            if (body.Length > 0)
            {
                await httpContext.Response.Body.WriteAsync(body, httpContext.RequestAborted);
            }
        }
    }
}

/// <summary>Remembers who stands behind a session or key for some seconds; the database has the last word in every unit of work.</summary>
public interface ICredentialCache
{
    /// <summary>Forgets one, after its rights changed or it ended.</summary>
    void Forget(Guid credential);
}

/// <summary>
/// Runs a request again, once, when the caller's rights had changed since they were remembered: a household that has just been registered
/// is a producer in its very next request, on every instance.
/// </summary>
public sealed class FreshRights(RequestDelegate next)
{
    private static readonly object Again = new();
    private static readonly object Tried = new();

    /// <summary>Runs the rest of the pipeline, twice when it must; the second time with services of its own.</summary>
    public async Task InvokeAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        await next(http);
        if (!http.Items.Remove(Again) || http.Response.HasStarted)
        {
            return;
        }

        http.Items[Tried] = true;
        if (http.Request.Body.CanSeek)
        {
            http.Request.Body.Position = 0;
        }

        var first = http.RequestServices;
        await using var second = first.CreateAsyncScope();
        http.RequestServices = second.ServiceProvider;
        try
        {
            await next(http);
        }
        finally
        {
            http.RequestServices = first;
        }
    }

    /// <summary>Marks the request to be run again; false when it was once already. The caller must not have written an answer.</summary>
    public static bool StartAgain(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (http.Items.ContainsKey(Tried))
        {
            return false;
        }

        http.Items[Again] = true;
        return true;
    }
}

/// <summary>
/// Reads a request's body once, with its limits: 64 kB, UTF-8, no NUL, so that what comes after can hash and parse it. A route marked
/// <see cref="LargeBody"/> takes more, and bytes of any kind.
/// </summary>
public sealed class RequestBody(RequestDelegate next)
{
    private const int Most = 64 * 1024;
    private static readonly object Key = new();

    /// <summary>Buffers the body of requests that have one.</summary>
    public async Task InvokeAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (http.Request.Path.Value?.Contains('\0', StringComparison.Ordinal) == true
            || http.Request.QueryString.Value?.Contains("%00", StringComparison.Ordinal) == true)
        {
            throw new BadHttpRequestException("The address holds a NUL character.");
        }

        if (http.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal) && http.Request.Method is "POST" or "PUT" or "PATCH")
        {
            var large = http.GetEndpoint()?.Metadata.GetMetadata<LargeBody>();
            var most = large?.Most ?? Most;
            if (http.Request.ContentLength > most)
            {
                throw new BadHttpRequestException("The body is too large.", 413);
            }

            var charset = http.Request.GetTypedHeaders().ContentType?.Charset.Value?.Trim('"');
            if (large is null && charset is not null && !charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            {
                throw new BadHttpRequestException("The body must be UTF-8.", 415);
            }

            var body = await Read(http.Request.Body, most, http.RequestAborted);
            if (large is null && HoldsNul(body))
            {
                throw new BadHttpRequestException("The body holds a NUL character.");
            }

            http.Items[Key] = body;
            http.Request.Body = new MemoryStream(body, writable: false);
        }

        await next(http);
    }

    internal static byte[] Hash(HttpContext http)
    {
        var head = Encoding.UTF8.GetBytes($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}\n");
        var body = http.Items[Key] as byte[] ?? [];
        return SHA256.HashData([.. head, .. body]);
    }

    private static async Task<byte[]> Read(Stream body, int most, CancellationToken cancel)
    {
        using var copy = new MemoryStream();
        var chunk = new byte[8192];
        int read;
        while ((read = await body.ReadAsync(chunk, cancel)) > 0)
        {
            if (copy.Length + read > most)
            {
                throw new BadHttpRequestException("The body is too large.", 413);
            }

            copy.Write(chunk, 0, read);
        }

        return copy.ToArray();
    }

    /// <summary>PostgreSQL keeps no NUL in text: refuse it here, raw or escaped.</summary>
    private static bool HoldsNul(ReadOnlySpan<byte> body)
    {
        if (body.Contains((byte)0))
        {
            return true;
        }

        var from = 0;
        while (body[from..].IndexOf("\\u0000"u8) is var at and >= 0)
        {
            at += from;
            var backslashes = 0;
            while (at - backslashes - 1 >= 0 && body[at - backslashes - 1] == '\\')
            {
                backslashes++;
            }

            if (backslashes % 2 == 0)
            {
                return true;
            }

            from = at + 1;
        }

        return false;
    }
}

/// <summary>Marks a route that takes a file: more than 64 kB, of any bytes.</summary>
public sealed class LargeBody(int most)
{
    /// <summary>The most bytes it takes.</summary>
    public int Most { get; } = most;
}
