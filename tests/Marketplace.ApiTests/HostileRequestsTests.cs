using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Xunit.Abstractions;

namespace Marketplace.ApiTests;

/// <summary>Requests made from the OpenAPI description itself, right and wrong in every member: none is a failure of ours, none is answered without a code.</summary>
public sealed class HostileRequestsTests(Market market, ITestOutputHelper output) : IClassFixture<Market>
{
    private static readonly JsonNode?[] Wrongs =
    [
        null, JsonValue.Create(""), JsonValue.Create(new string('я', 5_000)), JsonValue.Create("'; drop table kernel.event; --"), JsonValue.Create("=1+1"),
        JsonValue.Create(-1), JsonValue.Create(long.MaxValue), JsonValue.Create(1e300), JsonValue.Create(true), new JsonArray(), new JsonArray((JsonNode?)null),
        new JsonObject(), JsonValue.Create("9999-12-31"), JsonValue.Create("0001-01-01"), JsonValue.Create("2026-11-25T00:00:00Z"),
        JsonValue.Create("9999-12-31T23:59:59Z"), JsonValue.Create(Guid.Empty.ToString()), JsonValue.Create("\u202e\u0301\ud83d\ude00"),
    ];

    private static readonly string[] WrongQueries = ["", "99", "-1", "null", "zzz", "%27--", "%F0%9F%98%80", "9999-12-31", "0001-01-01", "99999999999999999999", "kz", "1,5"];

    private JsonObject schemas = [];

    [Fact]
    public async Task No_request_breaks_the_service()
    {
        var document = await Market.Body(await market.Get((string?)null, "/openapi/v1.json"));
        schemas = document["components"]!["schemas"]!.AsObject();
        var broken = new List<string>();
        var sent = 0;
        foreach (var (path, operations) in document["paths"]!.AsObject())
        {
            foreach (var (method, operation) in operations!.AsObject().Where(pair => pair.Value is JsonObject))
            {
                var client = market.As(RoleOf(operation!));
                foreach (var (address, body) in Requests(path, operation!))
                {
                    var answer = await Send(client, new HttpMethod(method.ToUpperInvariant()), address, body);
                    sent++;
                    if ((int)answer.StatusCode >= 500 || ((int)answer.StatusCode >= 400 && answer.Content.Headers.ContentType?.MediaType != "application/problem+json"))
                    {
                        broken.Add($"{(int)answer.StatusCode} {method} {address} {body?[..Math.Min(body.Length, 300)]}");
                    }
                }
            }
        }

        output.WriteLine($"{sent} requests");
        Assert.True(sent > 1_000, $"only {sent} requests were made");
        Assert.True(broken.Count == 0, string.Join('\n', broken.Take(40)));
    }

    /// <summary>Dates are stored and reckoned with, and the database takes the calendar's last day for infinity: each that is out of reach is named.</summary>
    [Fact]
    public async Task A_date_out_of_reach_is_refused_wherever_it_stands()
    {
        var document = await Market.Body(await market.Get((string?)null, "/openapi/v1.json"));
        schemas = document["components"]!["schemas"]!.AsObject();
        var (taken, dates) = (new List<string>(), 0);
        foreach (var (path, operations) in document["paths"]!.AsObject())
        {
            foreach (var (method, operation) in operations!.AsObject().Where(pair => pair.Value?["requestBody"]?["content"]?["application/json"]?["schema"] is not null))
            {
                var right = Example(operation!["requestBody"]!["content"]!["application/json"]!["schema"]!, 0);
                var client = market.As(RoleOf(operation) is { } role ? await market.NewMember(role) : null); // other tests end the cast's keys
                foreach (var (pointer, mutant) in OutOfReach(right))
                {
                    var answer = await Send(client, new HttpMethod(method.ToUpperInvariant()), Filled(path.Replace("{version}", "1", StringComparison.Ordinal), Guid.NewGuid().ToString()), mutant);
                    var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
                    dates++;
                    if (answer.StatusCode != HttpStatusCode.BadRequest || problem["errors"]?[0]?["pointer"]?.GetValue<string>() != pointer)
                    {
                        taken.Add($"{(int)answer.StatusCode} {method} {path} {pointer} {problem.ToJsonString()}");
                    }
                }
            }
        }

        output.WriteLine($"{dates} dates");
        Assert.True(dates > 100, $"only {dates} dates were sent");
        Assert.True(taken.Count == 0, string.Join('\n', taken.Take(40)));
    }

