using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>One step of a scheme.</summary>
/// <param name="Task">
/// Kind of the task: <c>check-completeness</c>, <c>take-sample</c>, <c>enter-results</c>, <c>approve-results</c>, <c>review-application</c>,
/// <c>decide-application</c>.
/// </param>
/// <param name="Role">The role that does it.</param>
/// <param name="WorkingDays">Working days it may take, 0 to 60; 0 is the same working day.</param>
public sealed record SchemeStep(string Task, string Role, int WorkingDays);

/// <summary>The tests a scheme requires of a group of products.</summary>
/// <param name="RuleGroup">Group of the limits table, for example <c>veg_root</c>.</param>
/// <param name="Indicators">Codes of the required indicators; one without a limit in force for the product is not asked for.</param>
public sealed record SchemeTests(string RuleGroup, IReadOnlyList<string> Indicators);

/// <summary>A conformity scheme in one of its versions.</summary>
/// <param name="Code">For example <c>PLANT-BATCH</c>.</param>
/// <param name="Version">1, 2, 3 …; a case keeps the version in force when it was filed.</param>
/// <param name="TitleEn">Title in English.</param>
/// <param name="TitleRu">Title in Russian.</param>
/// <param name="TitleKk">Title in Kazakh.</param>
/// <param name="TitleKy">Title in Kyrgyz.</param>
/// <param name="RuleGroups">Groups of products it is for.</param>
/// <param name="Steps">Steps in order, with role and clock.</param>
/// <param name="RequiredSubmissions">What the completeness check looks for.</param>
/// <param name="Tests">Required tests by group.</param>
/// <param name="ValidityDays">Longest validity of a certificate in days; a lot's shelf life may end it earlier.</param>
/// <param name="FeeKzt">Fee in tiyn, where money is tenge.</param>
/// <param name="FeeKgs">Fee in tyiyn, where money is som.</param>
/// <param name="LegalBasis">Our reading of the law it rests on.</param>
/// <param name="ValidFrom">First day it is in force.</param>
/// <param name="ValidUntil">Last day it is in force; absent while open.</param>
public sealed record ConformityScheme(
    string Code, int Version, string TitleEn, string TitleRu, string TitleKk, string TitleKy, IReadOnlyList<string> RuleGroups,
    IReadOnlyList<SchemeStep> Steps, IReadOnlyList<string> RequiredSubmissions, IReadOnlyList<SchemeTests> Tests, int ValidityDays, long FeeKzt,
    long FeeKgs, string LegalBasis, DateOnly ValidFrom, DateOnly? ValidUntil);

/// <summary>GET /v1/schemes.</summary>
public static class ListSchemes
{
    internal static void Map(RouteGroupBuilder schemes) => schemes.MapGet("", Handle).WithName("listSchemes").Anyone();

    /// <summary>List the conformity schemes.</summary>
    /// <remarks>Every version, newest first; the one in force today is the first whose dates hold today.</remarks>
    public static async Task<Ok<List<ConformityScheme>>> Handle(Database database, CancellationToken cancel) => TypedResults.Ok(await All(database, cancel));

    private static async Task<List<ConformityScheme>> All(Database database, CancellationToken cancel)
    {
        var schemes = await database.List<SchemeRow>($"""
            select code, version, title_en, title_ru, title_kk, title_ky, rule_groups, required_submissions, validity_days, fee_kzt, fee_kgs,
                   legal_basis, valid_from, valid_until
              from certification.scheme order by code, version desc
            """, cancel);
        var steps = await database.List<StepRow>($"select code, version, task, role, working_days from certification.scheme_step order by position", cancel);
        var tests = await database.List<TestRow>($"select code, version, rule_group, indicator from certification.scheme_test order by rule_group, indicator", cancel);
        return [.. schemes.Select(scheme => new ConformityScheme(scheme.Code, scheme.Version, scheme.TitleEn, scheme.TitleRu, scheme.TitleKk, scheme.TitleKy,
            scheme.RuleGroups,
            [.. steps.Where(step => step.Code == scheme.Code && step.Version == scheme.Version).Select(step => new SchemeStep(step.Task, step.Role, step.WorkingDays))],
            scheme.RequiredSubmissions,
            [.. tests.Where(test => test.Code == scheme.Code && test.Version == scheme.Version).GroupBy(test => test.RuleGroup)
                .Select(group => new SchemeTests(group.Key, [.. group.Select(test => test.Indicator)]))],
            scheme.ValidityDays, scheme.FeeKzt, scheme.FeeKgs, scheme.LegalBasis, scheme.ValidFrom, scheme.ValidUntil))];
    }

    private sealed record SchemeRow(
        string Code, int Version, string TitleEn, string TitleRu, string TitleKk, string TitleKy, string[] RuleGroups, string[] RequiredSubmissions,
        int ValidityDays, long FeeKzt, long FeeKgs, string LegalBasis, DateOnly ValidFrom, DateOnly? ValidUntil);

    private sealed record StepRow(string Code, int Version, string Task, string Role, int WorkingDays);

    private sealed record TestRow(string Code, int Version, string RuleGroup, string Indicator);
}
