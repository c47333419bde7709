using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Certification;

/// <summary>
/// Marks certificates and scope certificates whose validity is over. Selling stopped at that instant already, the lot's account carries it; so did
/// declaring.
/// </summary>
internal sealed class ExpireCertificates(IServiceScopeFactory scopes, ILogger<ExpireCertificates> log) : BackgroundService
{
    private const int AtOnce = 100;

    /// <summary>Expires everything that is due, tenant by tenant; the number expired.</summary>
    internal async Task<int> Pass(CancellationToken cancel)
    {
        var expired = 0;
        foreach (var tenant in await Tenants.All(scopes, cancel))
        {
            await Scopes(tenant, cancel);
            int some;
            do
            {
                some = await Some(tenant, cancel);
                expired += some;
            }
            while (some == AtOnce);
        }

        return expired;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.Every(TimeSpan.FromSeconds(10), Pass, log, stoppingToken);

    private async Task<int> Some(string tenant, CancellationToken cancel)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        var database = scope.ServiceProvider.GetRequiredService<Database>();
        var due = await database.List<Certificate>($"""
            select {Certificate.Columns} from certification.certificate c
             where c.state in ('active', 'suspended') and c.valid_until < kernel.now() order by c.id limit {AtOnce} for update skip locked
            """, cancel);
        foreach (var certificate in due)
        {
            await certificate.Move(Certificate.Next(certificate.State, CertificateStep.Expire)!.Value, "Validity is over.", database, cancel);
        }

        await database.Commit(cancel);
        return due.Count;
    }

    private async Task Scopes(string tenant, CancellationToken cancel)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        var database = scope.ServiceProvider.GetRequiredService<Database>();
        await Scope.Expire(database, cancel);
        await database.Commit(cancel);
    }
}
