using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>The people of a case; each absent until assigned, or when the scheme has no step for it.</summary>
/// <param name="Intake">Intake officer.</param>
/// <param name="DocumentReviewer">Document reviewer; only in schemes that review documents.</param>
/// <param name="Sampler">Sampler.</param>
/// <param name="Analyst">Laboratory analyst.</param>
/// <param name="Supervisor">Laboratory supervisor.</param>
/// <param name="Reviewer">Technical reviewer.</param>
/// <param name="DecisionMaker">Decision maker.</param>
/// <param name="Seed">Seed of the first draw; <c>GET /v1/applications/{id}/draw</c> tells every draw in full.</param>
public sealed record CasePeople(
    PersonId? Intake, PersonId? DocumentReviewer, PersonId? Sampler, PersonId? Analyst, PersonId? Supervisor, PersonId? Reviewer,
    PersonId? DecisionMaker, string? Seed);

/// <summary>An application.</summary>
/// <param name="Id">The application.</param>
/// <param name="Number">The number people say: <c>A-000123</c>; absent for a draft.</param>
/// <param name="Lot">The lot.</param>
/// <param name="Household">The producer.</param>
/// <param name="Applicant">The applicant of record.</param>
/// <param name="Product">The product.</param>
/// <param name="Village">Where the lot is.</param>
/// <param name="Quantity">What is to be certified.</param>
/// <param name="Scheme">The conformity scheme.</param>
/// <param name="SchemeVersion">The version that judges this case.</param>
/// <param name="Fee">The fee.</param>
/// <param name="Stage">Where it stands.</param>
/// <param name="Version">Row version.</param>
/// <param name="Body">The certification body; absent for a draft.</param>
/// <param name="Laboratory">The laboratory; absent before acceptance.</param>
/// <param name="People">Who works on it.</param>
/// <param name="Task">Kind of the open task; absent for drafts and when it is over.</param>
/// <param name="Responsible">Who has it now.</param>
/// <param name="RequiredSubmissions">What has to be handed in.</param>
/// <param name="RequiredTests">Indicators that have to be tested.</param>
/// <param name="Missing">What the last completeness check missed.</param>
/// <param name="Results">The comparison of the approved results; absent before approval.</param>
/// <param name="Evaluation">Document review, plan, inspection, non-conformities and pauses; absent for a draft.</param>
/// <param name="Granted">The decision; absent before it.</param>
/// <param name="Reason">The decision's reason.</param>
/// <param name="Certificate">Serial of the certificate.</param>
/// <param name="CreatedAt">When it was drafted.</param>
/// <param name="SubmittedAt">When it was first submitted.</param>
/// <param name="Growing">How the goods were grown, as filed; absent when it was not said.</param>
/// <param name="Submissions">Each required submission with its state, and passed tests that need not be repeated.</param>
public sealed record ApplicationDetails(
    CertificationApplicationId Id, string? Number, LotId Lot, HouseholdId Household, OrganisationId Applicant, ProductCode Product,
    TerritoryCode Village, Quantity Quantity, string Scheme, int SchemeVersion, Money Fee, CertificationStage Stage, int Version, OrganisationId? Body,
    OrganisationId? Laboratory, CasePeople People, string? Task, PersonId? Responsible, IReadOnlyList<string> RequiredSubmissions,
    IReadOnlyList<string> RequiredTests, IReadOnlyList<string> Missing, ResultComparison? Results, CaseEvaluation? Evaluation, bool? Granted,
    string? Reason, string? Certificate, DateTimeOffset CreatedAt, DateTimeOffset? SubmittedAt, GrowingMethod? Growing,
    IReadOnlyList<RequiredSubmission> Submissions)
{
    internal static async Task<Outcome<ApplicationDetails>> Read(CertificationApplicationId id, Database database, CancellationToken cancel) =>
        await CertificationApplication.Find(id, database, cancel) is { } application ? await Of(application, database, cancel) : Refusal.NotFound;

    internal static async Task<ApplicationDetails> Of(CertificationApplication application, Database database, CancellationToken cancel)
    {
        var more = (await database.Find<More>($"""
            select s.required_submissions,
                   array(select t.indicator from certification.scheme_test t
                          where t.code = s.code and t.version = s.version and t.rule_group = {application.RuleGroup} order by 1) as required_tests,
                   coalesce((select c.missing from certification.completeness c where c.application = {application.Id} order by c.number desc limit 1),
                            array[]::text[]) as missing,
                   r.findings, r.verdict, d.granted, d.reason, c.serial
              from certification.scheme s
              left join certification.counting_result r on r.application = {application.Id}
              left join certification.decision d on d.application = {application.Id}
              left join certification.certificate c on c.application = {application.Id} and c.state <> 'replaced' and c.declaration is null
             where s.code = {application.Scheme} and s.version = {application.SchemeVersion}
            """, cancel))!;
        var now = await CaseWork.Now(application, database, cancel);
        return new ApplicationDetails(application.Id, application.Number, application.Lot, application.Household, application.Applicant, application.Product,
            application.Village, new Quantity(application.Amount, application.Unit), application.Scheme, application.SchemeVersion,
            new Money(application.FeeMinor, application.Currency), application.Stage, application.Version, application.Body, application.Laboratory,
            new CasePeople(application.Intake, application.DocumentReviewer, application.Sampler, application.Analyst, application.Supervisor,
                application.Reviewer, application.DecisionMaker, application.Seed),
            now?.Task, now?.Person,
            more.RequiredSubmissions, more.RequiredTests, more.Missing,
            more.Verdict is { } verdict ? new ResultComparison(verdict, JsonSerializer.Deserialize<List<ResultFinding>>(more.Findings!, Event.Json)!) : null,
            application.Stage == CertificationStage.Draft ? null : await CaseEvaluation.Of(application.Id, database, cancel),
            more.Granted, more.Reason, more.Serial, application.CreatedAt, application.SubmittedAt, application.Growing,
            await OnFile.States(application, more.RequiredSubmissions, database, cancel));
    }

    private sealed record More(
        string[] RequiredSubmissions, string[] RequiredTests, string[] Missing, string? Findings, ResultVerdict? Verdict, bool? Granted, string? Reason,
        string? Serial);
}

/// <summary>GET /v1/applications/{id}.</summary>
public static class GetApplication
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapGet("/{id}", Handle).WithName("getApplication").RequiresSignIn();

    /// <summary>Read an application.</summary>
    /// <remarks>404 unless it is of your household, organisation or case.</remarks>
    public static async Task<Results<Ok<ApplicationDetails>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, HttpContext http, Database database, CancellationToken cancel) =>
        Answer.Versioned(http, await CertificationApplication.FindVisible(id, database, cancel) is { } application
            ? await ApplicationDetails.Of(application, database, cancel)
            : (Outcome<ApplicationDetails>)Refusal.NotFound, details => details.Version);
}
