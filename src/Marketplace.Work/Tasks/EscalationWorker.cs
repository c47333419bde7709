using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Work.Calendars;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Work.Tasks;

/// <summary>Gives a late task to the next one up and tells both. Several instances may run: each task is taken by one.</summary>
internal sealed class EscalationWorker(IServiceScopeFactory scopes, ILogger<EscalationWorker> log) : BackgroundService
{
    /// <summary>Escalates everything that is late now; how many tasks were looked at.</summary>
    internal Task<int> Pass(CancellationToken cancel) => Rounds.WhileAny(scopes, EscalateOne, cancel);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Rounds.Every(TimeSpan.FromSeconds(10), Pass, log, stoppingToken);

    private async Task<bool> EscalateOne(string tenant, CancellationToken cancel)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        var services = scope.ServiceProvider;
        var database = services.GetRequiredService<Database>();
        var late = await database.Find<Late>($"""
            select id, subject, kind, responsible, escalate_to_role, organisation, territory_path, country from work.task
             where closed_at is null and paused_at is null and escalate_at <= kernel.now() order by escalate_at limit 1 for update skip locked
            """, cancel);
        if (late is null)
        {
            return false;
        }

        var held = await database.List<Holder>($"""
            select distinct to_person as person from work.task_history where task = {late.Id} and to_person is not null
            """, cancel);
        var next = await NextPerson.For(late.EscalateToRole, late.Organisation, late.TerritoryPath, held.Select(one => one.Person).ToHashSet(),
            services.GetRequiredService<IPeople>(), cancel);
        var again = await services.GetRequiredService<WorkingDays>().Deadline(late.Country, 1, cancel);
        var values = new Dictionary<string, string> { ["kind"] = late.Kind };
        var notices = new List<Notice> { new("task-late", values, late.Responsible) };
        if (next is { } person)
        {
            var happened = new TaskEscalated(late.Id, late.Subject, late.Kind, late.Responsible, person);
            await database.Execute($"""
                with moved as (
                    update work.task set responsible = {person}, escalated = escalated + 1, escalate_at = {again} where id = {late.Id} returning id)
                select kernel.append(id, {nameof(TaskEscalated)}, {Event.Text(happened)}) from moved
                """, cancel);
            notices.Add(new Notice("task-escalated", values, person));
        }
        else
        {
            // Nobody is left above: it stays with its person, who is reminded every working day.
            await database.Execute($"update work.task set escalate_at = {again} where id = {late.Id}", cancel);
        }

        await services.GetRequiredService<INotices>().Send(notices, cancel);
        await database.Commit(cancel);
        return true;
    }

    private sealed record Late(
        WorkTaskId Id, Guid Subject, string Kind, PersonId Responsible, string EscalateToRole, OrganisationId? Organisation, string[] TerritoryPath,
        string Country);

    private sealed record Holder(PersonId Person);
}
