using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Marketplace.Cli;

/// <summary>The API said no, with its code.</summary>
internal sealed class ApiRefusal(HttpStatusCode status, string code, string message) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;

    public string Code { get; } = code;
}

/// <summary>A client of the public API. One person's key per call; every write carries an idempotency key, so that a retry is harmless.</summary>
internal sealed class ApiClient(Uri address) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly HttpClient http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 32, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2) })
    {
        BaseAddress = address,
        Timeout = TimeSpan.FromSeconds(100),
    };

    public Uri Address => address;

    /// <summary>The option that says where the API is.</summary>
    public static Option<Uri> UrlOption() => new("--url")
    {
        Description = "The API.",
        DefaultValueFactory = _ => new Uri("http://127.0.0.1:5080"),
        CustomParser = parsed =>
        {
            if (Uri.TryCreate(parsed.Tokens[0].Value, UriKind.Absolute, out var given))
            {
                return given;
            }

            parsed.AddError("--url wants an address such as http://127.0.0.1:5080");
            return null;
        },
    };

    public Task<JsonNode> Get(string? key, string path, CancellationToken cancel) => Send(key, HttpMethod.Get, path, null, null, cancel);

    /// <summary>An answer that is text.</summary>
    public async Task<string> Text(string key, string path, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await http.SendAsync(request, cancel);
        var text = await response.Content.ReadAsStringAsync(cancel);
        return response.IsSuccessStatusCode ? text : throw new ApiRefusal(response.StatusCode, "unknown", $"GET {path}: {(int)response.StatusCode} {text}");
    }

    public Task<JsonNode> Post(string? key, string path, object? body, CancellationToken cancel) =>
        Send(key, HttpMethod.Post, path, body, Guid.NewGuid().ToString(), cancel);

    public Task<JsonNode> Put(string? key, string path, object body, string? ifMatch, CancellationToken cancel) =>
        Send(key, HttpMethod.Put, path, body, Guid.NewGuid().ToString(), cancel, ifMatch);

    /// <summary>Every item of a list, page by page.</summary>
    public async Task<List<JsonNode>> All(string? key, string path, CancellationToken cancel)
    {
        var items = new List<JsonNode>();
        string? cursor = null;
        do
        {
            var separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
            var page = await Get(key, cursor is null ? path : $"{path}{separator}cursor={Uri.EscapeDataString(cursor)}", cancel);
            items.AddRange(page["items"]!.AsArray().Select(item => item!));
            cursor = page["next"]?.GetValue<string>();
        }
        while (cursor is not null);

        return items;
    }

    public void Dispose() => http.Dispose();

    private async Task<JsonNode> Send(
        string? key, HttpMethod method, string path, object? body, string? idempotencyKey, CancellationToken cancel, string? ifMatch = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var request = new HttpRequestMessage(method, path);
            if (key is not null)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            }

            if (idempotencyKey is not null)
            {
                request.Headers.Add("Idempotency-Key", idempotencyKey);
            }

            if (ifMatch is not null)
            {
                request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
            }

            if (body is not null)
            {
                request.Content = JsonContent.Create(body, body.GetType(), options: Json);
            }

            using var response = await http.SendAsync(request, cancel);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable && attempt < 8)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100 * attempt), cancel);
                continue;
            }

            var text = await response.Content.ReadAsStringAsync(cancel);
            var answer = text.Length == 0 || !IsJson(response) ? new JsonObject() : JsonNode.Parse(text)!;
            return response.IsSuccessStatusCode
                ? answer
                : throw new ApiRefusal(
                    response.StatusCode, answer["code"]?.GetValue<string>() ?? "unknown", $"{method} {path}: {(int)response.StatusCode} {text}");
        }
    }

    private static bool IsJson(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true;
}
