using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Why the retained part is tested.</summary>
[DatabaseEnum("certification.retest_reason")]
public enum RetestReason
{
    /// <summary>An appeal against the decision.</summary>
    Appeal,

    /// <summary>A dispute about the results.</summary>
    Dispute,

    /// <summary>The first method is too coarse for the limit.</summary>
    TooCoarse,

    /// <summary>The first result is too near the limit.</summary>
    NearLimit,
}

/// <summary>A value as a laboratory reported it.</summary>
/// <param name="Comparator">How the value stands to the number.</param>
/// <param name="Value">The number.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Uncertainty">Expanded uncertainty, k = 2, in the unit.</param>
/// <param name="Method">The method.</param>
public sealed record ReportedValue(ResultComparator Comparator, decimal? Value, string Unit, decimal? Uncertainty, string Method);

/// <summary>An indicator tested twice.</summary>
/// <param name="Indicator">Code of the indicator.</param>
/// <param name="First">The first laboratory's value.</param>
/// <param name="Second">The re-test's value; absent before it is approved.</param>
/// <param name="Agree">
/// Whether the two differ by no more than both uncertainties allow (E_n ≤ 1, ISO 13528); absent unless both are plain values of one unit with an uncertainty.
/// </param>
public sealed record RetestedValue(string Indicator, ReportedValue First, ReportedValue? Second, bool? Agree)
{
    internal static RetestedValue Of(string indicator, ReportedValue first, ReportedValue? second) => new(indicator, first, second,
        first is { Comparator: ResultComparator.Equal, Value: { } one, Uncertainty: { } oneDoubt }
        && second is { Comparator: ResultComparator.Equal, Value: { } other, Uncertainty: { } otherDoubt } && first.Unit == second.Unit
            ? (one - other) * (one - other) <= (oneDoubt * oneDoubt) + (otherDoubt * otherDoubt)
            : null);
}

/// <summary>A re-test and what it says beside the first results.</summary>
/// <param name="Id">The re-test.</param>
/// <param name="Reason">Why.</param>
/// <param name="Note">In words.</param>
/// <param name="Laboratory">Who tests.</param>
/// <param name="Analyst">Who enters.</param>
/// <param name="Supervisor">Who approves.</param>
/// <param name="OrderedBy">Who ordered it.</param>
/// <param name="OrderedAt">When.</param>
/// <param name="Void">True when the retained part arrived under a broken seal: the first results stand.</param>
/// <param name="FirstVerdict">How the first results compare.</param>
/// <param name="Verdict">How the results compare with the re-tested ones in place; absent before the approval.</param>
/// <param name="Counts">True when this verdict is the one a decision rests on; false after a decision, for which it is evidence only.</param>
/// <param name="Values">Both results of every indicator ordered.</param>
public sealed record RetestDetails(
    RetestId Id, RetestReason Reason, string Note, OrganisationId Laboratory, PersonId Analyst, PersonId Supervisor, PersonId OrderedBy,
    DateTimeOffset OrderedAt, bool Void, ResultVerdict FirstVerdict, ResultVerdict? Verdict, bool Counts, IReadOnlyList<RetestedValue> Values);

/// <summary>GET /v1/applications/{id}/retests.</summary>
public static class ListRetests
{
    internal static void Map(RouteGroupBuilder applications) => applications.MapGet("/{id}/retests", Handle).WithName("listRetests").RequiresSignIn();

    /// <summary>List the re-tests of an application, both results side by side.</summary>
    /// <remarks>404 unless the application is of your household, organisation or case.</remarks>
    public static async Task<Results<Ok<IReadOnlyList<RetestDetails>>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, Database database, CancellationToken cancel) =>
        Answer.Ok(await CertificationApplication.FindVisible(id, database, cancel) is null
            ? Refusal.NotFound
            : Outcome<IReadOnlyList<RetestDetails>>.Of(await Retest.Read(id, database, cancel)));
}

