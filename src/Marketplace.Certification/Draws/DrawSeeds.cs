using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Certification;

/// <summary>
/// The days' secret seeds: made from the key folder, so that they stand nowhere else; committed by their hash a day ahead and told when
/// the day is over.
/// </summary>
public sealed class DrawSeeds(IServiceScopeFactory scopes, Secrets secrets, ILogger<DrawSeeds> log) : BackgroundService
{
    /// <summary>Commits today's and tomorrow's seeds and tells those of past days; the number of rows written.</summary>
    internal async Task<int> Pass(CancellationToken cancel)
    {
        var written = 0;
        foreach (var tenant in await Tenants.All(scopes, cancel))
        {
            await using var scope = Tenants.Scope(scopes, tenant);
            var database = scope.ServiceProvider.GetRequiredService<Database>();
            var today = await database.Value<DateOnly>($"select certification.today()", cancel);
            written += await Commit(tenant, today, database, cancel) + await Commit(tenant, today.AddDays(1), database, cancel);
            foreach (var day in await database.List<DateOnly>($"""
                select d.day from certification.draw_day d
                 where d.day < {today} and not exists (select from certification.draw_reveal r where r.day = d.day) order by d.day limit 100
                """, cancel))
            {
                written += await database.Execute($"""
                    insert into certification.draw_reveal (day, seed) values ({day}, {Of(tenant, day)}) on conflict do nothing
                    """, cancel);
            }

            await database.Commit(cancel);
        }

        return written;
    }

    /// <summary>Today and its seed, committed before this unit of work goes on.</summary>
    internal async Task<(DateOnly Day, byte[] Seed)> Today(Database database, CancellationToken cancel)
    {
        var today = await database.Value<DateOnly>($"select certification.today()", cancel);
        return (today, await On(today, database, cancel));
    }

    /// <summary>The seed of a day that is not over, committed before this unit of work goes on and told after that day.</summary>
    internal async Task<byte[]> On(DateOnly day, Database database, CancellationToken cancel)
    {
        var commitment = await Find();
        if (commitment is null)
        {
            // The pass a day ahead did not run. Committed on its own, so that the hash stands there before the draw it decides.
            await using var scope = Tenants.Scope(scopes, database.Actor.Tenant);
            var apart = scope.ServiceProvider.GetRequiredService<Database>();
            await Commit(database.Actor.Tenant, day, apart, cancel);
            await apart.Commit(cancel);
            commitment = await Find();
        }

        var seed = Of(database.Actor.Tenant, day);
        return Draw.Commitment(seed) == commitment
            ? seed
            : throw new InvalidOperationException("The key folder is not the one this day's draws were committed with.");

        Task<string?> Find() => database.Value<string>($"select encode(commitment, 'hex') from certification.draw_day where day = {day}", cancel);
    }

    /// <summary>Runs until the host stops.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.Every(TimeSpan.FromMinutes(1), Pass, log, stoppingToken);

    private byte[] Of(string tenant, DateOnly day) => secrets.Hmac("draw-day", $"{tenant}|{day:yyyy-MM-dd}");

    private Task<int> Commit(string tenant, DateOnly day, Database database, CancellationToken cancel) => database.Execute($"""
        insert into certification.draw_day (day, commitment) values ({day}, sha256({Of(tenant, day)})) on conflict do nothing
        """, cancel);
}
