using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Marketplace.Kernel.Http;

/// <summary>One thing wrong in a request.</summary>
/// <param name="Pointer">JSON pointer of the member, or <c>#/query/name</c> of a query parameter.</param>
/// <param name="Code">Stable kebab-case code.</param>
/// <param name="Message">A sentence for people.</param>
public sealed record FieldError(string Pointer, string Code, string Message);

/// <summary>A constraint of the database whose name is a refusal's code.</summary>
/// <param name="Code">The constraint's name, kebab-case, and the refusal's code.</param>
/// <param name="Sentence">What people read.</param>
public sealed record ConstraintRefusal(string Code, string Sentence);

/// <summary>RFC 9457 problems: every 4xx and 5xx of the API, with a stable code and the request's trace id.</summary>
public static class Problems
{
    private static readonly Dictionary<int, (string Code, string En, string Ru, string Kk, string Ky)> Known = new()
    {
        [400] = ("malformed", "The request is malformed.", "Запрос составлен неверно.", "Сұрау дұрыс құрылмаған.", "Суроо туура эмес түзүлгөн."),
        [401] = ("signed-out", "Sign in first.", "Сначала войдите.", "Алдымен кіріңіз.", "Алгач кириңиз."),
        [403] = ("forbidden", "Your role does not allow this.", "Ваша роль этого не позволяет.", "Сіздің рөліңіз бұған рұқсат бермейді.", "Сиздин ролуңуз буга уруксат бербейт."),
        [404] = ("not-found", "There is no such thing here.", "Здесь такого нет.", "Мұнда ондай жоқ.", "Бул жерде андай жок."),
        [405] = ("method-not-allowed", "This address does not know that method.", "Этот адрес не знает такого метода.", "Бұл мекенжай ондай әдісті білмейді.", "Бул дарек андай ыкманы билбейт."),
        [409] = ("conflict", "The state of things does not allow this.", "Состояние дел этого не позволяет.", "Істің жайы бұған жол бермейді.", "Иштин абалы буга жол бербейт."),
        [412] = ("stale", "Somebody changed this; read it again.", "Это уже изменили; прочтите заново.", "Мұны біреу өзгертті; қайта оқыңыз.", "Муну бирөө өзгөрттү; кайра окуңуз."),
        [413] = ("too-large", "The request is too large.", "Запрос слишком велик.", "Сұрау тым үлкен.", "Суроо өтө чоң."),
        [415] = ("not-json", "The body must be JSON in UTF-8.", "Тело запроса должно быть JSON в UTF-8.", "Сұрау денесі UTF-8 JSON болуы керек.", "Суроонун денеси UTF-8 JSON болушу керек."),
        [422] = ("key-reused", "This idempotency key was used for another request.", "Этот ключ повтора уже использован для другого запроса.", "Бұл қайталау кілті басқа сұрауға қолданылған.", "Бул кайталоо ачкычы башка суроого колдонулган."),
        [428] = ("if-match-required", "Send If-Match with the version you read.", "Пришлите If-Match с прочитанной версией.", "Оқылған нұсқамен If-Match жіберіңіз.", "Окулган версия менен If-Match жөнөтүңүз."),
        [429] = ("too-many-requests", "Too many requests; try again later.", "Слишком много запросов; попробуйте позже.", "Сұрау тым көп; кейінірек көріңіз.", "Суроо өтө көп; кийинчерээк көрүңүз."),
        [500] = ("our-fault", "Something broke on our side.", "У нас что-то сломалось.", "Бізде бірдеңе бұзылды.", "Бизде бир нерсе бузулду."),
        [503] = ("busy", "Busy; try again in a moment.", "Занято; попробуйте через минуту.", "Бос емес; сәлден соң көріңіз.", "Бош эмес; бир аздан кийин көрүңүз."),
    };

