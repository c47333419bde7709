using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>How a measured value stands to the number given.</summary>
[DatabaseEnum("certification.result_comparator")]
public enum ResultComparator
{
    /// <summary>The value itself.</summary>
    Equal,

    /// <summary>Below the value, the method's limit of quantification: <c>&lt; 0.01</c>.</summary>
    Below,

    /// <summary>Above the value, the method's upper end.</summary>
    Above,

    /// <summary>Not found in the sample examined; the value, when given, is the limit of detection.</summary>
    NotDetected,

    /// <summary>Found in the sample examined.</summary>
    Detected,
}

/// <summary>What the comparison of results with the limits says.</summary>
[DatabaseEnum("certification.verdict")]
public enum ResultVerdict
{
    /// <summary>Every required indicator was measured and nothing exceeds a limit.</summary>
    Pass,

    /// <summary>At least one limit is broken.</summary>
    Fail,

    /// <summary>Nothing is broken, but a required indicator is missing or cannot be judged.</summary>
    Incomplete,
}

/// <summary>Kind of a limit.</summary>
[DatabaseEnum("certification.limit_kind")]
public enum LimitKind
{
    /// <summary>At most so much.</summary>
    Max,

    /// <summary>At least so much.</summary>
    Min,

    /// <summary>Not less and not more.</summary>
    Range,

    /// <summary>Not found in a sample of the named size.</summary>
    NotDetectedIn,

    /// <summary>Not found at all.</summary>
    NotAllowed,
}

/// <summary>How goods were grown.</summary>
[DatabaseEnum("certification.growing_method")]
public enum GrowingMethod
{
    /// <summary>On open ground.</summary>
    OpenField,

    /// <summary>Under glass or film.</summary>
    Greenhouse,
}

/// <summary>One limit in force.</summary>
internal sealed record LimitRule(
    int Number, string[]? Products, int[]? Months, string Indicator, LimitKind Kind, decimal? Lowest, decimal? Highest, string? Unit, string? Sample,
    string Regulation, GrowingMethod? Growing = null);

/// <summary>One measured result.</summary>
/// <param name="Uncertainty">Expanded uncertainty (k = 2) in the result's unit, when the laboratory states it.</param>
internal sealed record Measured(string Indicator, ResultComparator Comparator, decimal? Value, string Unit, decimal? Uncertainty = null);

/// <summary>How one indicator stands to its limit.</summary>
/// <param name="Indicator">Code of the indicator.</param>
/// <param name="Verdict">Its own verdict.</param>
/// <param name="Reason"><c>within</c>, <c>exceeds</c>, <c>missing</c>, <c>wrong-unit</c>, <c>too-coarse</c>, <c>in-guard-band</c>, <c>no-limit</c>.</param>
/// <param name="Rule">Number of the limit it was held against; absent when there is none.</param>
/// <param name="Regulation">The regulation the limit comes from.</param>
public sealed record ResultFinding(string Indicator, ResultVerdict Verdict, string Reason, int? Rule, string? Regulation);

/// <summary>Holds measured results against the limits in force when the case was filed.</summary>
internal static class Comparison
{
    /// <summary>Units a laboratory may use for a limit's unit, and the factor to it. Anything else is not compared.</summary>
    private static readonly Dictionary<(string Given, string Limit), decimal> Conversions = new()
    {
        [("ug/kg", "mg/kg")] = 0.001m, [("g/kg", "mg/kg")] = 1000m, [("kBq/kg", "Bq/kg")] = 1000m, [("g/100g", "% mass")] = 1m,
        [("CFU/ml", "CFU/cm3")] = 1m, [("cells/ml", "cells/cm3")] = 1m,
    };

    /// <summary>
    /// The limits that speak of a product: its own go before its group's, and only those of the month the goods are ready. The limits of
    /// greenhouses hold for what was declared to come from one; those of open ground hold for everything else, and where a greenhouse has none.
    /// Of two that speak of the same in one family of units, the stricter holds.
    /// </summary>
    public static IReadOnlyDictionary<string, LimitRule> Applicable(
        IEnumerable<LimitRule> rules, string product, DateOnly readyOn, GrowingMethod? growing = null) => rules
        .Where(rule => (rule.Products is null || rule.Products.Contains(product)) && (rule.Months is null || rule.Months.Contains(readyOn.Month))
            && (rule.Growing != GrowingMethod.Greenhouse || growing == GrowingMethod.Greenhouse))
        .GroupBy(rule => rule.Indicator)
        .ToDictionary(group => group.Key, group => group.OrderBy(rule => rule.Products is null)
            .ThenBy(rule => growing == GrowingMethod.Greenhouse && rule.Growing != growing)
            .ThenBy(rule => rule.Highest * ToFamily(rule)).ThenByDescending(rule => rule.Lowest * ToFamily(rule)).ThenBy(rule => rule.Number).First(),
            StringComparer.Ordinal);

    /// <summary>The factor from a limit's unit to the one its family of units is converted to.</summary>
    private static decimal ToFamily(LimitRule rule) => Conversions.FirstOrDefault(one => one.Key.Given == rule.Unit, new(default, 1)).Value;

