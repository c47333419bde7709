using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>How long a step takes in a certification body. Figures of fewer than five cases, and those that would give such figures away, are absent.</summary>
/// <param name="Step">Kind of the task, for example <c>take-sample</c>.</param>
/// <param name="Body">The certification body.</param>
/// <param name="Cases">Cases that passed the step in the period, to the nearest five.</param>
/// <param name="MedianDays">Median of the working time, in working days of 24 hours: Saturdays, Sundays and holidays of the country do not count.</param>
/// <param name="P90Days">90th percentile of it.</param>
/// <param name="PausedDays">Mean of the paused working time, which the two above leave out.</param>
/// <param name="WithinDeadlinePercent">Share of these cases whose step was done by its deadline, 0 to 100, to the nearest five.</param>
public sealed record StepTimes(
    string Step, OrganisationId Body, long? Cases, decimal? MedianDays, decimal? P90Days, decimal? PausedDays, decimal? WithinDeadlinePercent);

/// <summary>What cases go through in a certification body. Figures of fewer than five cases, and those that would give such figures away, are absent.</summary>
/// <param name="Body">The certification body.</param>
/// <param name="Cases">Cases decided in the period, to the nearest five.</param>
/// <param name="MedianDays">Median of the working time from submission to decision, in working days of 24 hours.</param>
/// <param name="P90Days">90th percentile of it.</param>
/// <param name="ReturnsPerCase">How often a case was returned as incomplete, on average.</param>
/// <param name="TouchesPerCase">Acts by people in a case, from the draft to the decision, on average.</param>
public sealed record CaseTimes(
    OrganisationId Body, long? Cases, decimal? MedianDays, decimal? P90Days, decimal? ReturnsPerCase, decimal? TouchesPerCase);

/// <summary>Decision times of a period.</summary>
/// <param name="From">First month.</param>
/// <param name="To">Last month.</param>
/// <param name="Steps">By step and body.</param>
/// <param name="Decisions">By body, over the whole case.</param>
public sealed record DecisionTimes(string From, string To, IReadOnlyList<StepTimes> Steps, IReadOnlyList<CaseTimes> Decisions);

/// <summary>GET /v1/statistics/decision-times.</summary>
public static class SeeDecisionTimes
{
    private const int FewCases = 5;
    private const int MostMonths = 60;

    /// <summary>How long before the period a case may have begun and still be counted.</summary>
    private const int LongestCaseYears = 3;

    internal static void Map(RouteGroupBuilder statistics) => statistics.MapGet("/decision-times", Handle).WithName("seeDecisionTimes").Anyone();

    /// <summary>See how long certification bodies take, step by step.</summary>
    /// <remarks>Whole months (UTC) only, nothing of fewer than five cases, and of a territory beside such a one only what does not follow from the whole
    /// by subtraction; counts are rounded, so that two periods do not tell the month between them. 400 `bad-months` for more than sixty months
    /// or a last month before the first.</remarks>
    /// <param name="from">First month, `2026-11`; the last one's by default.</param>
    /// <param name="to">Last month, `2026-11`; the current one by default.</param>
    /// <param name="body">One certification body only.</param>
    /// <param name="territory">Cases of everything below this territory only.</param>
    public static async Task<Results<Ok<DecisionTimes>, ProblemHttpResult>> Handle(
        Database database, TimeProvider clock, CancellationToken cancel, [RegularExpression("^20[0-9]{2}-(0[1-9]|1[0-2])$")] string? from = null,
        [RegularExpression("^20[0-9]{2}-(0[1-9]|1[0-2])$")] string? to = null, OrganisationId? body = null, TerritoryCode? territory = null)
    {
        var last = Month(to) ?? new DateOnly(clock.GetUtcNow().Year, clock.GetUtcNow().Month, 1);
        var first = Month(from) ?? last;
        if (first > last || first.AddMonths(MostMonths) <= last)
        {
            return Problems.From(Refusal.Invalid("#/query/from", "bad-months", "Ask for one to sixty months, the first one first."));
        }

        return TypedResults.Ok(new DecisionTimes(Text(first), Text(last), await Steps(first, last, body, territory, database, cancel),
            await Cases(first, last, body, territory, database, cancel)));
    }

