using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Marketplace.Api;
using Marketplace.Kernel;
using Npgsql;

namespace Marketplace.Benchmarks;

/// <summary>A durable PostgreSQL, the API as a process of its own beside it, and enough lots and buyers to load them.</summary>
internal sealed class Bench : IAsyncDisposable
{
    public const int Spread = 20_000;
    public const int Buyers = 64;

    private readonly LocalPostgres server;
    private readonly string folder;
    private Process? api;

    private Bench(LocalPostgres server, string folder)
    {
        this.server = server;
        this.folder = folder;
    }

    public static string Root { get; } = FindRoot();

    public static string Machine => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor"
        : Environment.OSVersion.ToString();

    public static string Commit => Output("git", "rev-parse --short HEAD");

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public string AppConnection => server.ConnectionString("marketplace_app", "bench") + ";Maximum Pool Size=80;Max Auto Prepare=50;Auto Prepare Min Usages=2";

    public string OwnerConnection => server.ConnectionString("marketplace_owner", "bench");

    public string ReaderConnection => server.ConnectionString("marketplace_reader", "bench");

    public string ServerVersion { get; private set; } = "";

    public IReadOnlyList<Guid> SpreadLots { get; private set; } = [];

    public IReadOnlyList<Guid> HotLots { get; private set; } = [];

    /// <summary>Keys of the buyers, each of an organisation of its own.</summary>
    public IReadOnlyList<string> Keys { get; private set; } = [];

    /// <summary>The organisation behind the first of the keys.</summary>
    public Guid BuyerOfFirstKey { get; private set; }

