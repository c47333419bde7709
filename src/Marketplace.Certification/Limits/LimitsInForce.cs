using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>What a case is judged by: limits, required tests and decision rule in force when it was filed.</summary>
internal sealed record LimitsInForce(IReadOnlyDictionary<string, LimitRule> Rules, IReadOnlyList<string> Mandatory, DecisionRule Decision)
{
    public static async Task<LimitsInForce> For(CertificationApplication application, Database database, CancellationToken cancel)
    {
        // The edition that came into force last counts, even where it has ended since: an older one does not come back. One that was recorded
        // after the case was filed does not reach back to it.
        var rules = await database.List<LimitRule>($"""
            select number, products, months, indicator, kind, lowest, highest, unit, sample, regulation, growing
              from (select distinct on (number) * from certification.limit_rule
                     where active and rule_group = {application.RuleGroup} and valid_from <= {application.SubmittedAt}::date
                       and recorded_at <= {application.SubmittedAt}
                     order by number, valid_from desc, edition desc) as latest
             where valid_until is null or valid_until >= {application.SubmittedAt}::date
            """, cancel);
        var required = await Required(application, database, cancel);
        var decision = await database.Value<DecisionRule>($"""
            select decision_rule from certification.scheme where code = {application.Scheme} and version = {application.SchemeVersion}
            """, cancel);
        return new LimitsInForce(Comparison.Applicable(rules, application.Product.Value, application.ReadyOn, application.Growing), required, decision);
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
}
