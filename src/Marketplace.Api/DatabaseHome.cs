using Marketplace.Kernel;

namespace Marketplace.Api;

/// <summary>Where the data lives: the configured server, or the embedded one started from the programs on this machine.</summary>
internal sealed class DatabaseHome : IAsyncDisposable
{
    private readonly LocalPostgres? embedded;

    private DatabaseHome(string application, string? owner, LocalPostgres? embedded)
    {
        Application = application;
        Owner = owner;
        this.embedded = embedded;
    }

    /// <summary>Connection string of the application's role.</summary>
    public string Application { get; }

    /// <summary>Connection string of the migrating role; null on instances that only serve.</summary>
    public string? Owner { get; }

    /// <summary>True for the private server of a newcomer's machine.</summary>
    public bool IsEmbedded => embedded is not null;

    /// <summary>
    /// Opens the database of <c>MARKETPLACE_DATABASE</c> (with <c>MARKETPLACE_DATABASE_OWNER</c> to migrate), else the embedded one in
    /// <c>.data/postgres</c>; brings the schema up to date where it may.
    /// </summary>
    public static async Task<DatabaseHome> Open(IConfiguration settings, CancellationToken cancel)
    {
        var data = settings["MARKETPLACE_DATA"] ?? ".data";
        var application = settings["MARKETPLACE_DATABASE"];
        var owner = settings["MARKETPLACE_DATABASE_OWNER"];
        var embedded = string.IsNullOrEmpty(application) ? await LocalPostgres.Start(Path.Combine(data, "postgres"), durable: true, cancel) : null;
        try
        {
            if (embedded is not null)
            {
                await embedded.Prepare("marketplace", cancel);
                application = embedded.ConnectionString("marketplace_app", "marketplace");
                owner = embedded.ConnectionString("marketplace_owner", "marketplace") + ";Pooling=false";
            }

            if (!string.IsNullOrEmpty(owner))
            {
                await Modules.Migrate(owner, cancel);
            }
        }
        catch
        {
            // A start that failed leaves no server behind.
            await (embedded?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }

        return new DatabaseHome(application!, owner, embedded);
    }

    /// <summary>Stops the embedded server when this process started it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (embedded is not null)
        {
            await embedded.DisposeAsync();
        }
    }
}
