using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Kernel;

/// <summary>Takes a checkpoint of every operator's log once a day: the first round after midnight (UTC) that finds it missing.</summary>
public sealed class TakeCheckpoints(IServiceScopeFactory scopes, ILogger<TakeCheckpoints> log) : BackgroundService
{

    /// <summary>Takes the checkpoints that are due; how many.</summary>
    public async Task<int> Pass(CancellationToken cancel)
    {
        var taken = 0;
        foreach (var tenant in await Tenants.All(scopes, cancel))
        {
            await using var scope = Tenants.Scope(scopes, tenant);
            var database = scope.ServiceProvider.GetRequiredService<Database>();
            using var key = AuditKey.Of(scope.ServiceProvider.GetRequiredService<Secrets>());
            if (await Take(tenant, database, key, cancel))
            {
                await database.Commit(cancel);
                taken++;
            }
        }

        return taken;
    }

    /// <summary>Runs until the host stops.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.Every(TimeSpan.FromMinutes(10), Pass, log, stoppingToken);

    private static async Task<bool> Take(string tenant, Database database, AuditKey key, CancellationToken cancel)
    {
        // Another instance may be at it: one of them is enough, and the constraint on the day lets no second one in.
        if (!await database.Value<bool>($"select pg_try_advisory_xact_lock(hashtextextended({"checkpoint " + tenant}, 41))", cancel)
            || await database.Value<bool>($"""
                select exists (select from kernel.checkpoint where taken_on >= (kernel.now() at time zone 'UTC')::date)
                """, cancel))
        {
            return false;
        }

        var before = await database.Find<Taken>($"""
            select number, size, root, horizon::text as horizon from kernel.checkpoint order by number desc limit 1
            """, cancel) ?? new Taken(0, 0, Merkle.Fold([]), "0");
        var horizon = await database.Value<string>($"select kernel.final_horizon()::text", cancel);
        var tree = new MerkleTree(before.Size, await StoredTree.Tiles(database, MerkleTree.Edge(before.Size), cancel));
        if (!tree.Root.AsSpan().SequenceEqual(before.Root))
        {
            throw new InvalidOperationException($"The stored tree of {tenant} no longer has the root of checkpoint {before.Number}: nothing is signed.");
        }

        foreach (var hash in await database.List<byte[]>($"""
            select hash from kernel.event where transaction >= {before.Horizon}::text::xid8 and transaction < {horizon}::text::xid8
             order by transaction, id
            """, cancel))
        {
            tree.Add(Merkle.Leaf(hash));
        }

        if (tree.Size == 0)
        {
            return false;
        }

        await StoredTree.Keep(database, [.. tree.TakeFull(), .. tree.Partial()], cancel);
        var root = tree.Root;
        var takenAt = await database.Value<DateTimeOffset>($"select kernel.now()", cancel);
        var signature = key.Sign(AuditCheckpoint.Text(AuditCheckpoint.OriginOf(tenant), tree.Size, Convert.ToHexStringLower(root), takenAt));
        await database.Execute($"""
            insert into kernel.checkpoint (number, size, root, horizon, public_key, signature)
            values ({before.Number + 1}, {tree.Size}, {root}, {horizon}::text::xid8, {key.PublicKey}, {signature})
            """, cancel);
        return true;
    }

    private sealed record Taken(int Number, long Size, byte[] Root, string Horizon);
}