    /// <summary>One broken limit fails the whole; a required indicator that is missing or cannot be judged leaves it incomplete, never passed.</summary>
    public static (ResultVerdict Verdict, IReadOnlyList<ResultFinding> Findings) Of(
        IReadOnlyDictionary<string, LimitRule> limits, IReadOnlyCollection<string> required, IReadOnlyCollection<Measured> results,
        DecisionRule decision = DecisionRule.Simple)
    {
        var measured = results.ToDictionary(result => result.Indicator, StringComparer.Ordinal);
        var findings = new List<ResultFinding>();
        foreach (var result in results.OrderBy(result => result.Indicator, StringComparer.Ordinal))
        {
            findings.Add(limits.TryGetValue(result.Indicator, out var rule)
                ? Judge(rule, result, decision)
                : new ResultFinding(result.Indicator, ResultVerdict.Pass, "no-limit", null, null));
        }

        // A required indicator without a limit in force asks for nothing; a scheme none of whose tests has a limit proves nothing.
        var binding = required.Where(limits.ContainsKey).ToList();
        findings.AddRange(binding.Where(indicator => !measured.ContainsKey(indicator)).Order(StringComparer.Ordinal).Select(indicator =>
            new ResultFinding(indicator, ResultVerdict.Incomplete, "missing", limits[indicator].Number, limits[indicator].Regulation)));
        var verdict = findings.Any(finding => finding.Verdict == ResultVerdict.Fail) ? ResultVerdict.Fail
            : binding.Count == 0 || findings.Any(finding => finding.Verdict == ResultVerdict.Incomplete) ? ResultVerdict.Incomplete
            : ResultVerdict.Pass;
        return (verdict, findings);
    }

    /// <summary>Whether a result speaks of the same thing as the limit: its unit, or one with a listed conversion, or the same sample.</summary>
    public static bool Comparable(LimitRule rule, Measured result) => rule.Kind is LimitKind.NotDetectedIn or LimitKind.NotAllowed
        ? result.Comparator == ResultComparator.Detected || rule.Sample is null || rule.Sample == result.Unit
        : rule.Unit == result.Unit || (rule.Unit is not null && Conversions.ContainsKey((result.Unit, rule.Unit)));

    private static ResultFinding Judge(LimitRule rule, Measured result, DecisionRule decision)
    {
        var (verdict, reason) = rule.Kind switch
        {
            LimitKind.NotDetectedIn or LimitKind.NotAllowed => Presence(rule, result),
            _ => Amount(rule, result, decision),
        };
        return new ResultFinding(result.Indicator, verdict, reason, rule.Number, rule.Regulation);
    }

    private static (ResultVerdict, string) Presence(LimitRule rule, Measured result) => result.Comparator switch
    {
        ResultComparator.Detected => (ResultVerdict.Fail, "exceeds"),
        ResultComparator.NotDetected when rule.Sample is null || rule.Sample == result.Unit => (ResultVerdict.Pass, "within"),
        ResultComparator.NotDetected => (ResultVerdict.Incomplete, "wrong-unit"),
        _ => (ResultVerdict.Incomplete, "too-coarse"),
    };

    /// <summary>
    /// ILAC-G8:09/2019 with a guard band on the side of acceptance, w = U: a value that keeps the limit by less than its uncertainty is neither
    /// passed nor failed but measured again. Beyond the limit itself it fails under either rule, so that a band never helps.
    /// </summary>
    private static (ResultVerdict, string) Amount(LimitRule rule, Measured result, DecisionRule decision)
    {
        if (!Comparable(rule, result))
        {
            return (ResultVerdict.Incomplete, "wrong-unit");
        }

        if (result.Value is not { } given)
        {
            return (ResultVerdict.Incomplete, "too-coarse");
        }

        var factor = rule.Unit == result.Unit ? 1 : Conversions[(result.Unit, rule.Unit!)];
        var value = given * factor;
        // Bounds of where the true value lies, the open side unknown.
        var (from, to) = result.Comparator switch
        {
            ResultComparator.Equal => (value, (decimal?)value),
            ResultComparator.Below or ResultComparator.NotDetected => (0m, value),
            _ => (value, null),
        };
        var open = result.Comparator is ResultComparator.Below;
        if ((rule.Highest is { } highest && (from > highest || (result.Comparator == ResultComparator.Above && from >= highest)))
            || (rule.Lowest is { } lowest && (to < lowest || (open && to <= lowest))))
        {
            return (ResultVerdict.Fail, "exceeds");
        }

        var band = decision == DecisionRule.GuardBand ? (result.Uncertainty ?? 0) * factor : 0;
        return !Keeps(0) ? (ResultVerdict.Incomplete, "too-coarse")
            : Keeps(band) ? (ResultVerdict.Pass, "within")
            : (ResultVerdict.Incomplete, "in-guard-band");

        bool Keeps(decimal distance) => (rule.Highest is null || to + distance <= rule.Highest) && (rule.Lowest is null || from - distance >= rule.Lowest);
    }
}
