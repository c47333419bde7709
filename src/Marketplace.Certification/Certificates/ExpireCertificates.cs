using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Marketplace.Certification;

/// <summary>Marks certificates whose validity is over. Selling stopped at that instant already: the lot's account carries it.</summary>
internal sealed class ExpireCertificates(IServiceScopeFactory scopes, NpgsqlDataSource source, ILogger<ExpireCertificates> log) : BackgroundService
{
    private const int AtOnce = 100;

    /// <summary>Expires everything that is due, tenant by tenant; the number expired.</summary>
    internal async Task<int> Pass(CancellationToken cancel)
    {
        var expired = 0;
        foreach (var tenant in await Tenants(cancel))
        {
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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromSeconds(10), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await Pass(stoppingToken);
            }
            catch (Exception failure) when (failure is NpgsqlException or TimeoutException)
            {
                log.LogWarning("Certificates cannot be expired now: {Reason}", failure.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<List<string>> Tenants(CancellationToken cancel)
    {
        await using var read = source.CreateCommand("select id from kernel.tenant order by id");
        await using var rows = await read.ExecuteReaderAsync(cancel);
        var tenants = new List<string>();
        while (await rows.ReadAsync(cancel))
        {
            tenants.Add(rows.GetString(0));
        }

        return tenants;
    }

    private async Task<int> Some(string tenant, CancellationToken cancel)
    {
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CurrentActor>().Value = Actor.System(tenant);
        var database = scope.ServiceProvider.GetRequiredService<Database>();
        var due = await database.List<Certificate>($"""
            select id, serial, lot, issuer, state, version from certification.certificate
             where state in ('active', 'suspended') and valid_until < kernel.now() order by id limit {AtOnce} for update skip locked
            """, cancel);
        foreach (var certificate in due)
        {
            await certificate.Move(Certificate.Next(certificate.State, CertificateStep.Expire)!.Value, "Validity is over.", database, cancel);
        }

        await database.Commit(cancel);
        return due.Count;
    }
}