    /// <summary>The refusal as an HTTP answer.</summary>
    public static ProblemHttpResult From(Refusal refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        var details = new ProblemDetails { Status = refusal.Status, Detail = refusal.Sentence };
        details.Extensions["code"] = refusal.Code;
        if (refusal.Pointer is { } pointer)
        {
            details.Extensions["errors"] = new[] { new FieldError(pointer, refusal.Code, refusal.Sentence) };
        }

        if (refusal.Details is { } more)
        {
            details.Extensions["details"] = more;
        }

        return TypedResults.Problem(details);
    }

    /// <summary>Completes every problem the server writes, whoever wrote it: title in the reader's language, code, trace id, field errors as a list.</summary>
    public static void Complete(ProblemDetailsContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var status = context.ProblemDetails.Status ?? context.HttpContext.Response.StatusCode;
        var known = Known.GetValueOrDefault(status, Known[status < 500 ? 400 : 500]);
        if (context.ProblemDetails is HttpValidationProblemDetails validation)
        {
            // The framework's own shape is a map with PascalCase keys; ours is a list with pointers, the same for every problem.
            context.ProblemDetails = new ProblemDetails { Detail = "Some members are out of range or missing." };
            context.ProblemDetails.Extensions["code"] = "invalid";
            context.ProblemDetails.Extensions["errors"] = validation.Errors
                .SelectMany(pair => pair.Value.Select(message => new FieldError(Pointer(pair.Key), "invalid", message))).ToArray();
        }

        var details = context.ProblemDetails;
        details.Status = status;
        details.Type = "about:blank";

        details.Extensions.TryAdd("code", known.Code);
        var language = Language(context.HttpContext);
        var title = language switch { "ru" => known.Ru, "kk" => known.Kk, "ky" => known.Ky, _ => known.En };
        details.Title = title;
        if (details.Extensions["code"] is string code
            && context.HttpContext.RequestServices.GetService<Translations>()?.Find(language, code) is { } translated)
        {
            details.Detail = translated;
        }

        details.Extensions["traceId"] = Activity.Current?.TraceId.ToString() ?? context.HttpContext.TraceIdentifier;
        context.HttpContext.Response.Headers.ContentLanguage = language;
        if (status == 503)
        {
            context.HttpContext.Response.Headers.RetryAfter = "1";
        }
    }

    /// <summary>The first language of <c>Accept-Language</c> that the product speaks: kk, ru, ky or en (the default).</summary>
    public static string Language(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        foreach (var accepted in http.Request.GetTypedHeaders().AcceptLanguage.OrderByDescending(one => one.Quality ?? 1))
        {
            var tag = accepted.Value.Value?.Split('-')[0].ToLowerInvariant();
            if (tag is "kk" or "ru" or "ky" or "en")
            {
                return tag;
            }
        }

        return "en";
    }

    /// <summary>What a failure means to the asker; null when it is a bug of ours.</summary>
    internal static Refusal? Explain(Exception failure, IEnumerable<ConstraintRefusal> constraints) => failure switch
    {
        RefusedException refused => refused.Refusal,
        CredentialEndedException { Changed: true } => new Refusal("rights-changed", "Your rights changed just now; send the request again.", Status: 503),
        CredentialEndedException => new Refusal("signed-out", "The session or key has ended.", Status: 401),
        BadHttpRequestException bad => Malformed(bad),
        JsonException json => new Refusal("malformed", Sentence(json), JsonPointer(json), 400),
        PostgresException { SqlState: "23505" or "23514" or "23503" or "P0001" or "23P01", ConstraintName: { } name } =>
            constraints.FirstOrDefault(constraint => constraint.Code == name) is { } known ? new Refusal(known.Code, known.Sentence)
            : failure is PostgresException { SqlState: "23505" } && name.EndsWith("_pkey", StringComparison.Ordinal) ? Refusal.ChangedMeanwhile : null,
        PostgresException { SqlState: "40P01" or "40001" or "55P03" or "57014" or "53300" or "57P01" or "57P02" or "57P03" or "53100" } => Busy,
        PostgresException => null,
        NpgsqlException or TimeoutException => Busy,
        _ => null,
    };

