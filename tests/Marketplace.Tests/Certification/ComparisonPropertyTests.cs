using CsCheck;
using Marketplace.Certification;

namespace Marketplace.Tests.Certification;

/// <summary>What holds of every comparison, whatever the numbers.</summary>
public sealed class ComparisonPropertyTests
{
    private static readonly Gen<decimal> Numbers = Gen.Int[0, 1_000_000].Select(number => number / 1000m);
    private static readonly Gen<DecisionRule> Decisions = Gen.OneOf(DecisionRule.Simple, DecisionRule.GuardBand);
    private static readonly Gen<ResultComparator> Comparators =
        Gen.OneOf(ResultComparator.Equal, ResultComparator.Below, ResultComparator.Above, ResultComparator.NotDetected, ResultComparator.Detected);

    private static readonly Gen<Measured> Results = Gen.Select(Comparators, Numbers.Nullable(), Numbers.Nullable(), (comparator, value, uncertainty) =>
        new Measured("lead", comparator, value, "mg/kg", uncertainty));

    private static readonly Gen<LimitRule> Limits = Gen.Select(Numbers, Numbers, Gen.OneOf(LimitKind.Max, LimitKind.Min, LimitKind.Range),
        (one, other, kind) => new LimitRule(1, null, null, "lead", kind, kind == LimitKind.Max ? null : Math.Min(one, other),
            kind == LimitKind.Min ? null : Math.Max(one, other), "mg/kg", null, "x"));

    [Fact]
    public void More_of_what_is_limited_never_makes_a_better_verdict() =>
        Gen.Select(Numbers, Numbers, Numbers, Numbers.Nullable(), Decisions).Sample((limit, value, more, uncertainty, decision) =>
        {
            var rule = new LimitRule(1, null, null, "lead", LimitKind.Max, null, limit, "mg/kg", null, "x");
            Assert.True(Rank(rule, value, uncertainty, decision) >= Rank(rule, value + more, uncertainty, decision));
        });

    [Fact]
    public void A_larger_uncertainty_never_makes_a_better_verdict() =>
        Gen.Select(Limits, Numbers, Numbers, Numbers, Decisions).Sample((rule, value, uncertainty, more, decision) =>
            Assert.True(Rank(rule, value, uncertainty, decision) >= Rank(rule, value, uncertainty + more, decision)));

    [Fact]
    public void A_guard_band_never_passes_what_simple_acceptance_does_not_and_fails_the_same() =>
        Gen.Select(Limits, Results).Sample((rule, result) =>
        {
            var (simple, banded) = (Verdict(rule, result, DecisionRule.Simple), Verdict(rule, result, DecisionRule.GuardBand));
            Assert.True(banded != ResultVerdict.Pass || simple == ResultVerdict.Pass);
            Assert.Equal(simple == ResultVerdict.Fail, banded == ResultVerdict.Fail);
            Assert.True(result.Uncertainty is not null || simple == banded);
        });

    [Fact]
    public void Within_a_guard_band_means_that_the_whole_interval_keeps_the_limit() =>
        Gen.Select(Limits, Numbers, Numbers).Sample((rule, value, uncertainty) => Assert.Equal(
            !(value + uncertainty > rule.Highest) && !(value - uncertainty < rule.Lowest),
            Verdict(rule, new Measured("lead", ResultComparator.Equal, value, "mg/kg", uncertainty), DecisionRule.GuardBand) == ResultVerdict.Pass));

    [Fact]
    public void The_unit_a_laboratory_writes_in_does_not_change_the_verdict() =>
        Gen.Select(Limits, Results, Decisions).Sample((rule, result, decision) => Assert.Equal(
            Verdict(rule, result, decision),
            Verdict(rule, result with { Unit = "ug/kg", Value = result.Value * 1000, Uncertainty = result.Uncertainty * 1000 }, decision)));

    [Fact]
    public void A_unit_that_is_not_listed_is_never_a_pass() =>
        Gen.Select(Limits, Results, Gen.OneOf("Bq/kg", "% mass", "mg/l", "MG/KG", ""), Decisions).Sample((rule, result, unit, decision) =>
            Assert.Equal(ResultVerdict.Incomplete, Verdict(rule, result with { Unit = unit }, decision)));

    [Fact]
    public void Something_missing_is_never_a_pass_and_something_broken_always_a_failure() =>
        Gen.Select(Limits, Results, Results, Decisions, Gen.Bool).Sample((rule, result, other, decision, present) =>
        {
            var limits = new Dictionary<string, LimitRule> { ["lead"] = rule, ["arsenic"] = rule with { Number = 2, Indicator = "arsenic" } };
            Measured[] results = present ? [result, other with { Indicator = "arsenic" }] : [result];
            var (whole, findings) = Comparison.Of(limits, ["lead", "arsenic"], results, decision);
            Assert.Equal(findings.Any(finding => finding.Verdict == ResultVerdict.Fail), whole == ResultVerdict.Fail);
            Assert.True(whole != ResultVerdict.Pass || (present && findings.All(finding => finding.Verdict == ResultVerdict.Pass)));
        });

    [Fact]
    public void Of_two_limits_in_one_family_of_units_the_stricter_holds() =>
        Gen.Select(Numbers, Numbers, Gen.Bool).Sample((one, other, turned) =>
        {
            LimitRule[] rules =
            [
                new(1, null, null, "lead", LimitKind.Max, null, one, "mg/kg", null, "x"),
                new(2, null, null, "lead", LimitKind.Max, null, other * 1000, "ug/kg", null, "x"),
            ];
            var chosen = Comparison.Applicable(turned ? rules.Reverse() : rules, "potato", new DateOnly(2026, 9, 1))["lead"];
            Assert.Equal(one <= other ? 1 : 2, chosen.Number);
        });

    [Theory]
    [InlineData(null, 1)]
    [InlineData(GrowingMethod.OpenField, 1)]
    [InlineData(GrowingMethod.Greenhouse, 2)]
    public void The_limit_of_a_greenhouse_holds_for_a_greenhouse_only(GrowingMethod? growing, int number)
    {
        LimitRule[] rules =
        [
            new(1, ["tomato"], null, "nitrates", LimitKind.Max, null, 150, "mg/kg", null, "x", GrowingMethod.OpenField),
            new(2, ["tomato"], null, "nitrates", LimitKind.Max, null, 100, "mg/kg", null, "x", GrowingMethod.Greenhouse),
            new(3, ["green_onion"], null, "nitrates", LimitKind.Max, null, 600, "mg/kg", null, "x", GrowingMethod.OpenField),
        ];
        Assert.Equal(number, Comparison.Applicable(rules, "tomato", new DateOnly(2026, 9, 1), growing)["nitrates"].Number);
        Assert.Equal(3, Comparison.Applicable(rules, "green_onion", new DateOnly(2026, 9, 1), growing)["nitrates"].Number);
    }

    private static int Rank(LimitRule rule, decimal value, decimal? uncertainty, DecisionRule decision) =>
        Verdict(rule, new Measured("lead", ResultComparator.Equal, value, "mg/kg", uncertainty), decision) switch
        {
            ResultVerdict.Pass => 2,
            ResultVerdict.Incomplete => 1,
            _ => 0,
        };

    private static ResultVerdict Verdict(LimitRule rule, Measured result, DecisionRule decision) =>
        Comparison.Of(new Dictionary<string, LimitRule> { ["lead"] = rule }, ["lead"], [result], decision).Verdict;
}