    /// <summary>The right body with one date out of reach at a time, at any depth, and where it stands.</summary>
    private static IEnumerable<(string Pointer, string Body)> OutOfReach(JsonNode? right)
    {
        var places = new List<(string Pointer, JsonNode Parent, string? Name)>();
        Find(right, "#");
        foreach (var (pointer, parent, name) in places)
        {
            var before = name is null ? parent[0] : parent[name];
            foreach (var year in (string[])["9999-12-31", "0001-01-01", "2201-01-01", "1899-12-31"])
            {
                Set(parent, name, before!.GetValue<string>().Contains('T', StringComparison.Ordinal) ? year + "T12:00:00Z" : year);
                yield return (pointer, right!.ToJsonString());
            }

            Set(parent, name, before!.GetValue<string>());
        }

        void Find(JsonNode? node, string pointer)
        {
            switch (node)
            {
                case JsonObject members:
                    foreach (var (name, value) in members)
                    {
                        Note(value, $"{pointer}/{name}", members, name);
                    }

                    break;
                case JsonArray { Count: > 0 } list:
                    Note(list[0], $"{pointer}/0", list, null);
                    break;
            }
        }

        void Note(JsonNode? value, string pointer, JsonNode parent, string? name)
        {
            if (value is JsonValue text && text.TryGetValue(out string? date) && date.StartsWith("2026-11-26", StringComparison.Ordinal))
            {
                places.Add((pointer, parent, name));
            }
            else
            {
                Find(value, pointer);
            }
        }

        static void Set(JsonNode parent, string? name, string date)
        {
            if (name is null)
            {
                parent[0] = date;
            }
            else
            {
                parent[name] = date;
            }
        }
    }

    /// <summary>Every operation as every role: nobody gets through by surprise, and nothing breaks.</summary>
    [Fact]
    public async Task No_role_breaks_an_operation_that_is_not_its_own()
    {
        var document = await Market.Body(await market.Get((string?)null, "/openapi/v1.json"));
        var broken = new List<string>();
        foreach (var role in Role.All.Where(role => role != Role.Producer).Prepend(null))
        {
            var client = market.As(role);
            foreach (var (path, operations) in document["paths"]!.AsObject())
            {
                foreach (var (method, operation) in operations!.AsObject().Where(pair => pair.Value is JsonObject && pair.Key != "get"))
                {
                    var answer = await Send(client, new HttpMethod(method.ToUpperInvariant()), Filled(path, Guid.NewGuid().ToString()), "{}");
                    var open = operation!["security"]!.AsArray().Count == 0;
                    if ((int)answer.StatusCode >= 500 || (role is null && !open && answer.StatusCode != HttpStatusCode.Unauthorized))
                    {
                        broken.Add($"{(int)answer.StatusCode} {role ?? "anybody"} {method} {path}");
                    }
                }
            }
        }

        Assert.True(broken.Count == 0, string.Join('\n', broken.Take(40)));
    }

    private IEnumerable<(string Address, string? Body)> Requests(string path, JsonNode operation)
    {
        var body = operation["requestBody"]?["content"]?["application/json"]?["schema"];
        var address = Filled(path, Guid.NewGuid().ToString());
        foreach (var segment in (string[])["zzz", "1", "%20", "kz-615200000", "KZ-26-000001-5", "%F0%9F%98%80"])
        {
            yield return (Filled(path, segment), body is null ? null : "{}");
        }

        foreach (var parameter in (operation["parameters"] as JsonArray ?? []).Where(parameter => parameter!["in"]?.GetValue<string>() == "query"))
        {
            foreach (var wrong in WrongQueries)
            {
                yield return ($"{address}?{parameter!["name"]}={wrong}", null);
            }

            if (parameter!["schema"]?["pattern"]?.GetValue<string>() is { } pattern)
            {
                foreach (var label in pattern.Trim('^', '$', '(', ')').Split('|').Take(40))
                {
                    yield return ($"{address}?{parameter["name"]}={Uri.EscapeDataString(label)}", null);
                }
            }
        }

        if (body is null)
        {
            yield return (address, null);
            yield break;
        }

        foreach (var text in (string[])["", "null", "[]", "\"x\"", "{", "{\"\\u0000\":1}", new string('[', 200), "{\"a\":\"\ud83d\"}"])
        {
            yield return (address, text);
        }

        var right = Example(body, 0);
        yield return (address, right?.ToJsonString());
        foreach (var mutant in Mutants(right))
        {
            yield return (address, mutant);
        }
    }