    private static readonly Refusal Busy = new("busy", "The service is busy; try again in a moment.", Status: 503);

    private static Refusal Malformed(BadHttpRequestException bad) => bad.StatusCode switch
    {
        413 => new Refusal("too-large", "The request is too large.", Status: 413),
        415 => new Refusal("not-json", "The body must be JSON in UTF-8.", Status: 415),
        _ => bad.InnerException is JsonException json
            ? new Refusal("malformed", Sentence(json), JsonPointer(json), 400)
            : new Refusal("malformed", Parameter(bad.Message), Status: 400),
    };

    private static string Sentence(JsonException json)
    {
        var text = json.Message.Split(" Path:")[0].Split(" LineNumber")[0];
        return text.Contains("Marketplace.", StringComparison.Ordinal) || text.Contains("System.", StringComparison.Ordinal)
            ? text.Contains("missing required", StringComparison.Ordinal) ? "A required member is missing." : "The JSON does not have the documented shape."
            : text;
    }

    private static string Parameter(string message)
    {
        var names = message.Split('"');
        return names.Length > 2 ? $"The parameter {names[1].Split(' ')[^1]} is missing or malformed." : "The request is malformed.";
    }

    private static string JsonPointer(JsonException json) => json.Path is null or "$" ? "#" : "#" + Slashes(json.Path[1..].Replace('.', '/'));

    private static string Pointer(string key) => "#/" + string.Join('/', key.Split('.').Select(part =>
        part.Length == 0 ? part : char.ToLower(part[0], CultureInfo.InvariantCulture) + Slashes(part[1..])));

    private static string Slashes(string path) => path.Replace("[", "/", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal);

    /// <summary>Answers a failure outside a use case: binding, routing, our own bugs.</summary>
    public sealed class Handler(ILogger<Handler> log, IEnumerable<ConstraintRefusal> constraints) : IExceptionHandler
    {
        /// <summary>Writes the problem.</summary>
        public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
        {
            var refusal = Explain(exception, constraints);
            if (refusal is null)
            {
                var route = (httpContext.GetEndpoint() as Microsoft.AspNetCore.Routing.RouteEndpoint)?.RoutePattern.RawText;
                log.LogError(exception, "Unhandled failure on {Method} {Route}", httpContext.Request.Method, route);
                refusal = new Refusal("our-fault", "Something broke on our side; the trace id names it.", Status: 500);
            }

            await From(refusal).ExecuteAsync(httpContext);
            return true;
        }
    }
}

/// <summary>Sentences of refusals in Kazakh, Russian and Kyrgyz, by code; English stands in the code itself.</summary>
public sealed class Translations
{
    private readonly Dictionary<string, Dictionary<string, string>> byLanguage = new(StringComparer.Ordinal);

    /// <summary>Reads every embedded <c>Texts.json</c>: <c>{ "code": { "kk": "…", "ru": "…", "ky": "…" } }</c>.</summary>
    public Translations(IEnumerable<System.Reflection.Assembly> modules)
    {
        ArgumentNullException.ThrowIfNull(modules);
        foreach (var module in modules)
        {
            var name = module.GetManifestResourceNames().FirstOrDefault(name => name.EndsWith(".Texts.json", StringComparison.Ordinal));
            if (name is null)
            {
                continue;
            }

            using var stream = module.GetManifestResourceStream(name)!;
            foreach (var (code, texts) in JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, string>>>(stream)!)
            {
                foreach (var (language, text) in texts)
                {
                    if (!byLanguage.TryGetValue(language, out var sentences))
                    {
                        byLanguage[language] = sentences = new(StringComparer.Ordinal);
                    }

                    sentences[code] = text;
                }
            }
        }
    }

    /// <summary>The sentence for a code, or null when this language has none.</summary>
    public string? Find(string language, string code) => byLanguage.GetValueOrDefault(language)?.GetValueOrDefault(code);
}
