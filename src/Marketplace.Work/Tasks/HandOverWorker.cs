using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Work.Tasks;

/// <summary>Gives the tasks of people whose role or term ended to others who hold it, and tells them. Several instances may run.</summary>
internal sealed class HandOverWorker(IServiceScopeFactory scopes, ILogger<HandOverWorker> log) : BackgroundService
{
    /// <summary>Offices above every task, in no territory or organisation of its own.</summary>
    private static readonly string[] Everywhere = [Role.ProjectOfficer, Role.PlatformAdministrator];

    /// <summary>Hands over every task whose person left and that somebody else can take; how many. Those nobody can take hold up no other.</summary>
    internal async Task<int> Pass(CancellationToken cancel)
    {
        var handed = 0;
        foreach (var tenant in await Tenants.All(scopes, cancel))
        {
            for (var one = await HandOverOne(tenant, null, cancel); one is var (last, done); one = await HandOverOne(tenant, last, cancel))
            {
                handed += done ? 1 : 0;
            }
        }

        return handed;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Rounds.Every(TimeSpan.FromSeconds(10), Pass, log, stoppingToken);

    /// <summary>The first such task behind the one seen last, and whether it went to somebody; null when there is no further one.</summary>
    private async Task<(Left Last, bool Done)?> HandOverOne(string tenant, Left? last, CancellationToken cancel)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        var services = scope.ServiceProvider;
        var database = services.GetRequiredService<Database>();
        var left = await database.Find<Left>($"""
            select t.id, t.subject, t.kind, t.role, t.responsible, t.organisation, t.territory_path, t.deadline from work.task t
             where t.closed_at is null and t.role is not null
               and ({last?.Id}::uuid is null or (t.deadline, t.id) > ({last?.Deadline}, {last?.Id}))
               and not exists (
                   select from identity.public_role r
                    where r.person = t.responsible and r.valid_from <= kernel.now() and (r.valid_until is null or r.valid_until > kernel.now())
                      and (r.role = any ({Everywhere})
                           or r.role in (t.role, t.escalate_to_role, {Role.DistrictOfficer})
                              and (r.organisation = t.organisation or r.territory = any (t.territory_path))))
             order by t.deadline, t.id limit 1 for update of t skip locked
            """, cancel);
        if (left is null)
        {
            return null;
        }

        // Who left is not asked again; others who had it before may be, since there is nobody better than an old hand.
        var next = await NextPerson.For(left.Role, left.Organisation, left.TerritoryPath, new HashSet<PersonId> { left.Responsible },
            services.GetRequiredService<IPeople>(), cancel);
        if (next is not { } person)
        {
            return (left, false);
        }

        await services.GetRequiredService<ITasks>().HandOver(left.Subject, left.Kind, person, cancel);
        var happened = new TaskHandedOver(left.Id, left.Subject, left.Kind, left.Responsible, person);
        await database.Execute($"select kernel.append({left.Id}, {nameof(TaskHandedOver)}, {Event.Text(happened)})", cancel);
        await services.GetRequiredService<INotices>().Send(
            [new Notice("task-handed-over", new Dictionary<string, string> { ["kind"] = left.Kind }, person)], cancel);
        await database.Commit(cancel);
        return (left, true);
    }

    private sealed record Left(
        WorkTaskId Id, Guid Subject, string Kind, string Role, PersonId Responsible, OrganisationId? Organisation, string[] TerritoryPath,
        DateTimeOffset Deadline);
}
