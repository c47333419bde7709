using System.Text.Json.Nodes;

namespace Marketplace.ApiTests;

/// <summary>The committed description is the one the code gives; every operation is complete.</summary>
public sealed class OpenApiTests(Market market) : IClassFixture<Market>
{
    private static string Committed => Path.Combine(Root(), "openapi", "marketplace.v1.json");

    [Fact]
    public async Task The_committed_description_is_what_the_code_says()
    {
        var current = (await (await market.Get((string?)null, "/openapi/v1.json")).Content.ReadAsStringAsync()).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("MARKETPLACE_WRITE_OPENAPI") == "true")
        {
            await File.WriteAllTextAsync(Committed, current);
        }

        Assert.True(
            (await File.ReadAllTextAsync(Committed)).ReplaceLineEndings("\n") == current,
            "openapi/marketplace.v1.json is older than the code: run MARKETPLACE_WRITE_OPENAPI=true dotnet test tests/Marketplace.ApiTests --filter OpenApiTests");
    }

    [Fact]
    public async Task Every_operation_says_what_it_is_and_how_it_refuses()
    {
        var document = await Market.Body(await market.Get((string?)null, "/openapi/v1.json"));
        var bad = new List<string>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, operations) in document["paths"]!.AsObject())
        {
            foreach (var (method, operation) in operations!.AsObject().Where(pair => pair.Value is JsonObject))
            {
                var name = $"{method} {path}";
                Check(operation!["operationId"] is { } id && ids.Add(id.GetValue<string>()), $"{name}: no operation id of its own");
                Check(!string.IsNullOrWhiteSpace(operation["summary"]?.GetValue<string>()), $"{name}: no summary");
                Check(operation["security"] is not null, $"{name}: says nothing about who may call");
                Check(operation["responses"]!.AsObject().Any(pair => pair.Key.StartsWith('4')), $"{name}: no refusal documented");
                Check(path.StartsWith("/v1/", StringComparison.Ordinal) && path == path.ToLowerInvariant().Replace("_", "-", StringComparison.Ordinal) || path.Contains('{', StringComparison.Ordinal), $"{name}: path style");
            }
        }

        Arrays(document, "");
        Assert.Empty(bad);

        void Arrays(JsonNode? node, string at)
        {
            if (node is JsonObject schema)
            {
                Check(schema["type"]?.ToJsonString().Contains("array", StringComparison.Ordinal) != true || schema["items"] is not null, $"{at}: a list of what?");
                foreach (var (name, member) in schema)
                {
                    Arrays(member, $"{at}/{name}");
                }
            }
        }

        void Check(bool holds, string complaint)
        {
            if (!holds)
            {
                bad.Add(complaint);
            }
        }
    }

    internal static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Marketplace.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }
}
