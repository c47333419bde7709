using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>What a case is judged by: limits, required tests and decision rule in force when it was filed.</summary>
internal sealed record LimitsInForce(IReadOnlyDictionary<string, LimitRule> Rules, IReadOnlyList<string> Mandatory, DecisionRule Decision)
{
    public static async Task<LimitsInForce> For(CertificationApplication application, Database database, CancellationToken cancel)
    {
        var rules = await RulesOf(application.RuleGroup, application.SubmittedAt!.Value, database, cancel);
        var required = await Required(application, database, cancel);
        var decision = await DecisionOf(application.Scheme, application.SchemeVersion, database, cancel);
        return new LimitsInForce(Comparison.Applicable(rules, application.Product.Value, application.ReadyOn, application.Growing), required, decision);
    }

    /// <summary>What a batch declared now under a scope is judged by: the limits of today and the scheme's quick tests.</summary>
    public static async Task<LimitsInForce> ForBatch(Scope scope, DateOnly readyOn, Database database, CancellationToken cancel)
    {
        var rules = await RulesOf(scope.RuleGroup, scope.Now, database, cancel);
        var required = await database.List<string>($"""
            select indicator from certification.scheme_batch_test
             where code = {scope.Scheme} and version = {scope.SchemeVersion} and rule_group = {scope.RuleGroup} order by indicator
            """, cancel);
        var decision = await DecisionOf(scope.Scheme, scope.SchemeVersion, database, cancel);
        return new LimitsInForce(Comparison.Applicable(rules, scope.Product.Value, readyOn), required, decision);
    }

    public static Task<List<string>> Required(CertificationApplication application, Database database, CancellationToken cancel) =>
        database.List<string>($"""
            select indicator from certification.scheme_test
             where code = {application.Scheme} and version = {application.SchemeVersion} and rule_group = {application.RuleGroup} order by indicator
            """, cancel);

    /// <summary>How results stand to them.</summary>
    public ResultComparison Compare(IReadOnlyCollection<Measured> results)
    {
        var (verdict, findings) = Comparison.Of(Rules, Mandatory, results, Decision);
        return new ResultComparison(verdict, findings);
    }

    // The edition that came into force last counts, even where it has ended since: an older one does not come back. One that was recorded
    // after the case was filed does not reach back to it.
    private static Task<List<LimitRule>> RulesOf(string group, DateTimeOffset at, Database database, CancellationToken cancel) => database.List<LimitRule>($"""
        select number, products, months, indicator, kind, lowest, highest, unit, sample, regulation, growing
          from (select distinct on (number) * from certification.limit_rule
                 where active and rule_group = {group} and valid_from <= {at}::date and recorded_at <= {at}
                 order by number, valid_from desc, edition desc) as latest
         where valid_until is null or valid_until >= {at}::date
        """, cancel);

    private static Task<DecisionRule> DecisionOf(string scheme, int version, Database database, CancellationToken cancel) =>
        database.Value<DecisionRule>($"select decision_rule from certification.scheme where code = {scheme} and version = {version}", cancel);
}
