using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Api;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Marketplace.ApiTests;

/// <summary>
/// The product with a database of its own, cloned from a migrated template: one per test class. Background workers do not run by
/// themselves; <see cref="Drain"/> delivers events and tests call a worker's pass, so that nothing depends on timing.
/// </summary>
public sealed partial class Market : IAsyncLifetime
{
    private static readonly SemaphoreSlim Once = new(1, 1);
    private static LocalPostgres? server;
    private static int serial;

    private readonly string name = string.Create(CultureInfo.InvariantCulture, $"market_{Environment.ProcessId}_{Interlocked.Increment(ref serial)}");
    private readonly Dictionary<string, Member> cast = new(StringComparer.Ordinal);
    private Factory? factory;

    /// <summary>A signed-in person of a test.</summary>
    /// <param name="Person">The person.</param>
    /// <param name="Key">Its test key or session token.</param>
    /// <param name="Organisation">Where it works.</param>
    public sealed record Member(PersonId Person, string Key, OrganisationId? Organisation);

    public const string District = "kz-615200000";

    public IServiceProvider Services => factory!.Services;

    public Clock Clock => Services.GetRequiredService<Clock>();

    /// <summary>Connection strings of the class's own database.</summary>
    public string AppConnection => server!.ConnectionString("marketplace_app", name) + ";Pooling=false";

    public string OwnerConnection => server!.ConnectionString("marketplace_owner", name) + ";Pooling=false";

    public async Task InitializeAsync()
    {
        await CloneDatabase();
        factory = new Factory(server!.ConnectionString("marketplace_app", name), services => ConfigureServices(services));
        _ = factory.Services;
        await SeedCast();
    }

    /// <summary>A migrated database with nobody in it and no host on it, for tests that start processes of their own.</summary>
    public static async Task<Market> Bare()
    {
        var market = new Market();
        await market.CloneDatabase();
        return market;
    }

    private async Task CloneDatabase()
    {
        await Once.WaitAsync();
        try
        {
            server ??= await StartServer();
        }
        finally
        {
            Once.Release();
        }

        await Admin($"create database {name} owner marketplace_owner template market_template");
    }

    public async Task DisposeAsync()
    {
        if (factory is not null)
        {
            await factory.DisposeAsync();
        }

        await Admin($"drop database if exists {name} with (force)");
    }

    /// <summary>A member of the cast by role, for example <c>retail_buyer</c>; or by key name, for example <c>retail_buyer_2</c>.</summary>
    public Member Cast(string role) => cast[role];

    /// <summary>An HTTP client signed in as a member of the cast; null is the anonymous public.</summary>
    public HttpClient As(string? role) => As(role is null ? null : cast[role]);

