using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>What is wrong with a step of a scheme, the gravest first.</summary>
public enum BasisProblem
{
    /// <summary>No act is named: nobody may be obliged to the step.</summary>
    NoBasis,

    /// <summary>A mandatory indicator without a limit in force: its limit, or the one for some of the products, has ended, and nothing is asked of it.</summary>
    LimitEnded,

    /// <summary>The act named is not in force today.</summary>
    NotInForce,

    /// <summary>The act is named from memory; nobody has checked it.</summary>
    NotVerified,
}

/// <summary>A step whose legal basis is missing, over or not verified, or that lacks a limit.</summary>
/// <param name="Code">The scheme.</param>
/// <param name="Version">Its version.</param>
/// <param name="Task">The step.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Act">The act named, when one is.</param>
/// <param name="RuleGroup">The group of goods whose limit ended.</param>
/// <param name="Indicator">The mandatory indicator without a limit in force.</param>
public sealed record SchemeFinding(
    string Code, int Version, string Task, BasisProblem Problem, string? Act, string? RuleGroup = null, string? Indicator = null);

/// <summary>GET /v1/schemes/report.</summary>
public static class ReportSchemes
{
    internal static void Map(RouteGroupBuilder schemes) => schemes.MapGet("/report", Handle).WithName("reportSchemes")
        .Requires(Role.ProjectOfficer, Role.QualityManager, Role.Auditor, Role.PlatformAdministrator);

    /// <summary>Report the steps without a legal basis, and the mandatory indicators whose limit has ended, of every version that is in force or to come;
    /// the gravest first.</summary>
    public static async Task<Ok<List<SchemeFinding>>> Handle(Database database, CancellationToken cancel)
    {
        var steps = await database.List<StepBasis>($"""
            select s.code, s.version, t.task, t.act, t.basis_confidence,
                   t.basis_from <= kernel.now()::date and (t.basis_until is null or t.basis_until >= kernel.now()::date) as in_force
              from certification.scheme s
              join certification.scheme_step t on t.code = s.code and t.version = s.version
              left join certification.scheme_retirement r on r.code = s.code and r.version = s.version
             where coalesce(least(s.valid_until, r.last_day), 'infinity') >= kernel.now()::date
             order by s.code, s.version, t.position
            """, cancel);
        return TypedResults.Ok(steps.Select(Judge).OfType<SchemeFinding>().Concat(await LimitsEnded(database, cancel)).OrderBy(finding => finding.Problem).ToList());
    }

    /// <summary>
    /// An edition that ends does not bring an older one back, see <see cref="LimitsInForce"/>: unless another limit speaks of the same goods, a mandatory
    /// indicator is asked for no more. A limit that never was, or is only recalled, is not reported: nobody ever measured by it.
    /// </summary>
    private static async Task<IEnumerable<SchemeFinding>> LimitsEnded(Database database, CancellationToken cancel) =>
        (await database.List<EndedLimit>($"""
            with latest as (
                select distinct on (number) *, coalesce(valid_until, 'infinity') >= kernel.now()::date as holds from certification.limit_rule
                 where active and valid_from <= kernel.now()::date order by number, valid_from desc, edition desc),
            test as (
                select code, version, rule_group, indicator from certification.scheme_test
                 union select code, version, rule_group, indicator from certification.scheme_batch_test)
            select distinct s.code, s.version, test.rule_group, test.indicator
              from latest as ended
              join test on test.rule_group = ended.rule_group and test.indicator = ended.indicator
              join certification.scheme s on s.code = test.code and s.version = test.version
              left join certification.scheme_retirement r on r.code = s.code and r.version = s.version
             where not ended.holds and coalesce(least(s.valid_until, r.last_day), 'infinity') >= kernel.now()::date
               and not exists (select from latest as other
                                where other.holds and other.rule_group = ended.rule_group and other.indicator = ended.indicator
                                  and (other.products is null or other.products @> ended.products)
                                  and (other.months is null or other.months @> ended.months)
                                  and (other.growing is distinct from {GrowingMethod.Greenhouse} or ended.growing = {GrowingMethod.Greenhouse}))
             order by s.code, s.version, test.rule_group, test.indicator
            """, cancel)).Select(one => new SchemeFinding(
                one.Code, one.Version, "enter-results", BasisProblem.LimitEnded, null, one.RuleGroup, one.Indicator));

    private static SchemeFinding? Judge(StepBasis step)
    {
        BasisProblem? problem = step switch
        {
            { Act: null } => BasisProblem.NoBasis,
            { InForce: false } => BasisProblem.NotInForce,
            { BasisConfidence: "C" } => BasisProblem.NotVerified,
            _ => null,
        };
        return problem is { } found ? new SchemeFinding(step.Code, step.Version, step.Task, found, step.Act) : null;
    }

    private sealed record EndedLimit(string Code, int Version, string RuleGroup, string Indicator);

    private sealed record StepBasis(string Code, int Version, string Task, string? Act, string? BasisConfidence, bool? InForce);
}
