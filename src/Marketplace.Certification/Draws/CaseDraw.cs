using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>Why people were drawn.</summary>
[DatabaseEnum("certification.draw_cause")]
public enum DrawCause
{
    /// <summary>The intake officer of a submitted application.</summary>
    Submission,

    /// <summary>The people of an accepted application.</summary>
    Acceptance,

    /// <summary>The quality manager had a part drawn again.</summary>
    Reassignment,

    /// <summary>The quality manager named the person: the only candidate.</summary>
    Named,

    /// <summary>The one before no longer holds the role.</summary>
    HandOver,

    /// <summary>The one before has an interest in the case.</summary>
    Interest,

    /// <summary>The people of a re-test.</summary>
    Retest,

    /// <summary>The visitor of a surveillance visit; of no case, and so in no case's list.</summary>
    Surveillance,
}

/// <summary>Draws people for a case and keeps the draw: who is eligible is asked, chance decides, everything is recorded.</summary>
public sealed class CaseDraw(Database database, IPeople people, DrawSeeds seeds)
{
    /// <summary>People drawn, and the seed they were drawn with.</summary>
    internal sealed record Result(string Seed, IReadOnlyDictionary<CasePart, PersonId> People);

    /// <summary>One person for each part at its place; null, and nothing recorded, when there are too few eligible people.</summary>
    /// <param name="places">The organisation each part is taken in.</param>
    /// <param name="only">The one person to be considered, when the quality manager names one.</param>
    /// <param name="without">People not to be drawn, by any account of theirs.</param>
    internal async Task<Result?> For(
        CertificationApplication application, DrawCause cause, IReadOnlyDictionary<CasePart, OrganisationId> places, CancellationToken cancel,
        PersonId? only = null, params PersonId[] without)
    {
        var eligible = await Eligible(application, places, without, cancel);
        var candidates = places.Keys.ToDictionary(part => part, part => (IReadOnlyList<DrawCandidate>)[.. eligible
            .Where(one => one.Part == part && (only is null || one.Person == only)).Select(one => one.Candidate)]);
        if (candidates.Values.Any(some => some.Count == 0))
        {
            return null;
        }

        var (day, daySeed) = await seeds.Today(database, cancel);
        var number = 1 + await database.Value<int>($"select coalesce(max(number), 0) from certification.draw where application = {application.Id}", cancel);
        var seed = Draw.SeedOf(daySeed, application.Id, number);
        if (Draw.Assign(seed, candidates) is not { } drawn)
        {
            return null;
        }

        var parts = drawn.OrderBy(pair => pair.Key).Select(pair => new DrawnPart(pair.Key, pair.Value, candidates[pair.Key])).ToList();
        await database.Execute($"""
            insert into certification.draw (application, number, day, seed, cause, parts)
            values ({application.Id}, {number}, {day}, {seed}, {cause}, {Event.Text(parts)})
            """, cancel);
        return new Result(seed, drawn);
    }

    /// <summary>
    /// Holders of each part's role who are not in the case, have no interest in it and are qualified. Whoever had the part in the household's
    /// last cases too often in a row comes after everybody else.
    /// </summary>
    private async Task<IReadOnlyList<Row>> Eligible(
        CertificationApplication application, IReadOnlyDictionary<CasePart, OrganisationId> places, PersonId[] without, CancellationToken cancel)
    {
        var holders = new List<(CasePart Part, OrganisationId Place, PersonId Person)>();
        foreach (var (part, place) in places)
        {
            holders.AddRange((await people.Holding(part.Role(), place, null, cancel)).Select(person => (part, place, person)));
        }

        var rows = await database.List<Found>($"""
            select one.part, one.person, h.human,
                   certification.fitness(one.place, a.scheme, one.part, a.village, one.person) as fitness,
                   case when last.cases = rule.most_in_a_row and last.others = 0 then 10 else 0 end as rotation
              from certification.application a
             cross join unnest({holders.Select(one => one.Part).ToArray()}, {holders.Select(one => one.Place).ToArray()},
                               {holders.Select(one => one.Person).ToArray()}) as one (part, place, person)
             cross join lateral (select most_in_a_row from certification.draw_rule where in_force_from <= kernel.now() order by in_force_from desc limit 1) rule
              left join identity.public_human h on h.person = one.person
             cross join lateral (
                   select count(*) as cases, count(*) filter (where had.person <> all (certification.accounts(one.person))) as others
                     from (select (to_jsonb(earlier) ->> one.part::text)::uuid as person from certification.application earlier
                            where earlier.household = a.household and earlier.id <> a.id and (to_jsonb(earlier) ->> one.part::text) is not null
                            order by earlier.submitted_at desc, earlier.id desc limit rule.most_in_a_row) as had) last
             where a.id = {application.Id} and not certification.own_work(a, one.person, one.part) and not certification.conflicted(a, one.person)
               and not exists (select from unnest({without}) as left_out where one.person = any (certification.accounts(left_out)))
             order by one.part, one.person
            """, cancel);
        var humans = rows.Where(row => row.Human is not null).GroupBy(row => Convert.ToHexString(row.Human!))
            .ToDictionary(same => same.Key, same => same.Min(row => row.Person.Value));
        return [.. rows.Where(row => row.Fitness is not null).Select(row => new Row(row.Part, row.Person, new DrawCandidate(
            row.Person, row.Human is null ? row.Person : PersonId.From(humans[Convert.ToHexString(row.Human)]), row.Fitness!.Value + row.Rotation)))];
    }

    private sealed record Row(CasePart Part, PersonId Person, DrawCandidate Candidate);

    private sealed record Found(CasePart Part, PersonId Person, byte[]? Human, int? Fitness, int Rotation);
}
