using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Text.Encodings.Web;
using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Settlement;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Marketplace.ApiTests.Settlement;

/// <summary>Settlement over HTTP on a real database of its own, with its neighbours played.</summary>
public sealed class SettlementDesk : IAsyncLifetime
{
    internal const string WebhookSecret = "whsec_desk_0123456789";
    internal static readonly OrganisationId Birlik = OrganisationId.New();
    internal static readonly OrganisationId Dastarkhan = OrganisationId.New();
    internal static readonly OrganisationId Bazarly = OrganisationId.New();

    // Answers leave null members out, which the strict reader of requests would miss.
    private static readonly JsonSerializerOptions Lenient = new(Event.Json) { RespectRequiredConstructorParameters = false };

    private readonly string folder = Path.Combine(Path.GetTempPath(), $"settlement-desk-{Environment.ProcessId}");
    private readonly string keys = Path.Combine(Path.GetTempPath(), $"settlement-desk-keys-{Environment.ProcessId}");
    private LocalPostgres server = null!;
    private WebApplication app = null!;

    internal Neighbours Neighbours { get; } = new();

    internal LogLines Log { get; } = new();

    internal Clock Clock { get; } = new();

    internal IServiceProvider Services => app.Services;

    /// <summary>Connection of the application's role: what a bug or an intruder in the product could use.</summary>
    internal string AppConnection => server.ConnectionString("marketplace_app", "settlement_desk");

    internal string OwnerConnection => server.ConnectionString("marketplace_owner", "settlement_desk");