    public static async Task<Bench> Start(CancellationToken cancel)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"marketplace-bench-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        var server = await LocalPostgres.Start(Path.Combine(folder, "postgres"), durable: true, cancel);
        await server.Prepare("bench", cancel);
        var bench = new Bench(server, folder);
        await Modules.Migrate(bench.OwnerConnection + ";Pooling=false", cancel);
        await bench.Seed();
        await bench.StartApi();
        return bench;
    }

    /// <summary>Runs work and says which share of the machine this process, the load generator, used meanwhile.</summary>
    public static async Task<(double Rate, double Share)> WithShare(Func<Task<double>> work)
    {
        var (cpu, clock) = (Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.StartNew());
        var rate = await work();
        var used = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        return (rate, used / clock.Elapsed / Environment.ProcessorCount);
    }

    /// <summary>Runs so many clients side by side for some seconds; answers per second.</summary>
    public static async Task<double> Load(int clients, int seconds, Func<int, Task> once)
    {
        var clock = Stopwatch.StartNew();
        var limit = TimeSpan.FromSeconds(seconds);
        var counts = await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
        {
            var count = 0L;
            while (clock.Elapsed < limit)
            {
                await once(client);
                count++;
            }

            return count;
        })));
        return counts.Sum() / clock.Elapsed.TotalSeconds;
    }

    public HttpClient Client(string key)
    {
        var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 4 }) { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    public async Task Owner(string sql)
    {
        await using var connection = new NpgsqlConnection(OwnerConnection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select set_config('app.tenant', 'demo', false)", connection);
        await command.ExecuteNonQueryAsync();
        command.CommandText = sql;
        command.CommandTimeout = 300;
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Seconds from the start of the process to the first answer that came out of the database, against three seconds.</summary>
    public async Task<Measured> ColdStart(string name, int rounds)
    {
        var times = new List<double>();
        for (var i = 0; i < rounds; i++)
        {
            var clock = await Restart();
            times.Add(clock.Elapsed.TotalSeconds);
        }

        var median = times.Order().ElementAt(times.Count / 2);
        return new Measured(name, median, 3, median / 3, 1, "migrations done before", Lower: true);
    }

    /// <summary>Ends the API and starts it again; a clock since the start.</summary>
    public async Task<Stopwatch> Restart()
    {
        await StopApi();
        var clock = Stopwatch.StartNew();
        await StartApi();
        return clock;
    }

    public async ValueTask DisposeAsync()
    {
        await StopApi();
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private async Task Seed()
    {
        await Owner("insert into kernel.tenant (id, name, country, currency, sandbox) values ('demo', 'Demo', 'KZ', 'KZT', true)");
        await Owner($"""
            insert into supply.lot (id, household_id, product_code, village, step, declared, ready_on, expires_on, price_ten_thousandths, currency, per, state)
            select gen_random_uuid(), gen_random_uuid(), 'potato', 'kz-615230100', 'GRM', 1000000000, current_date, current_date + 100, 1500000, 'KZT', 'KGM', 'certified'
              from generate_series(1, {Spread + 10});
            insert into supply.lot_account (lot_id, ceiling, certified, sellable_until) select id, declared, declared, now() + interval '90 days' from supply.lot;
            vacuum analyze supply.lot_account
            """.Replace("vacuum analyze supply.lot_account", "analyze supply.lot_account", StringComparison.Ordinal));
        var keys = new List<string>();
        var sql = new StringBuilder();
        for (var i = 0; i < Buyers; i++)
        {
            var key = "test_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
            keys.Add(key);
            var (person, organisation) = (Guid.NewGuid(), Guid.NewGuid());
            BuyerOfFirstKey = i == 0 ? organisation : BuyerOfFirstKey;
            sql.AppendLine(CultureInfo.InvariantCulture, $"""
                insert into identity.person (id, phone_hash, phone_sealed) values ('{person}', '\x{i:x8}', '\x00');
                insert into identity.role_assignment (person_id, role, organisation_id) values ('{person}', 'retail_buyer', '{organisation}');
                insert into identity.credential (id, person_id, kind, secret_hash, organisation_id, expires_at, test)
                values (gen_random_uuid(), '{person}', 'api_key', '\x{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}', '{organisation}', now() + interval '1 day', true);
                insert into supply.buyer_hold (organisation_id, cap) values ('{organisation}', 100000000);
                """);
        }

        await Owner(sql.ToString());
        await using var connection = new NpgsqlConnection(OwnerConnection);
        await connection.OpenAsync();
        ServerVersion = connection.PostgreSqlVersion.ToString();
        await using var tenant = new NpgsqlCommand("select set_config('app.tenant', 'demo', false)", connection);
        await tenant.ExecuteNonQueryAsync();
        var lots = new List<Guid>();
        await using var read = new NpgsqlCommand("select lot_id from supply.lot_account order by lot_id", connection);
        await using (var reader = await read.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                lots.Add(reader.GetGuid(0));
            }
        }

        (HotLots, SpreadLots, Keys) = (lots[..10], lots[10..], keys);
    }

    private async Task StartApi()
    {
        var port = FreePort();
        Address = new Uri($"http://127.0.0.1:{port}");
        var program = typeof(Modules).Assembly.Location;
        var start = new ProcessStartInfo("dotnet") { ArgumentList = { program }, WorkingDirectory = Path.GetDirectoryName(program)!, RedirectStandardOutput = true };
        start.Environment["ASPNETCORE_URLS"] = Address.ToString();
        start.Environment["MARKETPLACE_DATABASE"] = server.ConnectionString("marketplace_app", "bench");
        start.Environment["MARKETPLACE_KEYS"] = Path.Combine(folder, "keys");
        api = Process.Start(start)!;
        api.OutputDataReceived += (_, _) => { };
        api.BeginOutputReadLine();
        using var http = new HttpClient { BaseAddress = Address };
        for (var i = 0; i < 3_000; i++)
        {
            try
            {
                if ((await http.GetAsync("/v1/products")).IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(10);
        }

        throw new InvalidOperationException("The API did not start within thirty seconds.");
    }

    private async Task StopApi()
    {
        if (api is { HasExited: false })
        {
            api.Kill();
            await api.WaitForExitAsync();
        }

        api?.Dispose();
        api = null;
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Marketplace.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Run it inside the repository.");
        }

        return folder;
    }

    private static string Output(string program, string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, WorkingDirectory = Root })!;
        return process.StandardOutput.ReadToEnd().Trim();
    }
}