    /// <summary>
    /// Working days up to each day of the calendar are summed once per country; a span is then the difference of two points, whatever its length,
    /// so a year of cases costs two joins and no arithmetic per row in code. A case handed over within a step counts once, with all its time.
    /// </summary>
    private static async Task<List<StepTimes>> Steps(
        DateOnly first, DateOnly last, OrganisationId? body, TerritoryCode? territory, Database database, CancellationToken cancel) =>
        await database.List<StepTimes>($"""
            {Calendar(first, last)},
            span as (
                select t.subject, t.kind, t.organisation as body, t.country, t.deadline, t.opened_at as began, t.closed_at as ended, t.territory_path as path
                  from work.public_task t join certification.application a on a.id = t.subject
                 where t.closed_at >= {first}::timestamp at time zone 'utc' and t.closed_at < ({last}::timestamp + interval '1 month') at time zone 'utc'
                   and t.organisation is not null and ({body}::uuid is null or t.organisation = {body})),
            {Untold(territory)},
            timed as (
                select s.subject, s.kind, s.body, sum({Worked}) as days, sum({Paused}) as paused, bool_and(s.ended <= s.deadline) as in_time
                  from span s join calendar b on {FirstDay}
                       join calendar e on {LastDay}
                 where {Inside(territory)}
                 group by s.subject, s.kind, s.body)
            select kind as step, body, case when {Told} then {Rounded} end as cases,
                   case when {Told} then round(percentile_cont(0.5) within group (order by days - paused)::numeric, 2) end as median_days,
                   case when {Told} then round(percentile_cont(0.9) within group (order by days - paused)::numeric, 2) end as p90_days,
                   case when {Told} then round(avg(paused)::numeric, 1) end as paused_days,
                   case when {Told} then round(20.0 * count(*) filter (where in_time) / count(*)) * 5 end as within_deadline_percent
              from timed group by kind, body order by kind, body
            """, cancel);

    private static async Task<List<CaseTimes>> Cases(
        DateOnly first, DateOnly last, OrganisationId? body, TerritoryCode? territory, Database database, CancellationToken cancel) =>
        await database.List<CaseTimes>($"""
            {Calendar(first, last)},
            span as (
                select a.id as subject, 'decision' as kind, a.body, upper(left(a.village, 2)) as country, a.submitted_at as began, d.recorded_at as ended,
                       t.path
                  from certification.decision d join certification.application a on a.id = d.application
                  left join registry.public_territory t on t.code = a.village
                 where d.recorded_at >= {first}::timestamp at time zone 'utc' and d.recorded_at < ({last}::timestamp + interval '1 month') at time zone 'utc'
                   and ({body}::uuid is null or a.body = {body})),
            {Untold(territory)},
            timed as (
                select s.subject, s.kind, s.body, {Worked} as days, {Paused} as paused,
                       (select count(*) from certification.completeness c where c.application = s.subject and not c.complete) as returns,
                       (select count(*) from kernel.event v where v.stream = s.subject and v.actor is not null and v.recorded_at <= s.ended) as touches
                  from span s join calendar b on {FirstDay}
                       join calendar e on {LastDay}
                 where {Inside(territory)})
            select body, case when {Told} then {Rounded} end as cases,
                   case when {Told} then round(percentile_cont(0.5) within group (order by days - paused)::numeric, 2) end as median_days,
                   case when {Told} then round(percentile_cont(0.9) within group (order by days - paused)::numeric, 2) end as p90_days,
                   case when {Told} then round(avg(returns), 1) end as returns_per_case,
                   case when {Told} then round(avg(touches), 1) end as touches_per_case
              from timed group by kind, body order by body
            """, cancel);

    private static Sql Inside(TerritoryCode? territory) => Sql.Of($"({territory}::text is null or {territory} = any (s.path))");

