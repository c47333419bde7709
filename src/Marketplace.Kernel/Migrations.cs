using System.Reflection;
using DbUp;
using DbUp.Engine;
using Npgsql;

namespace Marketplace.Kernel;

/// <summary>Brings a database to the schema of this build: numbered SQL of each module, forward only, under an advisory lock.</summary>
public static class Migrations
{
    private const long Lock = 7_236_401_001;

    /// <summary>Applies what is missing. Safe to call from several starting instances at once.</summary>
    /// <param name="ownerConnection">A connection string of the role that owns the schema.</param>
    /// <param name="modules">The modules' assemblies in migration order; the kernel goes first by itself.</param>
    /// <exception cref="InvalidOperationException">A script failed; nothing of that script stays.</exception>
    public static async Task Apply(string ownerConnection, IEnumerable<Assembly> modules, CancellationToken cancel)
    {
        var scripts = modules.Prepend(typeof(Migrations).Assembly).SelectMany(Scripts).ToList();
        await using var held = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ownerConnection) { Pooling = false }.ConnectionString);
        await held.OpenAsync(cancel);
        await using (var take = new NpgsqlCommand($"select pg_advisory_lock({Lock})", held) { CommandTimeout = 120 })
        {
            await take.ExecuteNonQueryAsync(cancel);
        }

        await using (var schema = new NpgsqlCommand("create schema if not exists kernel", held))
        {
            await schema.ExecuteNonQueryAsync(cancel);
        }

        var result = DeployChanges.To.PostgresqlDatabase(ownerConnection)
            .WithScripts(new InOrder(scripts))
            .WithScriptNameComparer(new AsGiven(scripts))
            .JournalToPostgresqlTable("kernel", "migration")
            .WithTransactionPerScript()
            .WithVariablesDisabled()
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        if (!result.Successful)
        {
            throw new InvalidOperationException($"Migration {result.ErrorScript?.Name} failed: {result.Error.Message}", result.Error);
        }
    }

    private static IEnumerable<SqlScript> Scripts(Assembly module) => module.GetManifestResourceNames()
        .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(name =>
        {
            using var reader = new StreamReader(module.GetManifestResourceStream(name)!);
            return new SqlScript(name, reader.ReadToEnd());
        });

    private sealed class InOrder(IEnumerable<SqlScript> scripts) : IScriptProvider
    {
        public IEnumerable<SqlScript> GetScripts(DbUp.Engine.Transactions.IConnectionManager connectionManager) => scripts;
    }

    /// <summary>Scripts run in module order, not by name.</summary>
    private sealed class AsGiven(List<SqlScript> scripts) : IComparer<string>
    {
        private readonly Dictionary<string, int> order = scripts.Select((script, at) => (script.Name, at))
            .ToDictionary(pair => pair.Name, pair => pair.at, StringComparer.Ordinal);

        public int Compare(string? x, string? y) => order.GetValueOrDefault(x ?? "", -1).CompareTo(order.GetValueOrDefault(y ?? "", -1));
    }
}
