using System.Globalization;
using Marketplace.Certification;

namespace Marketplace.Tests.Certification;

public sealed class ComparisonTests
{
    private static readonly Dictionary<string, LimitRule> Limits = new LimitRule[]
    {
        new(1, null, null, "nitrates", LimitKind.Max, null, 250, "mg/kg", null, "x"),
        new(2, null, null, "snf", LimitKind.Min, 8.2m, null, "% mass", null, "x"),
        new(3, null, null, "acidity_turner", LimitKind.Range, 16, 21, "degT", null, "x"),
        new(4, null, null, "salmonella", LimitKind.NotDetectedIn, null, null, null, "25 g", "x"),
    }.ToDictionary(rule => rule.Indicator);

    [Theory]
    [InlineData("nitrates", ResultComparator.Equal, "250", "mg/kg", ResultVerdict.Pass, "within")]
    [InlineData("nitrates", ResultComparator.Equal, "250.001", "mg/kg", ResultVerdict.Fail, "exceeds")]
    [InlineData("nitrates", ResultComparator.Equal, "250000", "ug/kg", ResultVerdict.Pass, "within")]
    [InlineData("nitrates", ResultComparator.Equal, "0.25", "g/kg", ResultVerdict.Pass, "within")]
    [InlineData("nitrates", ResultComparator.Equal, "0.26", "g/kg", ResultVerdict.Fail, "exceeds")]
    [InlineData("nitrates", ResultComparator.Equal, "10", "Bq/kg", ResultVerdict.Incomplete, "wrong-unit")]
    [InlineData("nitrates", ResultComparator.Below, "250", "mg/kg", ResultVerdict.Pass, "within")]
    [InlineData("nitrates", ResultComparator.Below, "300", "mg/kg", ResultVerdict.Incomplete, "too-coarse")]
    [InlineData("nitrates", ResultComparator.Above, "250", "mg/kg", ResultVerdict.Fail, "exceeds")]
    [InlineData("nitrates", ResultComparator.Above, "100", "mg/kg", ResultVerdict.Incomplete, "too-coarse")]
    [InlineData("nitrates", ResultComparator.NotDetected, "0.5", "mg/kg", ResultVerdict.Pass, "within")]
    [InlineData("nitrates", ResultComparator.NotDetected, null, "mg/kg", ResultVerdict.Incomplete, "too-coarse")]
    [InlineData("snf", ResultComparator.Equal, "8.2", "% mass", ResultVerdict.Pass, "within")]
    [InlineData("snf", ResultComparator.Equal, "8.19", "% mass", ResultVerdict.Fail, "exceeds")]
    [InlineData("snf", ResultComparator.Below, "8.2", "% mass", ResultVerdict.Fail, "exceeds")]
    [InlineData("snf", ResultComparator.Above, "8.2", "% mass", ResultVerdict.Pass, "within")]
    [InlineData("acidity_turner", ResultComparator.Equal, "21", "degT", ResultVerdict.Pass, "within")]
    [InlineData("acidity_turner", ResultComparator.Equal, "15.9", "degT", ResultVerdict.Fail, "exceeds")]
    [InlineData("acidity_turner", ResultComparator.Below, "20", "degT", ResultVerdict.Incomplete, "too-coarse")]
    [InlineData("salmonella", ResultComparator.NotDetected, null, "25 g", ResultVerdict.Pass, "within")]
    [InlineData("salmonella", ResultComparator.NotDetected, null, "1 g", ResultVerdict.Incomplete, "wrong-unit")]
    [InlineData("salmonella", ResultComparator.Detected, null, "1 g", ResultVerdict.Fail, "exceeds")]
    [InlineData("salmonella", ResultComparator.Equal, "0", "25 g", ResultVerdict.Incomplete, "too-coarse")]
    public void One_result_against_its_limit(
        string indicator, ResultComparator comparator, string? value, string unit, ResultVerdict verdict, string reason)
    {
        var number = value is null ? (decimal?)null : decimal.Parse(value, CultureInfo.InvariantCulture);
        var (whole, findings) = Comparison.Of(Limits, [indicator], [new Measured(indicator, comparator, number, unit)]);
        Assert.Equal((verdict, reason, verdict), (whole, Assert.Single(findings).Reason, findings[0].Verdict));
    }

    [Fact]
    public void One_broken_limit_fails_the_whole_even_when_something_is_missing()
    {
        var (verdict, findings) = Comparison.Of(Limits, ["nitrates", "snf"], [new Measured("nitrates", ResultComparator.Equal, 251, "mg/kg")]);
        Assert.Equal(ResultVerdict.Fail, verdict);
        Assert.Contains(findings, finding => finding is { Indicator: "snf", Reason: "missing" });
    }

    [Fact]
    public void A_missing_required_indicator_is_incomplete_never_a_pass() =>
        Assert.Equal(ResultVerdict.Incomplete, Comparison.Of(Limits, ["nitrates", "snf"], [new Measured("snf", ResultComparator.Equal, 9, "% mass")]).Verdict);

    [Fact]
    public void A_case_with_no_limit_in_force_is_never_a_pass() =>
        Assert.Equal(ResultVerdict.Incomplete, Comparison.Of(new Dictionary<string, LimitRule>(), ["nitrates"], []).Verdict);

    [Fact]
    public void A_rule_of_the_product_goes_before_the_rule_of_its_group_and_only_in_its_months()
    {
        LimitRule[] rules =
        [
            new(1, null, null, "nitrates", LimitKind.Max, null, 1000, "mg/kg", null, "x"),
            new(2, ["cabbage"], [6, 7, 8], "nitrates", LimitKind.Max, null, 900, "mg/kg", null, "x"),
            new(3, ["cabbage"], [9, 10], "nitrates", LimitKind.Max, null, 500, "mg/kg", null, "x"),
        ];
        Assert.Equal(2, Comparison.Applicable(rules, "cabbage", new DateOnly(2026, 8, 31))["nitrates"].Number);
        Assert.Equal(3, Comparison.Applicable(rules, "cabbage", new DateOnly(2026, 9, 1))["nitrates"].Number);
        Assert.Equal(1, Comparison.Applicable(rules, "carrot", new DateOnly(2026, 9, 1))["nitrates"].Number);
    }

    [Fact]
    public void The_table_has_213_rules_and_uses_none_that_nobody_has_seen()
    {
        var lines = ReferenceData.LimitLines();
        Assert.Equal((213, 73), (lines.Count, lines.Count(line => line.Confidence == "C")));
        Assert.All(lines.Where(line => line.Kind is "max" or "min" or "range"), line => Assert.True(line.Lowest is not null || line.Highest is not null));

        // Groups whose required tests have no limit yet: nothing of them passes before somebody proposes and confirms one.
        var waiting = SchemeTemplates.All().SelectMany(scheme => scheme.Terms.Tests).Where(tests => !tests.Indicators.Any(indicator =>
            lines.Any(line => line.RuleGroup == tests.RuleGroup && line.Indicator == indicator && line.Confidence != "C" && line.Products is null)));
        Assert.Equal(["dried_fruit", "grain", "juice", "oil", "oilseed", "preserves"], waiting.Select(tests => tests.RuleGroup).Order(StringComparer.Ordinal));
    }
}
