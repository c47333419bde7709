using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Npgsql;

namespace Marketplace.Api.Demo;

/// <summary>
/// The sandbox tenant <c>demo</c>: its organisations, one person per role and one test key each in <c>.data/keys.json</c>, so that any client
/// can start from the OpenAPI file alone. Everything but the tenant and its two first administrators is made through the public API.
/// </summary>
internal sealed class DemoTenant(
    DatabaseHome home, IServiceScopeFactory scopes, IServer server, IHostApplicationLifetime lifetime, IConfiguration settings, ILogger<DemoTenant> log)
    : BackgroundService
{
    private const string Tenant = "demo";

    /// <summary>The rural district the demo tenant's akim serves, its district, and one of the district's villages' chains.</summary>
    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource();
        await using var whenStarted = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        try
        {
            await Prepare(stoppingToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            log.LogError(failure, "The demo tenant could not be prepared");
        }
    }

    private async Task Prepare(CancellationToken cancel)
    {
        var file = Path.Combine(settings["MARKETPLACE_DATA"] ?? ".data", "keys.json");
        if (File.Exists(file) || home.Owner is null)
        {
            return;
        }

        await MakeTenant(cancel);
        var administrator = await Administrator("+77010009999", cancel);
        var second = await Administrator("+77010009998", cancel);
        using var api = Client(administrator);
        using var other = Client(second);

        var organisations = new Dictionary<string, Guid>(StringComparer.Ordinal);
        foreach (var organisation in DemoCast.Organisations)
        {
            organisations[organisation.Key] = await Id(api, "/v1/organisations", new
            {
                kind = organisation.Kind,
                name = organisation.Name,
                territory = DemoCast.District,
                iban = organisation.Iban,
                feeBasisPoints = organisation.FeeBasisPoints,
            }, cancel);
        }

        var keys = new JsonObject { [Role.PlatformAdministrator] = administrator, [Role.PlatformAdministrator + "_2"] = second };
        foreach (var (person, at) in DemoCast.People.Select((person, at) => (person, at)))
        {
            Guid? organisation = person.Organisation is null ? null : organisations[person.Organisation];
            var added = await Post(api, "/v1/people", new
            {
                phone = $"+7701000{at:0000}",
                roles = new[] { new { role = person.Role, organisation, territory = person.Territory } },
            }, cancel);
            foreach (var proposal in added["proposals"]!.AsArray())
            {
                await Post(other, $"/v1/role-proposals/{proposal!["id"]}/answer", new { confirmed = true }, cancel);
            }

            var id = added["id"]!.GetValue<Guid>();
            var key = await Post(api, $"/v1/people/{id}/keys", new { organisation, days = 365, test = true }, cancel);
            keys[person.KeyName] = key["key"]!.GetValue<string>();
        }

        var content = new JsonObject
        {
            ["tenant"] = Tenant,
            ["baseUrl"] = OwnAddress(),
            ["district"] = DemoCast.District,
            ["organisations"] = new JsonObject(organisations.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value)))),
            ["keys"] = keys,
        };
        var draft = file + ".new";
        await File.WriteAllTextAsync(draft, content.ToJsonString(Pretty), cancel);
        File.Move(draft, file, overwrite: true);
        log.LogInformation("The demo tenant is ready; its test keys are in the data folder's keys.json");
    }

    private async Task MakeTenant(CancellationToken cancel)
    {
        await using var owner = new NpgsqlConnection(home.Owner);
        await owner.OpenAsync(cancel);
        await using var make = new NpgsqlCommand(
            "insert into kernel.tenant (id, name, country, currency, sandbox) values ('demo', 'Demo', 'KZ', 'KZT', true) on conflict do nothing", owner);
        await make.ExecuteNonQueryAsync(cancel);
    }

    private async Task<string> Administrator(string phone, CancellationToken cancel)
    {
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CurrentActor>().Value = Actor.System(Tenant);
        var people = scope.ServiceProvider.GetRequiredService<IPeople>();
        var database = scope.ServiceProvider.GetRequiredService<Database>();
        var person = await people.OfPhone(phone, cancel);
        await people.Grant(person, Role.PlatformAdministrator, null, null, null, cancel);
        var secret = "test_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        await database.Execute($"""
            insert into identity.credential (id, person_id, kind, secret_hash, expires_at, test)
            values ({Guid.CreateVersion7()}, {person}, 'api_key', {SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(secret))}, kernel.now() + interval '365 days', true)
            """, cancel);
        await database.Commit(cancel);
        return secret;
    }

    private HttpClient Client(string key)
    {
        var client = new HttpClient { BaseAddress = new Uri(OwnAddress()) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    private string OwnAddress() =>
        (server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "http://127.0.0.1:5000")
            .Replace("//0.0.0.0", "//127.0.0.1", StringComparison.Ordinal).Replace("//[::]", "//127.0.0.1", StringComparison.Ordinal);

    private static async Task<Guid> Id(HttpClient api, string path, object body, CancellationToken cancel) =>
        (await Post(api, path, body, cancel))["id"]!.GetValue<Guid>();

    private static async Task<JsonNode> Post(HttpClient api, string path, object body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = JsonContent.Create(body, options: new JsonSerializerOptions(JsonSerializerDefaults.Web)
            {
                DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
            }),
        };
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        using var response = await api.SendAsync(request, cancel);
        var text = await response.Content.ReadAsStringAsync(cancel);
        return response.IsSuccessStatusCode
            ? JsonNode.Parse(text.Length == 0 ? "{}" : text)!
            : throw new InvalidOperationException($"{path}: {(int)response.StatusCode} {text}");
    }
}

/// <summary>Registers the demo tenant when the process was started with <c>--demo-tenant</c>.</summary>
internal static class DemoTenantRegistration
{
    public static void AddDemoTenant(this WebApplicationBuilder builder)
    {
        if (builder.Configuration["MARKETPLACE_DEMO_TENANT"] == "true")
        {
            builder.Services.AddHostedService<DemoTenant>();
        }
    }
}