/// <summary>A re-test as the laboratory's steps need it.</summary>
internal sealed record Retest(RetestId Id, CertificationApplicationId Application, SampleId Sample, OrganisationId Laboratory, PersonId Analyst, PersonId Supervisor)
{
    /// <summary>The re-test, if the actor's laboratory does it.</summary>
    public static Task<Retest?> FindInCare(RetestId id, Database database, CancellationToken cancel) => database.Find<Retest>($"""
        select id, application, sample, laboratory, analyst, supervisor from certification.retest where id = {id} and laboratory = {database.Actor.Organisation}
        """, cancel);

    /// <summary>What counts with the re-tested values in the place of the first ones.</summary>
    public async Task<List<Measured>> Merged(IReadOnlyList<Measured> second, Database database, CancellationToken cancel)
    {
        var first = await database.List<Measured>($"""
            select r.indicator, r.comparator, r.value, r.unit, r.uncertainty from certification.result r
              join certification.result_approval a on a.application = r.application and a.entry = r.entry
             where r.application = {Application}
            """, cancel);
        return [.. first.ExceptBy(second.Select(value => value.Indicator), value => value.Indicator), .. second];
    }

    public static async Task<List<RetestDetails>> Read(CertificationApplicationId application, Database database, CancellationToken cancel)
    {
        var rows = await database.List<Row>($"""
            select r.id, r.reason, r.note, r.laboratory, r.analyst, r.supervisor, r.person, r.recorded_at, certification.is_void(r.sample, 'retained') as void,
                   a.verdict as first_verdict, t.verdict, coalesce(c.retest = r.id, false) as counts
              from certification.retest r join certification.result_approval a on a.application = r.application
              left join certification.retest_approval t on t.retest = r.id
              left join certification.counting_result c on c.application = r.application
             where r.application = {application} order by r.recorded_at
            """, cancel);
        var values = await database.List<Pair>($"""
            select o.retest, l.indicator, f.comparator, f.value, f.unit, f.uncertainty, f.method, s.comparator as second_comparator, s.value as second_value,
                   s.unit as second_unit, s.uncertainty as second_uncertainty, s.method as second_method
              from certification.test_order o join certification.test_order_line l on l.test_order = o.id
              join certification.result_approval a on a.application = o.application
              join certification.result f on f.application = a.application and f.entry = a.entry and f.indicator = l.indicator
              left join certification.retest_approval t on t.retest = o.retest
              left join certification.result s on s.application = t.application and s.entry = t.entry and s.indicator = l.indicator
             where o.application = {application} and o.retest is not null order by l.indicator
            """, cancel);
        return [.. rows.Select(row => new RetestDetails(row.Id, row.Reason, row.Note, row.Laboratory, row.Analyst, row.Supervisor, row.Person, row.RecordedAt,
            row.Void, row.FirstVerdict, row.Verdict, row.Counts, [.. values.Where(value => value.Retest == row.Id).Select(value => RetestedValue.Of(value.Indicator,
                new ReportedValue(value.Comparator, value.Value, value.Unit, value.Uncertainty, value.Method),
                value.SecondComparator is { } comparator
                    ? new ReportedValue(comparator, value.SecondValue, value.SecondUnit!, value.SecondUncertainty, value.SecondMethod!)
                    : null))]))];
    }

    private sealed record Row(
        RetestId Id, RetestReason Reason, string Note, OrganisationId Laboratory, PersonId Analyst, PersonId Supervisor, PersonId Person,
        DateTimeOffset RecordedAt, bool Void, ResultVerdict FirstVerdict, ResultVerdict? Verdict, bool Counts);

    private sealed record Pair(
        RetestId Retest, string Indicator, ResultComparator Comparator, decimal? Value, string Unit, decimal? Uncertainty, string Method,
        ResultComparator? SecondComparator, decimal? SecondValue, string? SecondUnit, decimal? SecondUncertainty, string? SecondMethod);
}

internal sealed record RetestOrdered(CertificationApplicationId Application, RetestId Retest, RetestReason Reason, OrganisationId Laboratory, string Seed);

internal sealed record RetestEntered(CertificationApplicationId Application, RetestId Retest, int Entry);

internal sealed record RetestApproved(CertificationApplicationId Application, RetestId Retest, int Entry, ResultVerdict Verdict);
