using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Work.Calendars;

namespace Marketplace.Work.Tasks;

/// <summary>Opens and closes tasks in the caller's transaction.</summary>
internal sealed class OpenTasks(Database database, ITerritories territories, WorkingDays calendar) : ITasks
{
    public async Task Open(TaskToOpen task, CancellationToken cancel)
    {
        TerritoryPlace? place = null;
        if (task.Territory is { } code)
        {
            place = (await territories.Places([code], cancel)).GetValueOrDefault(code);
        }

        string[] path = place is null ? [] : [.. place.Path.Select(step => step.Value)];

        // A task that is open already is handed over: the later caller knows better who is to do it and until when. A clock that stands goes on
        // standing, from now for the new deadline.
        await database.Execute($"""
            insert into work.task (subject, kind, responsible, first_responsible, escalate_to_role, organisation, territory, territory_path, country,
                deadline, escalate_at, role)
            values ({task.Subject}, {task.Kind}, {task.Responsible}, {task.Responsible}, {task.EscalateToRole}, {task.Organisation}, {task.Territory},
                {path}, coalesce({place?.Country}, (select country from kernel.tenant where id = kernel.tenant())), {task.Deadline}, {task.Deadline},
                {task.Role})
            on conflict (tenant_id, subject, kind) where closed_at is null do update
               set responsible = excluded.responsible, escalate_to_role = excluded.escalate_to_role, organisation = excluded.organisation,
                   territory = excluded.territory, territory_path = excluded.territory_path, deadline = excluded.deadline,
                   escalate_at = excluded.escalate_at, role = excluded.role,
                   paused_at = case when task.paused_at is not null then kernel.now() end
            """, cancel);
    }

    public Task Close(Guid subject, string kind, CancellationToken cancel) => database.Execute($"""
        update work.task set closed_at = greatest(kernel.now(), opened_at), closed_by = kernel.person()
         where subject = {subject} and kind = {kind} and closed_at is null
        """, cancel);

    public Task CloseAll(Guid subject, CancellationToken cancel) => database.Execute($"""
        update work.task set closed_at = greatest(kernel.now(), opened_at), closed_by = kernel.person()
         where tenant_id = kernel.tenant() and subject = {subject} and closed_at is null
        """, cancel);

    public async Task HandOver(Guid subject, string kind, PersonId to, CancellationToken cancel)
    {
        var country = await database.Value<string>($"""
            select country from work.task where subject = {subject} and kind = {kind} and closed_at is null
            """, cancel);
        if (country is null)
        {
            return;
        }

        // Whoever gets a case on its last day cannot be blamed for the days before.
        var least = await calendar.Deadline(country, 1, cancel);
        await database.Execute($"""
            update work.task set responsible = {to}, deadline = greatest(deadline, {least}), escalate_at = greatest(escalate_at, {least})
             where subject = {subject} and kind = {kind} and closed_at is null
            """, cancel);
    }

    public Task Pause(Guid subject, CancellationToken cancel) => database.Execute($"""
        update work.task set paused_at = kernel.now()
         where tenant_id = kernel.tenant() and subject = {subject} and closed_at is null and paused_at is null
        """, cancel);

    public async Task Resume(Guid subject, CancellationToken cancel)
    {
        var paused = await database.List<Paused>($"""
            select id, country, paused_at, deadline, escalate_at, kernel.now() as now from work.task
             where tenant_id = kernel.tenant() and subject = {subject} and closed_at is null and paused_at is not null order by id for update
            """, cancel);
        foreach (var task in paused)
        {
            // What was late before the pause stays late.
            var deadline = task.Deadline <= task.PausedAt ? task.Deadline : await calendar.Moved(task.Deadline, task.Country, task.PausedAt, task.Now, cancel);
            var escalate = task.EscalateAt <= task.PausedAt
                ? task.EscalateAt
                : await calendar.Moved(task.EscalateAt, task.Country, task.PausedAt, task.Now, cancel);
            await database.Execute($"""
                update work.task set paused_for = paused_for + (kernel.now() - paused_at), paused_at = null, deadline = {deadline}, escalate_at = {escalate}
                 where id = {task.Id}
                """, cancel);
        }
    }

    public async Task<IReadOnlyList<OpenTask>> Of(Guid subject, CancellationToken cancel) => await database.List<OpenTask>($"""
        select kind, responsible, deadline, paused_at from work.task
         where tenant_id = kernel.tenant() and subject = {subject} and closed_at is null order by deadline, kind
        """, cancel);

    public Task<DateTimeOffset> Deadline(string country, int days, CancellationToken cancel, DateTimeOffset? from = null) =>
        calendar.Deadline(country, days, cancel, from);

    private sealed record Paused(
        WorkTaskId Id, string Country, DateTimeOffset PausedAt, DateTimeOffset Deadline, DateTimeOffset EscalateAt, DateTimeOffset Now);
}