    /// <summary>
    /// Places among the asked one, what it lies in and their neighbours that are not told: those of few cases and, fewest first, as many others as it
    /// takes that the whole minus the told ones says nothing: at least two, of at least so many cases together. Below an untold place nothing is told.
    /// </summary>
    private static Sql Untold(TerritoryCode? territory) => Sql.Of($"""
        asked as (select path from registry.public_territory where code = {territory}),
        part as (
            select s.kind, s.body, s.path[i - 1] as whole, s.path[i] as place, count(distinct s.subject) as cases
              from asked cross join span s cross join lateral generate_subscripts(s.path, 1) as i
             where s.path[i - 1] = any (asked.path[:cardinality(asked.path) - 1])
             group by s.kind, s.body, s.path[i - 1], s.path[i]),
        untold as (
            select kind, body, place
              from (select *, min(cases) over part_of as fewest, row_number() over ranked - 1 as before, sum(cases) over ranked - cases as together
                      from part window part_of as (partition by kind, body, whole), ranked as (part_of order by cases, place)) as one
             where fewest < {FewCases} and (cases < {FewCases} or before < 2 or together < {FewCases}))
        """);

    private static readonly Sql Told = Sql.Of($"""
        count(*) >= {FewCases} and not exists (select from untold u, asked where u.kind = timed.kind and u.body = timed.body and u.place = any (asked.path))
        """);

    private static readonly Sql Rounded = Sql.Of($"(round(count(*) / {(decimal)FewCases}) * {FewCases})::bigint");

    private static readonly Sql FirstDay = Sql.Of($"b.country = s.country and b.day = ((s.began at time zone 'utc') + b.shift)::date");

    private static readonly Sql LastDay = Sql.Of($"e.country = s.country and e.day = ((s.ended at time zone 'utc') + e.shift)::date");

    private static readonly Sql Worked = Sql.Of($"""
        (e.before + e.works * extract(epoch from ((s.ended at time zone 'utc') + e.shift)::time) / 86400
         - b.before - b.works * extract(epoch from ((s.began at time zone 'utc') + b.shift)::time) / 86400)
        """);

    /// <summary>Working time of the case's pauses inside the span.</summary>
    private static readonly Sql Paused = Sql.Of($"""
        (select coalesce(sum(l.before + l.works * extract(epoch from ((p.until at time zone 'utc') + l.shift)::time) / 86400
                             - f.before - f.works * extract(epoch from ((p.since at time zone 'utc') + f.shift)::time) / 86400), 0)
           from (select greatest(started_at, s.began) as since, least(coalesce(ended_at, s.ended), s.ended) as until
                   from certification.pause where application = s.subject) as p
                join calendar f on f.country = s.country and f.day = ((p.since at time zone 'utc') + f.shift)::date
                join calendar l on l.country = s.country and l.day = ((p.until at time zone 'utc') + l.shift)::date
          where p.since < p.until)
        """);

    /// <summary>Each country's days with the working days before them; local days, since Kazakhstan keeps UTC+5 and Kyrgyzstan UTC+6.</summary>
    private static Sql Calendar(DateOnly first, DateOnly last) => Sql.Of($"""
        with day as (
            select c.country, c.shift, d::date as day,
                   (extract(isodow from d) < 6 and not exists (select from work.public_holiday h where h.country = c.country and h.day = d::date))::int as works
              from (values ('KZ', interval '5 hours'), ('KG', interval '6 hours')) as c (country, shift)
             cross join generate_series({first.AddYears(-LongestCaseYears)}::timestamp, {last.AddMonths(2)}::timestamp, interval '1 day') as d),
        calendar as (
            select country, shift, day, works, sum(works) over (partition by country order by day) - works as before from day)
        """);

    private static DateOnly? Month(string? text) =>
        string.IsNullOrEmpty(text) ? null : DateOnly.ParseExact(text + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Text(DateOnly month) => month.ToString("yyyy-MM", CultureInfo.InvariantCulture);
}