    public async Task InitializeAsync()
    {
        server = await LocalPostgres.Start(folder, durable: false, CancellationToken.None);
        await server.Prepare("settlement_desk", CancellationToken.None);
        await Migrations.Apply(OwnerConnection, [typeof(SettlementModule).Assembly], CancellationToken.None);
        await using (var owner = new NpgsqlConnection(OwnerConnection))
        {
            await owner.OpenAsync();
            await using var tenants = new NpgsqlCommand(
                "insert into kernel.tenant (id, name, country, currency) values ('desk', 'Desk', 'KZ', 'KZT'), ('other', 'Other', 'KZ', 'KZT')", owner);
            await tenants.ExecuteNonQueryAsync();
        }

        Neighbours.Organisations[Birlik] = new OrganisationCard(
            Birlik, OrganisationKind.Cooperative, "Co-operative «Birlik» & Sons", TerritoryCode.From("kz-1"), "KZ86125KZT5004100100", 500);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Testing" });
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders().AddProvider(Log);
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create("MARKETPLACE_STRIPE_WEBHOOK_SECRET", (string?)WebhookSecret)]);
        Register(builder.Services);
        app = builder.Build();
        app.UseExceptionHandler();
        app.UseAuthentication();
        app.UseAuthorization();
        app.Use(async (http, next) =>
        {
            http.RequestServices.GetRequiredService<CurrentActor>().Value = Player.Of(http);
            await next(http);
        });
        app.UseMiddleware<RequestBody>();
        app.MapSettlement();
        await app.Services.GetRequiredService<Dispatcher>().Announce(CancellationToken.None);
        await app.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await app.DisposeAsync();
        await server.DisposeAsync();
        foreach (var left in (string[])[folder, keys])
        {
            if (Directory.Exists(left))
            {
                Directory.Delete(left, recursive: true);
            }
        }
    }

    internal Task<HttpResponseMessage> Get(Player player, string path) => Send(player, new HttpRequestMessage(HttpMethod.Get, path));

    internal Task<HttpResponseMessage> Post(Player player, string path, object? body = null, string? key = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body is null ? null : JsonContent.Create(body, options: Event.Json) };
        request.Headers.Add("Idempotency-Key", key ?? Guid.NewGuid().ToString());
        return Send(player, request);
    }

    internal async Task<HttpResponseMessage> Send(Player? player, HttpRequestMessage request)
    {
        if (player is not null)
        {
            request.Headers.Add("X-Player", JsonSerializer.Serialize(player));
        }

        return await app.GetTestClient().SendAsync(request);
    }

    internal async Task<T> Read<T>(Player player, string path)
    {
        using var answer = await Get(player, path);
        return await Body<T>(answer);
    }

    internal static async Task<T> Body<T>(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}: {text}");
        return JsonSerializer.Deserialize<T>(text, Lenient)!;
    }

    /// <summary>The code of a problem, with its status.</summary>
    internal static async Task<string> Problem(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode
            ? $"{(int)answer.StatusCode} no problem"
            : $"{(int)answer.StatusCode} {JsonDocument.Parse(text).RootElement.GetProperty("code").GetString()}";
    }

    /// <summary>Runs something as the system of the tenant, in one transaction.</summary>
    internal async Task<T> Work<T>(Func<Database, Task<T>> work, string tenant = "desk")
    {
        await using var scope = app.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CurrentActor>().Value = Actor.System(tenant);
        var database = scope.ServiceProvider.GetRequiredService<Database>();
        var result = await work(database);
        await database.Commit(CancellationToken.None);
        return result;
    }

    internal Task<T?> Value<T>(Sql sql) => Work(database => database.Value<T>(sql, CancellationToken.None));

    /// <summary>Delivers what is due; a subscriber that fails fails the test.</summary>
    internal async Task Deliver()
    {
        await app.Services.GetRequiredService<Dispatcher>().Drain(CancellationToken.None);
        if (await Value<long>($"select count(*) from kernel.delivery") > 0)
        {
            Assert.Fail(string.Join('\n', Log.Lines.Where(line => line.StartsWith("Error", StringComparison.Ordinal)).TakeLast(3)));
        }
    }

    /// <summary>Holds what a statement locks until all rivals wait for it, then lets go.</summary>
    internal async Task<HttpResponseMessage[]> Race(string lockSql, int rivals, Func<int, Task<HttpResponseMessage>> act)
    {
        await using var holder = new NpgsqlConnection(OwnerConnection);
        await holder.OpenAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using (var take = new NpgsqlCommand($"select set_config('app.tenant', 'desk', true); {lockSql}", holder))
        {
            await take.ExecuteNonQueryAsync();
        }

        var answers = Enumerable.Range(0, rivals).Select(at => Task.Run(() => act(at))).ToArray();
        await using var watcher = new NpgsqlConnection(server.AdminConnectionString);
        await watcher.OpenAsync();
        for (var waited = 0; ; waited++)
        {
            await using var count = new NpgsqlCommand(
                "select count(*) from pg_stat_activity where datname = 'settlement_desk' and wait_event_type = 'Lock'", watcher);
            if ((long)(await count.ExecuteScalarAsync())! >= rivals)
            {
                break;
            }

            Assert.True(waited < 200, "The rivals never came to wait for the lock.");
            await Task.Delay(50);
        }

        await transaction.CommitAsync();
        return await Task.WhenAll(answers);
    }

    private void Register(IServiceCollection services)
    {
        services.AddSingleton(DatabaseSource.Create(
            AppConnection, [typeof(Database).Assembly, typeof(InvoiceId).Assembly, typeof(SettlementModule).Assembly]));
        services.AddSingleton<OutboxSignal>().AddSingleton<WriteGate>().AddSingleton<Dispatcher>().AddSingleton<Cursors>();
        services.AddSingleton(new Secrets(keys));
        services.AddSingleton<TimeProvider>(Clock);
        services.AddScoped<CurrentActor>().AddScoped<Database>();
        services.AddSingleton<IOrders>(Neighbours).AddSingleton<IReceipts>(Neighbours).AddSingleton<IOrganisations>(Neighbours)
            .AddSingleton<INotices>(Neighbours);
        services.AddScoped<IHouseholds>(provider => new Neighbours.Asked(Neighbours, provider.GetRequiredService<CurrentActor>()));
        services.ConfigureHttpJsonOptions(options => Wire.Apply(options.SerializerOptions));
        services.AddProblemDetails(options => options.CustomizeProblemDetails = Problems.Complete).AddExceptionHandler<Problems.Handler>();
        services.AddAuthentication("player").AddScheme<AuthenticationSchemeOptions, PlayerScheme>("player", null);
        services.AddAuthorizationBuilder().AddPolicy(Routes.StepUp, policy => policy.RequireClaim("step-up"))
            .AddPolicy(Routes.InPerson, policy => policy.RequireAuthenticatedUser());
        services.AddSettlement();
    }

    private sealed class PlayerScheme(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            if (Player.From(Context) is not { } player)
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }

            var claims = player.Roles.Select(role => new Claim(ClaimTypes.Role, role)).Concat(player.SteppedUp ? [new Claim("step-up", "yes")] : []);
            return Task.FromResult(AuthenticateResult.Success(
                new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(claims, "player")), "player")));
        }
    }
}

/// <summary>Somebody at the desk.</summary>
internal sealed record Player(Guid Person, string[] Roles, Guid? Organisation, Guid? Household = null, bool SteppedUp = true, string Tenant = "desk")
{
    public static Player In(OrganisationId organisation, params string[] roles) => new(Guid.NewGuid(), roles, organisation.Value);

    public static Player? From(HttpContext http) => http.Request.Headers["X-Player"].ToString() is { Length: > 0 } text
        ? JsonSerializer.Deserialize<Player>(text)
        : null;

    public static Actor Of(HttpContext http) => From(http) is { } player
        ? new Actor(player.Tenant, player.Person, player.Roles.ToHashSet(), player.Organisation, player.Household)
        : Actor.Public("");
}

/// <summary>Every line the product logged.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}

/// <summary>One desk for all tests of the module; each test makes its own orders.</summary>
[CollectionDefinition("settlement")]
public sealed class SettlementDeskTests : ICollectionFixture<SettlementDesk>;