    public HttpClient As(Member? member)
    {
        var client = factory!.CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false });
        if (member is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", member.Key);
        }

        return client;
    }

    /// <summary>POSTs JSON with an idempotency key (a new one unless given).</summary>
    public async Task<HttpResponseMessage> Post(string? role, string path, object? body = null, string? key = null) =>
        await Send(As(role), HttpMethod.Post, path, body, key);

    public async Task<HttpResponseMessage> Post(Member member, string path, object? body = null, string? key = null) =>
        await Send(As(member), HttpMethod.Post, path, body, key);

    public async Task<HttpResponseMessage> Put(Member member, string path, object? body = null, string? ifMatch = null, string? key = null) =>
        await Send(As(member), HttpMethod.Put, path, body, key, ifMatch);

    public async Task<HttpResponseMessage> Get(string? role, string path) => await As(role).GetAsync(path);

    public async Task<HttpResponseMessage> Get(Member member, string path) => await As(member).GetAsync(path);

    public static async Task<HttpResponseMessage> Send(
        HttpClient client, HttpMethod method, string path, object? body, string? key = null, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Idempotency-Key", key ?? Guid.NewGuid().ToString());
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        if (body is string text)
        {
            request.Content = new StringContent(text, Encoding.UTF8, "application/json");
        }
        else if (body is not null)
        {
            request.Content = JsonContent.Create(body, body.GetType(), options: Wire);
        }

        return await client.SendAsync(request);
    }

    /// <summary>How tests write JSON: as a client would.</summary>
    public static readonly JsonSerializerOptions Wire = global::Marketplace.Kernel.Http.Wire.Apply(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    /// <summary>The body of a successful answer; fails with the problem's text otherwise.</summary>
    public static async Task<JsonNode> Body(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.PathAndQuery}: {text}");
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
    }

    /// <summary>Asserts a problem with this status and code, and that it has the shape every problem has.</summary>
    public static async Task<JsonNode> Problem(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"expected {(int)status} {code}, got {(int)response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(text)!;
        Assert.Equal(code, problem["code"]?.GetValue<string>());
        Assert.NotNull(problem["traceId"]);
        return problem;
    }

    /// <summary>Sets product time forward, in the database and in this process.</summary>
    public async Task Advance(TimeSpan by)
    {
        Clock.Shift += by;
        await Owner($"update kernel.clock set shift = shift + interval '{by.TotalSeconds.ToString(CultureInfo.InvariantCulture)} seconds'");
    }

    /// <summary>Delivers every event that is due, and what that leads to.</summary>
    public Task<int> Drain() => Services.GetRequiredService<Dispatcher>().Drain(CancellationToken.None);

    /// <summary>Runs code inside a unit of work as the system of the demo tenant, and commits.</summary>
    public async Task<T> Within<T>(Func<IServiceProvider, Task<T>> work)
    {
        await using var scope = Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CurrentActor>().Value = Actor.System("demo");
        var result = await work(scope.ServiceProvider);
        await scope.ServiceProvider.GetRequiredService<Database>().Commit(CancellationToken.None);
        return result;
    }

    /// <summary>Settings of a process of its own on this class's database.</summary>
    public IReadOnlyDictionary<string, string> Instance(string data, bool demoTenant = false) => new Dictionary<string, string>
    {
        ["MARKETPLACE_DATABASE"] = server!.ConnectionString("marketplace_app", name),
        ["MARKETPLACE_DATABASE_OWNER"] = OwnerConnection,
        ["MARKETPLACE_DATA"] = data,
        ["MARKETPLACE_KEYS"] = factory?.Keys ?? Path.Combine(data, "keys"),
        ["MARKETPLACE_DEMO_TENANT"] = demoTenant ? "true" : "false",
    };

    /// <summary>The folder with the files of this class's own host.</summary>
    public string Files => Path.Combine(factory!.Data, "files");

    /// <summary>One value read by the database's owner with row security lifted to the demo tenant.</summary>
    public async Task<T> Scalar<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(OwnerConnection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select set_config('app.tenant', 'demo', false)", connection);
        await command.ExecuteNonQueryAsync();
        command.CommandText = sql;
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>A statement run by the database's owner as the demo tenant.</summary>
    public async Task Owner(string sql) => await Run(OwnerConnection, sql);

    /// <summary>A statement run with the application's own rights as the demo tenant, to prove what the database itself refuses.</summary>
    public async Task AsApplication(string sql) => await Run(AppConnection, sql);

    /// <summary>A statement run by the database's owner past the triggers of some tables, for a state that time or others would have made.</summary>
    public Task Past(string sql, params string[] tables) => Owner(string.Concat(tables.Select(table => $"alter table {table} disable trigger user;")) + sql
        + string.Concat(tables.Select(table => $";alter table {table} enable trigger user")));

    /// <summary>Asserts that the database itself refuses a statement of the application, by the constraint of this name.</summary>
    public async Task Refused(string sql, string code) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<PostgresException>(() => AsApplication(sql))).ConstraintName);

    /// <summary>
    /// An arranged race: the lock statement holds a row, all rivals are started, and only when every one of them waits on a lock (or is
    /// already answered) is it let go.
    /// </summary>
    public async Task<IReadOnlyList<HttpResponseMessage>> Race(string lockSql, int rivals, Func<int, Task<HttpResponseMessage>> rival)
    {
        await using var holder = new NpgsqlConnection(OwnerConnection);
        await holder.OpenAsync();
        await using var begin = new NpgsqlCommand("begin; select set_config('app.tenant', 'demo', true);" + lockSql, holder);
        await begin.ExecuteNonQueryAsync();
        var running = Enumerable.Range(0, rivals).Select(at => Task.Run(() => rival(at))).ToList();
        for (var i = 0; i < 400; i++)
        {
            // Asked as the superuser: other roles do not see what somebody else's session waits for.
            var waiting = (long)(await Admin(
                $"select count(*) from pg_stat_activity where datname = '{name}' and usename = 'marketplace_app' and wait_event_type = 'Lock'"))!;

            // The gate lets four writers at a time reach the database: the others wait before it.
            if (waiting + running.Count(task => task.IsCompleted) >= Math.Min(rivals, 4))
            {
                break;
            }

            await Task.Delay(10);
        }

        await using var release = new NpgsqlCommand("commit", holder);
        await release.ExecuteNonQueryAsync();
        return await Task.WhenAll(running);
    }

    /// <summary>A new person with roles and a test key that carries a second factor.</summary>
    public async Task<Member> NewMember(string role, OrganisationId? organisation = null, string? territory = null, string tenant = "demo")
    {
        var phone = string.Create(CultureInfo.InvariantCulture, $"+7702{Interlocked.Increment(ref phoneNumber):0000000}");
        await using var scope = Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CurrentActor>().Value = Actor.System(tenant);
        var people = scope.ServiceProvider.GetRequiredService<IPeople>();
        var database = scope.ServiceProvider.GetRequiredService<Database>();
        var person = await people.OfPhone(phone, CancellationToken.None);
        await people.Grant(person, role, organisation, null, territory is null ? null : TerritoryCode.From(territory), CancellationToken.None);
        var secret = "test_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        await database.Execute($"""
            insert into identity.credential (id, person_id, kind, secret_hash, organisation_id, expires_at, test)
            values ({Guid.CreateVersion7()}, {person}, 'api_key', {SHA256.HashData(Encoding.UTF8.GetBytes(secret))}, {organisation},
                    kernel.now() + interval '365 days', true)
            """, CancellationToken.None);
        await database.Commit(CancellationToken.None);
        return new Member(person, secret, organisation);
    }

    private static int phoneNumber = 1_000_000;

    /// <summary>Set by partial files that must replace a service, for example a partner.</summary>
    partial void ConfigureServices(IServiceCollection services);

    private async Task SeedCast()
    {
        await Owner("""
            insert into kernel.tenant (id, name, country, currency, sandbox) values ('demo', 'Demo', 'KZ', 'KZT', true), ('other', 'Other', 'KZ', 'KZT', true)
                on conflict do nothing
            """);
        cast[Role.PlatformAdministrator] = await NewMember(Role.PlatformAdministrator);
        cast["platform_administrator_2"] = await NewMember(Role.PlatformAdministrator);
        var organisations = new Dictionary<string, OrganisationId>(StringComparer.Ordinal);
        foreach (var organisation in Api.Demo.DemoCast.Organisations)
        {
            var made = await Body(await Post(Role.PlatformAdministrator, "/v1/organisations", new
            {
                kind = organisation.Kind,
                name = organisation.Name,
                territory = District,
                iban = organisation.Iban,
                feeBasisPoints = organisation.FeeBasisPoints,
            }));
            organisations[organisation.Key] = OrganisationId.From(made["id"]!.GetValue<Guid>());
        }

        foreach (var person in Api.Demo.DemoCast.People)
        {
            cast[person.KeyName] = await NewMember(
                person.Role, person.Organisation is null ? null : organisations[person.Organisation], person.Territory);
        }
    }

    private static async Task Run(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select set_config('app.tenant', 'demo', false)", connection);
        await command.ExecuteNonQueryAsync();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<object?> Admin(string sql)
    {
        await using var connection = new NpgsqlConnection(server!.AdminConnectionString + ";Timeout=60");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        return await command.ExecuteScalarAsync();
    }

    private static async Task<LocalPostgres> StartServer()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"marketplace-tests-{Environment.ProcessId}", "postgres");
        var started = await LocalPostgres.Start(folder, durable: false, CancellationToken.None);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            started.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(20));
            try
            {
                Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
            }
            catch (IOException)
            {
                // The machine's temporary folder is cleaned by others.
            }
        };
        await started.Prepare("market_template", CancellationToken.None);
        await Modules.Migrate(started.ConnectionString("marketplace_owner", "market_template") + ";Pooling=false", CancellationToken.None);
        return started;
    }

    private sealed class Factory(string database, Action<IServiceCollection> configure) : WebApplicationFactory<DatabaseHome>
    {
        /// <summary>The key folder, which every instance on one database must share.</summary>
        public string Keys { get; } = Path.Combine(Path.GetTempPath(), $"marketplace-keys-{Guid.NewGuid():N}");

        /// <summary>The data folder, where files are kept.</summary>
        public string Data { get; } = Path.Combine(Path.GetTempPath(), $"marketplace-data-{Guid.NewGuid():N}");

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseSetting("MARKETPLACE_DATABASE", database);
            builder.UseSetting("MARKETPLACE_KEYS", Keys);
            builder.UseSetting("MARKETPLACE_DATA", Data);
            builder.UseSetting("MARKETPLACE_STRIPE_WEBHOOK_SECRET", "whsec_test");
            builder.ConfigureLogging(logging => logging.SetMinimumLevel(LogLevel.Critical));
            builder.ConfigureTestServices(services =>
            {
                foreach (var worker in services.Where(service => service.ServiceType == typeof(IHostedService)
                    && (service.ImplementationFactory is not null || service.ImplementationType?.Namespace?.StartsWith("Marketplace", StringComparison.Ordinal) == true)).ToList())
                {
                    if (worker.ImplementationFactory?.Method.Module.Assembly.GetName().Name?.StartsWith("Marketplace", StringComparison.Ordinal) != false)
                    {
                        services.Remove(worker);
                    }
                }

                configure(services);
            });
        }

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            foreach (var folder in (string[])[Keys, Data])
            {
                if (Directory.Exists(folder))
                {
                    Directory.Delete(folder, recursive: true);
                }
            }
        }
    }
}
