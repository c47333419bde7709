using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Marketplace.Cli.Demo;

/// <summary>The keys of the demo tenant's people, by role and by person, so that each task is done by the person it was given to.</summary>
internal sealed class Keyring
{
    private readonly Dictionary<string, string> byRole;
    private readonly ConcurrentDictionary<Guid, string> byPerson = new();

    private Keyring(JsonNode content)
    {
        byRole = content["keys"]!.AsObject().ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<string>(), StringComparer.Ordinal);
        Organisations = content["organisations"]!.AsObject().ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<Guid>(), StringComparer.Ordinal);
        District = content["district"]!.GetValue<string>();
    }

    public string District { get; }

    public IReadOnlyDictionary<string, Guid> Organisations { get; }

    public string this[string role] => byRole[role];

    public string Of(JsonNode? person) => byPerson[person!.GetValue<Guid>()];

    /// <summary>Reads the key file, waiting for it while the tenant is being prepared, and staffs the certification body for random assignment.</summary>
    public static async Task<Keyring> Open(ApiClient api, FileInfo file, CancellationToken cancel)
    {
        for (var i = 0; i < 300 && !File.Exists(file.FullName); i++)
        {
            await Task.Delay(100, cancel);
        }

        var ring = new Keyring(JsonNode.Parse(await File.ReadAllTextAsync(file.FullName, cancel))!);
        foreach (var key in ring.byRole.Values)
        {
            ring.byPerson[(await api.Get(key, "/v1/me", cancel))["person"]!.GetValue<Guid>()] = key;
        }

        var number = 0;
        foreach (var (role, organisation, people) in Staff)
        {
            for (var i = 0; i < people; i++)
            {
                await ring.Add(api, role, ring.Organisations[organisation], number++, cancel);
            }
        }

        return ring;
    }

    private static readonly (string Role, string Organisation, int People)[] Staff =
    [
        ("intake_officer", "sapa", 2), ("sampler", "sapa", 3), ("reviewer", "sapa", 2), ("decision_maker", "sapa", 2),
        ("laboratory_analyst", "zertkhana", 2), ("laboratory_supervisor", "zertkhana", 1),
    ];

    private async Task Add(ApiClient api, string role, Guid organisation, int number, CancellationToken cancel)
    {
        var administrator = byRole["platform_administrator"];
        var phone = string.Create(CultureInfo.InvariantCulture, $"+7701001{number:0000}");
        var person = await api.Post(administrator, "/v1/people", new { phone, roles = new[] { new { role, organisation } } }, cancel);
        var id = person["id"]!.GetValue<Guid>();
        foreach (var proposal in person["proposals"]!.AsArray())
        {
            await api.Post(byRole["platform_administrator_2"], $"/v1/role-proposals/{proposal!["id"]}/answer", new { confirmed = true }, cancel);
        }

        try
        {
            var key = await api.Post(administrator, $"/v1/people/{id}/keys", new { organisation, days = 30, test = true }, cancel);
            byPerson[id] = key["key"]!.GetValue<string>();
        }
        catch (ApiRefusal refusal) when (refusal.Code == "too-many-keys")
        {
            throw new ApiRefusal(refusal.Status, refusal.Code, "The season was played here twice already; start from an empty data folder (remove .data).");
        }
    }
}
