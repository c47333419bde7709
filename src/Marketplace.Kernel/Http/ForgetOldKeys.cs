using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Kernel.Http;

/// <summary>Deletes idempotency keys after thirty days: phones stay offline for days, but answers are not kept for ever.</summary>
public sealed class ForgetOldKeys(IServiceScopeFactory scopes, ILogger<ForgetOldKeys> log) : BackgroundService
{
    /// <summary>Deletes what is older than thirty days; how many keys.</summary>
    public async Task<int> Pass(CancellationToken cancel)
    {
        var forgotten = 0;
        foreach (var tenant in await Tenants.All(scopes, cancel))
        {
            await using var scope = Tenants.Scope(scopes, tenant);
            var database = scope.ServiceProvider.GetRequiredService<Database>();
            forgotten += await database.Execute($"""
                delete from kernel.idempotency_key where tenant_id = kernel.tenant() and created_at < now() - interval '30 days'
                """, cancel);
            await database.Commit(cancel);
        }

        return forgotten;
    }

    /// <summary>Runs until the host stops.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.Every(TimeSpan.FromHours(6), Pass, log, stoppingToken);
}
