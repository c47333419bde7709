using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Registry.Households;

/// <summary>Moves households whose time ran out: a silent district lets them pass, an unanswered return lets them lapse.</summary>
internal sealed class HouseholdClock(IServiceScopeFactory scopes, ILogger<HouseholdClock> log) : BackgroundService
{
    private const int AtOnce = 50;

    /// <summary>Moves everything that is due now; how many were moved.</summary>
    internal async Task<int> Pass(CancellationToken cancel)
    {
        var all = 0;
        foreach (var tenant in await Tenants.All(scopes, cancel))
        {
            int moved;
            do
            {
                moved = await PassOf(tenant, cancel);
                all += moved;
            }
            while (moved == AtOnce);
        }

        return all;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Rounds.Every(TimeSpan.FromSeconds(20), Pass, log, stoppingToken);

    private async Task<int> PassOf(string tenant, CancellationToken cancel)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        var database = scope.ServiceProvider.GetRequiredService<Database>();
        var due = await database.List<Due>($"""
            select id, village, stage from registry.household
             where silent_until <= kernel.now() order by silent_until limit {AtOnce} for update skip locked
            """, cancel);
        foreach (var one in due)
        {
            var step = one.Stage == HouseholdStage.Returned ? HouseholdStep.Lapse : HouseholdStep.PassInSilence;
            var next = Household.Next(one.Stage, step) ?? one.Stage;
            var (name, text) = step == HouseholdStep.Lapse
                ? (nameof(HouseholdLapsed), Event.Text(new HouseholdLapsed(one.Id, one.Village)))
                : (nameof(HouseholdPassedInSilence), Event.Text(new HouseholdPassedInSilence(one.Id, one.Village)));
            await database.Execute($"""
                with moved as (
                    update registry.household set stage = {next}, silent_until = null, version = version + 1 where id = {one.Id} returning id)
                select kernel.append(id, {name}, {text}) from moved
                """, cancel);
        }

        await database.Commit(cancel);
        return due.Count;
    }

    private sealed record Due(HouseholdId Id, TerritoryCode Village, HouseholdStage Stage);
}
