using System.Security.Cryptography;
using System.Text;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Certification;

/// <summary>
/// Draws the year's share of the subjects, schedules what is due, finds visitors for what has none, and suspends where a correction is overdue. Several
/// instances may run: a subject has one open visit.
/// </summary>
internal sealed class ScheduleSurveillance(IServiceScopeFactory scopes, DrawSeeds seeds, ILogger<ScheduleSurveillance> log) : BackgroundService
{
    private const int AtOnce = 1_000;

    /// <summary>Everything that is due now; how many visits were scheduled.</summary>
    internal async Task<int> Pass(CancellationToken cancel)
    {
        var scheduled = 0;
        foreach (var tenant in await Tenants.All(scopes, cancel))
        {
            while (await Pick(tenant, cancel) == AtOnce)
            {
            }

            foreach (var subject in await Due(tenant, cancel))
            {
                scheduled += await Schedule(tenant, subject, cancel);
            }

            foreach (var visit in await WithoutVisitor(tenant, cancel))
            {
                await Apart(tenant, async services =>
                    (await SurveillanceVisit.Find(visit, services.GetRequiredService<Database>(), cancel)) is { } found
                    && await services.GetRequiredService<VisitorDraw>().Put(found, cancel), cancel);
            }
        }

        await Rounds.WhileAny(scopes, HoldOverdue, cancel);
        return scheduled;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.Every(TimeSpan.FromMinutes(1), Pass, log, stoppingToken);

    /// <summary>Puts subjects through the year's draw that were not in it yet.</summary>
    private Task<int> Pick(string tenant, CancellationToken cancel) => Apart(tenant, async services =>
    {
        var database = services.GetRequiredService<Database>();
        var year = (await database.Value<DateOnly>($"select certification.today()", cancel)).Year;
        var subjects = await database.List<Drawn>($"""
            select s.household, s.scheme from certification.surveillance_subject s
             where not exists (select from certification.random_pick p where p.household = s.household and p.scheme = s.scheme and p.year = {year})
             limit {AtOnce}
            """, cancel);
        if (subjects.Count == 0)
        {
            return 0;
        }

        var percent = await database.Value<int>($"select (certification.watch_rule_now()).random_percent", cancel);
        var day = RandomShare.DayOf(year);
        var daySeed = await seeds.On(day, database, cancel);
        var drawn = subjects.Select(subject => RandomShare.Seed(daySeed, subject.Household, subject.Scheme, year)).ToArray();
        await database.Execute($"""
            insert into certification.random_pick (household, scheme, year, day, seed, percent, chosen)
            select household, scheme, {year}, {day}, seed, {percent}, chosen
              from unnest({subjects.Select(subject => subject.Household).ToArray()}, {subjects.Select(subject => subject.Scheme).ToArray()}, {drawn},
                   {drawn.Select(seed => RandomShare.Chosen(seed, percent)).ToArray()}) as one (household, scheme, seed, chosen) on conflict do nothing
            """, cancel);
        return subjects.Count;
    }, cancel);

    private Task<List<Subject>> Due(string tenant, CancellationToken cancel) => Apart(tenant, async services =>
    {
        var database = services.GetRequiredService<Database>();
        var due = await database.List<Subject>($"""
            select s.household, s.scheme, s.application, s.body, s.village, null::uuid as scope, null::text as sample
              from certification.surveillance_subject s
             where not exists (select from certification.surveillance v where v.household = s.household and v.scheme = s.scheme and v.state = 'open')
               and exists (select from certification.surveillance_reasons(s.household, s.scheme, s.application))
             order by s.household, s.scheme limit {AtOnce}
            """, cancel);
        due.AddRange(await Members(database, cancel));
        return due;
    }, cancel);

    /// <summary>Of each group whose scheme wants a visit now, the square root of its members: announced, so that the day's own seed decides.</summary>
    private async Task<List<Subject>> Members(Database database, CancellationToken cancel)
    {
        var members = new List<Subject>();
        foreach (var group in await database.List<Group>($"""
            select s.id, s.application, certification.members_of(a) as members
              from certification.scope s
              join certification.application a on a.id = s.application
              join certification.scheme x on x.code = s.scheme and x.version = s.scheme_version
             where s.kind = 'group' and s.state = 'active' and s.valid_until > kernel.now() and x.surveillance_visits > 0
               and greatest(s.valid_from, (select max(v.scheduled_at) from certification.surveillance v where v.scope = s.id))
                   + make_interval(days => 365 / x.surveillance_visits - (certification.watch_rule_now()).visit_within) <= kernel.now()
            """, cancel))
        {
            var (_, daySeed) = await seeds.Today(database, cancel);
            var seed = Convert.ToHexStringLower(HMACSHA256.HashData(daySeed, Encoding.UTF8.GetBytes($"{group.Id:D}|surveillance")));
            members.AddRange(await database.List<Subject>($"""
                select m.household, m.scheme, {group.Application} as application, s.issuer as body, m.village, s.id as scope,
                       'one of {group.Members.Length} members, by ' || {seed} as sample
                  from certification.group_member m, certification.scope s
                 where s.id = {group.Id} and m.id = any ({MemberSample.First(group.Members, seed)})
                """, cancel));
        }

        return members;
    }

    private Task<int> Schedule(string tenant, Subject subject, CancellationToken cancel) => Apart(tenant, async services =>
    {
        var database = services.GetRequiredService<Database>();
        var id = Guid.CreateVersion7();
        var made = await database.Execute($"""
            with reasons as materialized (
                select * from certification.surveillance_reasons({subject.Household}, {subject.Scheme}, {subject.Application}) where {subject.Scope}::uuid is null
                 union all
                select reason, points, {subject.Sample} from certification.surveillance_weight where reason = 'regular' and {subject.Scope}::uuid is not null),
            made as (
                insert into certification.surveillance (id, household, scheme, application, body, village, scope, announced, score, due_on)
                select {id}, {subject.Household}, {subject.Scheme}, {subject.Application}, {subject.Body}, {subject.Village}, {subject.Scope}, bool_and(w.announced),
                       sum(r.points), certification.today() + case when bool_or(r.reason = 'over_claim') then (certification.watch_rule_now()).claim_within
                                                                    else (certification.watch_rule_now()).visit_within end
                  from reasons r join certification.surveillance_weight w using (reason) having count(*) > 0
                    on conflict (household, scheme) where state = 'open' do nothing
                returning id),
            kept as (
                insert into certification.surveillance_cause (surveillance, reason, points, note) select made.id, r.reason, r.points, r.note from made, reasons r)
            select kernel.append(id, {nameof(SurveillanceScheduled)}, {Event.Text(new SurveillanceScheduled(id))}) from made
            """, cancel);
        if (made == 0)
        {
            return 0;
        }

        var visit = (await SurveillanceVisit.Find(id, database, cancel))!;
        await services.GetRequiredService<VisitorDraw>().Put(visit, cancel);
        if (visit.Announced && (await services.GetRequiredService<IHouseholds>().Of([visit.Household], cancel)).GetValueOrDefault(visit.Household) is { } household)
        {
            await services.GetRequiredService<INotices>().Send([new Notice("surveillance-announced", new Dictionary<string, string>
            {
                ["date"] = visit.DueOn.ToString("yyyy-MM-dd"), ["product"] = visit.Product.Value,
            }, household.Head)], cancel);
        }

        return 1;
    }, cancel);

    /// <summary>Visits to be made and corrections to be verified whose person is missing, left the role or has an interest by now.</summary>
    private Task<List<Guid>> WithoutVisitor(string tenant, CancellationToken cancel) => Apart(tenant, services =>
        services.GetRequiredService<Database>().List<Guid>($"""
            select v.id from certification.surveillance v
             where (v.state = 'open' or exists (select from certification.surveillance_finding_now f where f.surveillance = v.id and f.pending))
               and (v.sampler is null
                    or exists (select from work.public_task t where t.subject = v.id and t.kind = {SurveillanceTask.Assign} and t.closed_at is null)
                    or certification.conflicted(certification.case_of(v), v.sampler)
                    or not exists (select from identity.public_role r
                                    where r.person = v.sampler and r.role = {Role.Sampler} and r.organisation = v.body
                                      and r.valid_from <= kernel.now() and (r.valid_until is null or r.valid_until > kernel.now())))
             order by v.id limit {AtOnce}
            """, cancel), cancel);

    private async Task<bool> HoldOverdue(string tenant, CancellationToken cancel)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        var database = scope.ServiceProvider.GetRequiredService<Database>();
        var visit = await database.Find<SurveillanceVisit>($"""
            select {SurveillanceVisit.Columns} from certification.surveillance v
             where exists (select from certification.surveillance_finding_now f
                            where f.surveillance = v.id and f.severity = 'major' and not f.settled and not f.pending and f.due_at <= kernel.now())
               and not exists (select from certification.surveillance_hold h where h.surveillance = v.id and h.cause = 'overdue')
             limit 1 for no key update of v skip locked
            """, cancel);
        if (visit is null)
        {
            return false;
        }

        var holds = scope.ServiceProvider.GetRequiredService<HoldProduction>();
        if (await holds.Hold(visit, HoldCause.Overdue, "A finding was not corrected in time.", cancel) is { } refused)
        {
            throw new RefusedException(refused);
        }

        await database.Commit(cancel);
        return true;
    }

    private async Task<T> Apart<T>(string tenant, Func<IServiceProvider, Task<T>> work, CancellationToken cancel)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        var result = await work(scope.ServiceProvider);
        await scope.ServiceProvider.GetRequiredService<Database>().Commit(cancel);
        return result;
    }

    private sealed record Drawn(HouseholdId Household, string Scheme);

    private sealed record Subject(
        HouseholdId Household, string Scheme, CertificationApplicationId Application, OrganisationId Body, TerritoryCode Village, Guid? Scope, string? Sample);

    private sealed record Group(Guid Id, CertificationApplicationId Application, Guid[] Members);
}
