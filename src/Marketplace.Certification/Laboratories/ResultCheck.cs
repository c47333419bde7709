using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>One thing wrong with one value of a sheet.</summary>
/// <param name="At">Its place in the sheet, from 0.</param>
/// <param name="Member">The member that is wrong, as on the wire.</param>
/// <param name="Code">The refusal's code.</param>
/// <param name="Sentence">The refusal's sentence.</param>
/// <param name="Suggestion">What would be right, when it is known.</param>
/// <param name="Status">400 for a value that can never be right, 409 for one the laboratory may not report now.</param>
internal sealed record ResultProblem(int At, string Member, string Code, string Sentence, string? Suggestion = null, int Status = 400)
{
    public Refusal Refusal => new(Code, Sentence, $"#/values/{At}/{Member}", Status);
}

/// <summary>The sample whose results are entered.</summary>
/// <param name="Id">The sample.</param>
/// <param name="Retest">The re-test, when the retained part is tested.</param>
/// <param name="Laboratory">Who tests.</param>
/// <param name="SampledOn">The day it was taken, where it was taken.</param>
/// <param name="Today">The day it is there now.</param>
/// <param name="Untestable">Code of the refusal when the part may not be tested now.</param>
internal sealed record SampleUnderTest(SampleId Id, RetestId? Retest, OrganisationId Laboratory, DateOnly SampledOn, DateOnly Today, string? Untestable)
{
    /// <summary>The last sample of a case.</summary>
    public static Task<SampleUnderTest> LastOf(CertificationApplication application, Database database, CancellationToken cancel) =>
        Of(Sql.Of($"certification.lasting_sample({application.Id})"), null, application.Laboratory!.Value, application, database, cancel);

    /// <summary>The retained part that a re-test is about.</summary>
    public static Task<SampleUnderTest> Of(Retest retest, CertificationApplication application, Database database, CancellationToken cancel) =>
        Of(Sql.Of($"{retest.Sample}"), retest.Id, retest.Laboratory, application, database, cancel);

    /// <summary>The refusal of results of a part that may not be tested now.</summary>
    public Refusal? Refusal => Untestable switch
    {
        null => null,
        "sample-void" => SampleVoid,
        _ => NotReceived,
    };

    private static async Task<SampleUnderTest> Of(
        Sql sample, RetestId? retest, OrganisationId laboratory, CertificationApplication application, Database database, CancellationToken cancel) =>
        (await database.Find<SampleUnderTest>($"""
            select id, {retest}::uuid as retest, {laboratory} as laboratory, certification.local_day(taken_at, {application.Village}) as sampled_on,
                   certification.local_day(kernel.now(), {application.Village}) as today, certification.untestable(id, {retest}) as untestable
              from certification.sample where id = {sample}
            """, cancel))!;

    public static readonly Refusal SampleVoid = new("sample-void", "The seal was broken; a new sample is needed.");
    public static readonly Refusal NotReceived = new("not-received", "The laboratory has not received this sample under an intact seal.");
}

/// <summary>Checks and writes what a laboratory measured, whichever way it comes in.</summary>
internal static class ResultCheck
{
    /// <summary>What is wrong with the values themselves, whoever measured them.</summary>
    public static List<ResultProblem> Shape(
        IReadOnlyList<ResultValue> values, IReadOnlyDictionary<string, LimitRule> limits, IReadOnlyCollection<string> known)
    {
        var problems = new List<ResultProblem>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (value, at) in values.Select((value, at) => (value, at)))
        {
            void Wrong(string member, string code, string sentence, string? suggestion = null) =>
                problems.Add(new ResultProblem(at, member, code, sentence, suggestion));

            if (!known.Contains(value.Indicator))
            {
                Wrong("indicator", "unknown-indicator", "There is no such indicator.");
                continue;
            }

            if (!seen.Add(value.Indicator))
            {
                Wrong("indicator", "repeated-indicator", "Each indicator stands once.");
            }

            if (value.Value is null && value.Comparator is not (ResultComparator.Detected or ResultComparator.NotDetected))
            {
                Wrong("value", "value-missing", "A measured value needs its number.");
            }

            if (value.Uncertainty is { } uncertainty && (value.Comparator != ResultComparator.Equal || !(uncertainty <= value.Value)))
            {
                Wrong("uncertainty", "absurd-uncertainty", "The uncertainty is larger than the value itself.");
            }

            if (limits.TryGetValue(value.Indicator, out var rule)
                && !Comparison.Comparable(rule, new Measured(value.Indicator, value.Comparator, value.Value, value.Unit)))
            {
                var unit = rule.Unit ?? rule.Sample ?? "pieces";
                Wrong("unit", "wrong-unit", $"The limit of {value.Indicator} is in {unit}.", unit);
            }
        }

