using Marketplace.Contracts;

namespace Marketplace.ApiTests;

public sealed partial class Market
{
    /// <summary>A scheme with every step, and one whose whole evaluation is papers and a visit.</summary>
    public const string Thorough = "TEST-THOROUGH";

    public const string OnPaper = "TEST-PAPER";

    /// <summary>Publishes both, as the loader of reference data would.</summary>
    public Task PublishRichSchemes() => Owner($"""
        insert into certification.scheme (code, version, title_en, title_ru, title_kk, title_ky, rule_groups, required_submissions, validity_days, fee_kzt,
               fee_kgs, legal_basis, valid_from)
        select code, 1, code, code, code, code, array['potato'], array[]::text[], 30, 0, 0, 'A test.', '2026-01-01'
          from unnest(array['{Thorough}', '{OnPaper}']) as code on conflict do nothing;
        insert into certification.scheme_step (code, version, position, task, role, working_days)
        select '{Thorough}', 1, at, task, 'x', 1 from unnest(array['complete-application', 'check-completeness', 'review-documents', 'plan-evaluation',
               'inspect-site', 'take-sample', 'enter-results', 'approve-results', 'review-application', 'decide-application'])
               with ordinality as step (task, at)
        union all
        select '{OnPaper}', 1, at, task, 'x', 1 from unnest(array['complete-application', 'check-completeness', 'review-documents', 'inspect-site',
               'review-application', 'decide-application']) with ordinality as step (task, at) on conflict do nothing;
        insert into certification.scheme_test (code, version, rule_group, indicator)
        select '{Thorough}', 1, 'potato', unnest(array['lead', 'arsenic', 'nitrates']) on conflict do nothing;
        insert into certification.scheme_check (code, version, task, position, item, question_en, question_ru, question_kk, question_ky)
        select '{Thorough}', 1, 'review-documents', at, item, item, item, item, item from unnest(array['land-document', 'treatment-record'])
               with ordinality as point (item, at) on conflict do nothing
        """);

    /// <summary>A case accepted under a rich scheme: it waits for the document review.</summary>
    public async Task<(Guid Application, LotId Lot)> CaseUnder(string scheme, Farm farm)
    {
        await PublishRichSchemes();
        var lot = await DeclaredLot(farm);
        var application = (await Body(await Post(farm.Head, "/v1/applications", new { lot, scheme })))["id"]!.GetValue<Guid>();
        await Body(await Post(farm.Head, $"/v1/applications/{application}/submission"));
        await Body(await Accept(application));
        return (application, lot);
    }

    /// <summary>A document review of a case under the thorough scheme, or with no answers under the one on paper.</summary>
    public async Task<HttpResponseMessage> ReviewDocuments(Guid application, params object[] findings) => await ReviewDocuments(
        application, findings, (await ReadCase(application))["scheme"]!.GetValue<string>() == Thorough ? [Answer("land-document"), Answer("treatment-record")] : []);

    public static object Answer(string item, string verdict = "conforms") => new { item, verdict };

    public Task<HttpResponseMessage> ReviewDocuments(Guid application, object[] findings, object[] answers) =>
        Post(Role.DocumentReviewer, $"/v1/applications/{application}/document-review", new
        {
            accepted = !findings.Any(finding => !finding.ToString()!.Contains("minor", StringComparison.Ordinal)), reason = "Read the papers.", findings,
            answers,
        });

    public Task<HttpResponseMessage> PlanEvaluation(Guid application, bool visit = true) =>
        Post(Role.Sampler, $"/v1/applications/{application}/evaluation-plan", new { visit, agreedOn = visit ? Today.AddDays(1).ToString("yyyy-MM-dd") : null });

    public Task<HttpResponseMessage> InspectSite(Guid application, params object[] findings) =>
        Post(Role.Sampler, $"/v1/applications/{application}/inspection", new
        {
            visitedAt = Clock.GetUtcNow().AddMilliseconds(-20), place = "The cellar behind the house.", reason = "Seen on the spot.", acknowledged = true,
            accepted = !findings.Any(finding => !finding.ToString()!.Contains("minor", StringComparison.Ordinal)), findings,
        });

    public static object Finding(string severity, string text = "No record of the last treatment.") => new { severity, basis = "TR CU 021/2011, art. 10", text };

    public Task<HttpResponseMessage> Correct(Farm farm, Guid application, int number = 1) =>
        Post(farm.Head, $"/v1/applications/{application}/nonconformities/{number}/corrections", new { text = "The record is attached now." });

    public Task<HttpResponseMessage> Verify(Guid application, bool accepted, int number = 1, string by = Role.DocumentReviewer) =>
        Post(by, $"/v1/applications/{application}/nonconformities/{number}/verification", new { accepted, reason = accepted ? null : "It is of another field." });

    /// <summary>Stage and open task of a case, and whose it is.</summary>
    public async Task<string> StandingOf(Guid application)
    {
        var details = await ReadCase(application);
        return $"{details["stage"]} {details["task"]}".Trim();
    }

    /// <summary>The open tasks of a case as Work has them.</summary>
    public Task<string> TasksOf(Guid application) => Scalar<string>(
        $"select coalesce(string_agg(kind, ' ' order by kind), '') from work.task where subject = '{application}' and closed_at is null");
}
