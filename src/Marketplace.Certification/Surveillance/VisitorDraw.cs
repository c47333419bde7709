using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>
/// Draws who makes a surveillance visit: qualified, of another household, without interest and without another part in the last case. Whoever evaluated
/// the case or made the last visit comes after everybody else.
/// </summary>
public sealed class VisitorDraw(Database database, IPeople people, DrawSeeds seeds, ITasks tasks)
{
    /// <summary>Puts somebody drawn on the visit; without anybody eligible the quality manager gets the task. False then.</summary>
    internal async Task<bool> Put(SurveillanceVisit visit, CancellationToken cancel)
    {
        var holders = await people.Holding(Role.Sampler, visit.Body, null, cancel);
        var candidates = (await database.List<Found>($"""
            select one.person, certification.fitness(v.body, v.scheme, 'sampler', v.village, one.person) as fitness,
                   case when one.person = any (certification.accounts(a.sampler) || certification.accounts(last.person)) then 10 else 0 end as rotation
              from certification.surveillance v
             cross join lateral certification.case_of(v) as a
             cross join unnest({holders.ToArray()}) as one (person)
              left join lateral (
                   select r.person from certification.surveillance o join certification.surveillance_visit r on r.surveillance = o.id
                    where o.household = v.household order by r.recorded_at desc limit 1) last on true
             where v.id = {visit.Id} and not certification.own_work(a, one.person, 'sampler') and not certification.conflicted(a, one.person)
             order by one.person
            """, cancel)).Where(one => one.Fitness is not null).Select(one => new DrawCandidate(one.Person, one.Person, one.Fitness!.Value + one.Rotation)).ToList();
        if (candidates.Count == 0)
        {
            await Unfilled(visit, cancel);
            return false;
        }

        var (day, daySeed) = await seeds.Today(database, cancel);
        var number = 1 + await database.Value<int>($"select coalesce(max(number), 0) from certification.surveillance_draw where surveillance = {visit.Id}", cancel);
        var seed = Draw.SeedOf(daySeed, visit.Id, number);
        var person = Draw.Assign(seed, new Dictionary<CasePart, IReadOnlyList<DrawCandidate>> { [CasePart.Sampler] = candidates })![CasePart.Sampler];
        var parts = Event.Text(new[] { new DrawnPart(CasePart.Sampler, person, candidates) });
        await database.Execute($"""
            insert into certification.surveillance_draw (surveillance, number, day, seed, parts) values ({visit.Id}, {number}, {day}, {seed}, {parts})
            """, cancel);

        // own-work, interests, qualification and the draw are the table's trigger.
        await database.Execute($"""
            with put as (update certification.surveillance set sampler = {person} where id = {visit.Id} returning id)
            select kernel.append(id, {nameof(VisitorDrawn)}, {Event.Text(new VisitorDrawn(visit.Id, person))}) from put
            """, cancel);
        await tasks.Close(visit.Id, SurveillanceTask.Assign, cancel);
        var open = (await tasks.Of(visit.Id, cancel)).Select(task => task.Kind).ToList();
        foreach (var kind in open.Where(kind => kind is SurveillanceTask.Visit or SurveillanceTask.Verify))
        {
            await tasks.HandOver(visit.Id, kind, person, cancel);
        }

        if (visit.State == SurveillanceState.Open && !open.Contains(SurveillanceTask.Visit))
        {
            // In no territory: whoever sees the tasks of a village must not see that somebody comes unannounced.
            await tasks.Open(new TaskToOpen(visit.Id, SurveillanceTask.Visit, person, Place.EndOf(visit.DueOn, visit.Country), Role.QualityManager,
                visit.Body, null), cancel);
        }

        return true;
    }

    private async Task Unfilled(SurveillanceVisit visit, CancellationToken cancel)
    {
        var managers = await people.Holding(Role.QualityManager, visit.Body, null, cancel);
        if (managers.Count > 0 && (await tasks.Of(visit.Id, cancel)).All(task => task.Kind != SurveillanceTask.Assign))
        {
            await tasks.Open(new TaskToOpen(visit.Id, SurveillanceTask.Assign, managers[0], await tasks.Deadline(visit.Country, 1, cancel),
                Role.QualityManager, visit.Body, null), cancel);
        }
    }

    private sealed record Found(PersonId Person, int? Fitness, int Rotation);
}