        return problems;
    }

    /// <summary>Everything wrong with a sheet, value by value.</summary>
    public static async Task<List<ResultProblem>> Of(
        CertificationApplication application, SampleUnderTest sample, IReadOnlyList<ResultValue> values, IReadOnlyDictionary<string, LimitRule> limits,
        IReadOnlyCollection<string> known, Database database, CancellationToken cancel)
    {
        var problems = Shape(values, limits, known);
        foreach (var (value, at) in values.Select((value, at) => (value, at)))
        {
            if (value.AnalysedOn < sample.SampledOn)
            {
                problems.Add(new ResultProblem(at, "analysedOn", "analysed-before-sampled", "The analysis is older than the sample."));
            }

            if (value.AnalysedOn > sample.Today)
            {
                problems.Add(new ResultProblem(at, "analysedOn", "analysed-in-future", "An analysis cannot be later than today."));
            }
        }

        var wrong = problems.Select(problem => problem.At).ToHashSet();
        var outside = await database.List<Outside>($"""
            select (given.at - 1)::int as at, certification.outside_scope({sample.Laboratory}, {application.RuleGroup}, given.indicator, given.method,
                   given.unit, given.comparator, given.value, given.equipment, coalesce(given.analysed_on, {sample.Today})) as why
              from unnest({values.Select(value => value.Indicator).ToArray()}, {values.Select(value => value.Method).ToArray()},
                   {values.Select(value => value.Unit).ToArray()}, {values.Select(value => value.Comparator).ToArray()},
                   {values.Select(value => value.Value).ToArray()}, {values.Select(value => value.Equipment).ToArray()},
                   {values.Select(value => value.AnalysedOn).ToArray()})
                   with ordinality as given (indicator, method, unit, comparator, value, equipment, analysed_on, at)
            """, cancel);
        problems.AddRange(outside.Where(row => row.Why is not null && !wrong.Contains(row.At)).Select(row => OutsideScope(row.At, values[row.At], row.Why!)));
        return [.. problems.OrderBy(problem => problem.At)];
    }

    /// <summary>Writes an entry of results; the tables' triggers check once more, and fill in uncertainties from the scope.</summary>
    public static async Task<List<Measured>> Write(
        CertificationApplication application, SampleUnderTest sample, int entry, IReadOnlyList<ResultValue> values, string? fileHash, Database database,
        CancellationToken cancel)
    {
        await database.Execute($"""
            insert into certification.result_entry (application, number, sample, retest, file_hash)
            values ({application.Id}, {entry}, {sample.Id}, {sample.Retest}, {fileHash})
            """, cancel);
        return await database.List<Measured>($"""
            insert into certification.result (application, entry, indicator, comparator, value, unit, method, equipment, uncertainty, analysed_on)
            select {application.Id}, {entry}, * from unnest({values.Select(value => value.Indicator).ToArray()},
                {values.Select(value => value.Comparator).ToArray()}, {values.Select(value => value.Value).ToArray()},
                {values.Select(value => value.Unit).ToArray()}, {values.Select(value => value.Method).ToArray()},
                {values.Select(value => value.Equipment).ToArray()}, {values.Select(value => value.Uncertainty).ToArray()},
                {values.Select(value => value.AnalysedOn).ToArray()})
            returning indicator, comparator, value, unit, uncertainty
            """, cancel);
    }

    private static ResultProblem OutsideScope(int at, ResultValue value, string why)
    {
        var (member, sentence) = why switch
        {
            "laboratory" => ("method", "The laboratory has no confirmed scope of accreditation."),
            "indicator" => ("indicator", $"The laboratory's scope does not hold {value.Indicator}."),
            "accreditation" => ("method", $"The laboratory is not accredited for {value.Indicator}."),
            "group" => ("indicator", $"The scope holds {value.Indicator} in other goods only."),
            "method" => ("method", $"The scope holds {value.Indicator} by another method."),
            "unit" => ("unit", $"The scope holds {value.Indicator} in another unit."),
            "date" => ("analysedOn", $"The scope did not hold {value.Indicator} on that day."),
            "value" => ("value", $"The value of {value.Indicator} is outside the method's range."),
            _ => ("equipment", $"The equipment of {value.Indicator} is unknown or was not calibrated on that day."),
        };
        return new ResultProblem(at, member, "outside-scope", sentence, Status: 409);
    }

    private sealed record Outside(int At, string? Why);
}