    /// <summary>The right body with one member wrong at a time, to the second level and into the first element of lists.</summary>
    private static IEnumerable<string> Mutants(JsonNode? right)
    {
        if (right is not JsonObject members)
        {
            yield break;
        }

        foreach (var (name, value) in members.ToList())
        {
            foreach (var wrong in Wrongs)
            {
                yield return With(members, name, wrong?.DeepClone());
            }

            var inner = value is JsonArray { Count: > 0 } list ? list[0] : value;
            foreach (var mutant in Mutants(inner))
            {
                var node = JsonNode.Parse(mutant);
                yield return With(members, name, value is JsonArray ? new JsonArray(node) : node);
            }
        }
    }

    private static string With(JsonObject members, string name, JsonNode? value)
    {
        var copy = (JsonObject)members.DeepClone();
        copy[name] = value;
        return copy.ToJsonString();
    }

    private JsonNode? Example(JsonNode schema, int depth)
    {
        if (schema["$ref"]?.GetValue<string>() is { } reference)
        {
            return depth > 6 ? null : Example(schemas[reference.Split('/')[^1]]!, depth + 1);
        }

        if ((schema["oneOf"] ?? schema["anyOf"]) is JsonArray { Count: > 0 } choices)
        {
            return Example(choices.First(choice => choice!["$ref"] is not null || choice["type"]?.ToString() != "null")!, depth + 1);
        }

        if (schema["enum"] is JsonArray { Count: > 0 } labels)
        {
            return labels[0]!.DeepClone();
        }

        var type = schema["type"] is JsonArray types ? types.First(one => one!.GetValue<string>() != "null")!.GetValue<string>() : schema["type"]?.GetValue<string>();
        switch (type)
        {
            case "object":
                var made = new JsonObject();
                foreach (var (name, member) in schema["properties"] as JsonObject ?? [])
                {
                    if (!(name == "value" && schema["properties"]!["amount"] is not null))
                    {
                        made[name] = Example(member!, depth + 1);
                    }
                }

                return made;
            case "array":
                return new JsonArray(schema["items"] is { } items ? Example(items, depth + 1) : null);
            case "integer":
                return JsonValue.Create(1);
            case "number":
                return JsonValue.Create(1.5);
            case "boolean":
                return JsonValue.Create(true);
            default:
                return JsonValue.Create(schema["format"]?.GetValue<string>() switch
                {
                    "uuid" => Guid.NewGuid().ToString(),
                    "date" => "2026-11-26",
                    "date-time" => "2026-11-26T10:00:00Z",
                    _ when schema["pattern"]?.GetValue<string>() is { } pattern => pattern.Contains("0-9-]", StringComparison.Ordinal) ? "kz-615230100"
                        : pattern.StartsWith("^[0-9]+", StringComparison.Ordinal) ? "12.5" : "potato",
                    _ => "potato",
                });
        }
    }

    private static string Filled(string path, string value) => System.Text.RegularExpressions.Regex.Replace(path, "\\{[^}]*\\}", value);

    private static string? RoleOf(JsonNode operation)
    {
        var description = operation["description"]?.GetValue<string>() ?? "";
        return operation["security"]!.AsArray().Count == 0 ? null
            : Role.All.FirstOrDefault(role => role != Role.Producer && description.Contains($"`{role}`", StringComparison.Ordinal)) ?? Role.CooperativeManager;
    }

    private static async Task<HttpResponseMessage> Send(HttpClient client, HttpMethod method, string address, string? body)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        request.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        return await client.SendAsync(request);
    }
}
