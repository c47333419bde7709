using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Marketplace.Kernel;

/// <summary>
/// A private PostgreSQL on a unix socket that only its owner can enter, started from the server programs found on the machine.
/// The embedded default of the product and the server of its tests.
/// </summary>
public sealed class LocalPostgres : IAsyncDisposable
{
    private const string Superuser = "marketplace_admin";
    private readonly string programs;
    private readonly string data;
    private readonly string socket;
    private readonly string? user;
    private readonly bool startedHere;

    private LocalPostgres(string programs, string data, string socket, string? user, bool startedHere)
    {
        this.programs = programs;
        this.data = data;
        this.socket = socket;
        this.user = user;
        this.startedHere = startedHere;
    }

    /// <summary>A connection string for a role and database of this server.</summary>
    public string ConnectionString(string role, string database) =>
        $"Host={socket};Port=5432;Username={role};Database={database};Include Error Detail=false;Maximum Pool Size=40";

    /// <summary>The connection string of the server's superuser, who only makes roles and databases.</summary>
    public string AdminConnectionString => ConnectionString(Superuser, "postgres") + ";Pooling=false";

    /// <summary>Starts the server in a folder, or joins the one already running there.</summary>
    /// <param name="folder">Where the cluster lives; created when missing.</param>
    /// <param name="durable">False turns off flushing to disk and lets more in, for tests: several hosts at once on one server.</param>
    /// <exception cref="InvalidOperationException">No server programs were found; the message says what to do.</exception>
    public static async Task<LocalPostgres> Start(string folder, bool durable, CancellationToken cancel)
    {
        var programs = FindPrograms() ?? throw new InvalidOperationException(
            "PostgreSQL is not installed: run ./infra/up, which installs it, or set MARKETPLACE_DATABASE to a server of your own.");
        var user = IsRoot ? "postgres" : null;
        var data = await Place(Path.GetFullPath(folder), user, cancel);
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data)))[..12];
        var socket = Path.Combine(Path.GetTempPath(), $"marketplace-{name}");
        await MakeFolder(socket, user, cancel);

        if (!File.Exists(Path.Combine(data, "PG_VERSION")) && !Directory.EnumerateFileSystemEntries(data).Any())
        {
            await Run(programs, "initdb", ["-D", data, "-U", Superuser, "-A", "trust", "-E", "UTF8", "--locale", Locale, "--no-sync"], user, cancel);
        }

        var server = new LocalPostgres(programs, data, socket, user, startedHere: true);
        if (await Answers(server, cancel))
        {
            return new LocalPostgres(programs, data, socket, user, startedHere: false);
        }

        var settings = $"-c listen_addresses='' -c max_connections={(durable ? 200 : 500)} -c shared_buffers=256MB -c log_min_messages=fatal -c max_wal_size=2GB"
            + $" -c unix_socket_directories='{socket}' -c port=5432"
            + (durable ? "" : " -c fsync=off -c synchronous_commit=off -c full_page_writes=off");
        await Run(programs, "pg_ctl", ["-D", data, "-w", "-t", "60", "-l", Path.Combine(data, "server.log"), "-o", settings, "start"], user, cancel);
        return server;
    }

    /// <summary>Makes the roles and a database owned by the migrating role, when they are missing.</summary>
    public async Task Prepare(string database, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(AdminConnectionString);
        await connection.OpenAsync(cancel);
        await using var roles = new NpgsqlCommand("""
            do $$ begin
                if not exists (select from pg_roles where rolname = 'marketplace_owner') then create role marketplace_owner login; end if;
                if not exists (select from pg_roles where rolname = 'marketplace_app') then create role marketplace_app login; end if;
                if not exists (select from pg_roles where rolname = 'marketplace_reader') then create role marketplace_reader login; end if;
            end $$
            """, connection);
        await roles.ExecuteNonQueryAsync(cancel);
        await using var exists = new NpgsqlCommand("select 1 from pg_database where datname = $1", connection) { Parameters = { new() { Value = database } } };
        if (await exists.ExecuteScalarAsync(cancel) is null)
        {
            await using var create = new NpgsqlCommand($"create database {database} owner marketplace_owner", connection);
            await create.ExecuteNonQueryAsync(cancel);
        }
    }

    /// <summary>Stops the server when this object started it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (startedHere)
        {
            NpgsqlConnection.ClearAllPools();
            await Run(programs, "pg_ctl", ["-D", data, "-m", "fast", "-w", "-t", "30", "stop"], user, CancellationToken.None, mayFail: true);
        }
    }

    private static bool IsRoot => !OperatingSystem.IsWindows() && Environment.UserName == "root";

    /// <summary>A UTF-8 locale that lower-cases Cyrillic and exists on the machine.</summary>
    private static string Locale => OperatingSystem.IsLinux() ? "C.UTF-8" : "en_US.UTF-8";

    private static string? FindPrograms()
    {
        var candidates = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Concat(Versions("/usr/lib/postgresql", "bin"))
            .Concat(Versions("/opt/homebrew/opt", "bin"))
            .Concat(Versions("/usr/local/opt", "bin"))
            .Concat(["/usr/pgsql/bin", "/usr/local/pgsql/bin"]);
        var suffix = OperatingSystem.IsWindows() ? ".exe" : "";
        return candidates.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb" + suffix)) && File.Exists(Path.Combine(folder, "pg_ctl" + suffix)));
    }

    private static IEnumerable<string> Versions(string root, string bin) => Directory.Exists(root)
        ? Directory.EnumerateDirectories(root).OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, bin))
        : [];

    /// <summary>The data folder: where asked, or under /var/lib when the unprivileged user cannot enter there.</summary>
    private static async Task<string> Place(string folder, string? user, CancellationToken cancel)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        if (user is not null && !await CanEnter(Path.GetDirectoryName(folder)!, user, cancel))
        {
            var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..12];
            folder = $"/var/lib/marketplace/{name}";
            Directory.CreateDirectory("/var/lib/marketplace");
        }

        await MakeFolder(folder, user, cancel);
        return folder;
    }

    private static async Task<bool> CanEnter(string folder, string user, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("test") { UserName = user, ArgumentList = { "-x", folder }, WorkingDirectory = "/" };
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync(cancel);
        return process.ExitCode == 0;
    }

    private static async Task MakeFolder(string folder, string? user, CancellationToken cancel)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }

        string[] arguments = user is null ? ["-d", "-m", "700", folder] : ["-d", "-m", "700", "-o", user, "-g", user, folder];
        await Run("", "install", arguments, null, cancel);
    }

    private static async Task<bool> Answers(LocalPostgres server, CancellationToken cancel)
    {
        try
        {
            await using var connection = new NpgsqlConnection(server.AdminConnectionString + ";Timeout=3");
            await connection.OpenAsync(cancel);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static async Task Run(string folder, string program, string[] arguments, string? user, CancellationToken cancel, bool mayFail = false)
    {
        // The server inherits pg_ctl's streams and lives on: nothing may wait for their end.
        var start = new ProcessStartInfo(folder.Length == 0 ? program : Path.Combine(folder, program))
        {
            WorkingDirectory = Path.GetTempPath(),
            RedirectStandardError = program == "initdb",
            RedirectStandardOutput = true,
        };
        if (user is not null)
        {
            start.UserName = user;
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        var errors = program == "initdb" ? process.StandardError.ReadToEndAsync(cancel) : Task.FromResult("");
        await process.WaitForExitAsync(cancel);
        if (process.ExitCode != 0 && !mayFail)
        {
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await errors}");
        }
    }
}
