using System.Net;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

public sealed class NonconformityTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_major_one_stops_the_case_until_its_correction_is_accepted_and_then_it_goes_on_where_it_was()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseUnder(Market.Thorough, farm);
        await Market.Body(await market.ReviewDocuments(application, Market.Finding("major"), Market.Finding("major", "The map of the field is missing.")));
        Assert.Equal("nonconformity_open correct-nonconformity", await market.StandingOf(application));
        await Market.Problem(await market.PlanEvaluation(application), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Problem(await market.Verify(application, accepted: true), HttpStatusCode.Conflict, "no-correction");

        await Market.Body(await market.Correct(farm, application));
        await Market.Problem(await market.Correct(farm, application), HttpStatusCode.Conflict, "wrong-stage");
        Assert.Equal("correct-nonconformity verify-correction", await market.TasksOf(application));
        await Market.Problem(await market.Post(Role.DocumentReviewer, $"/v1/applications/{application}/nonconformities/1/verification", new { accepted = false }),
            HttpStatusCode.BadRequest, "verdict-reason");
        await Market.Problem(await market.Verify(application, accepted: true, by: Role.Sampler), HttpStatusCode.Conflict, "own-work");
        await Market.Body(await market.Verify(application, accepted: false));
        await Market.Body(await market.Correct(farm, application));
        await Market.Body(await market.Correct(farm, application, 2));
        Assert.Equal("nonconformity_open verify-correction", await market.StandingOf(application));
        await Market.Body(await market.Verify(application, accepted: true));
        await Market.Body(await market.Verify(application, accepted: true, number: 2));
        Assert.Equal("evaluation_planned plan-evaluation", await market.StandingOf(application));
        Assert.Equal("plan-evaluation", await market.TasksOf(application));
    }

    [Fact]
    public async Task One_found_by_the_reviewer_brings_the_case_back_to_the_review()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseInReview(farm);
        await Market.Body(await market.Post(Role.Reviewer, $"/v1/applications/{application}/nonconformities", Market.Finding("major")));
        await Market.Body(await market.Correct(farm, application));
        await Market.Body(await market.Verify(application, accepted: true, by: Role.Reviewer));
        Assert.Equal("review review-application", await market.StandingOf(application));
    }

    [Fact]
    public async Task A_minor_one_needs_a_plan_before_the_grant_but_does_not_stop_the_case()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseUnder(Market.OnPaper, farm);
        await Market.Body(await market.ReviewDocuments(application, Market.Finding("minor")));
        Assert.Equal("inspect-site plan-correction", await market.TasksOf(application));
        await Market.Body(await market.InspectSite(application));
        await Market.Body(await market.Post(Role.Reviewer, $"/v1/applications/{application}/review", new { recommendGrant = true, reason = "All in order." }));
        await Market.Problem(await market.Decide(application, granted: true), HttpStatusCode.Conflict, "nonconformity-open");
        await Market.Body(await market.Correct(farm, application));
        Assert.Equal("decide-application", await market.TasksOf(application));
        await Market.Body(await market.Decide(application, granted: true));
    }

    [Fact]
    public async Task A_critical_one_takes_the_case_to_a_decision_that_can_only_refuse()
    {
        var farm = await market.ActiveFarm();
        var (application, lot) = await market.CaseUnder(Market.OnPaper, farm);
        await Market.Body(await market.ReviewDocuments(application));
        await Market.Body(await market.InspectSite(application, Market.Finding("critical", "The field was sprayed with a forbidden agent.")));
        Assert.Equal("decision decide-application", await market.StandingOf(application));
        await Market.Problem(await market.Correct(farm, application), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Problem(await market.Decide(application, granted: true), HttpStatusCode.Conflict, "nonconformity-open");
        await Market.Body(await market.Decide(application, granted: false));
        Assert.Equal(0, (await market.AccountOf(lot)).Certified);
    }

    [Fact]
    public async Task An_outcome_its_findings_do_not_carry_is_refused_by_the_code_and_by_the_table()
    {
        var (application, _) = await market.CaseUnder(Market.OnPaper, await market.ActiveFarm());
        var path = $"/v1/applications/{application}/document-review";
        await Market.Problem(await market.Post(Role.DocumentReviewer, path, new { accepted = true, reason = "Fine.", findings = new[] { Market.Finding("major") } }),
            HttpStatusCode.BadRequest, "outcome-findings");
        await Market.Problem(await market.Post(Role.DocumentReviewer, path, new { accepted = false, reason = "No.", findings = new[] { Market.Finding("minor") } }),
            HttpStatusCode.BadRequest, "outcome-findings");
        await Market.Problem(await market.Post(Role.DocumentReviewer, path, new { accepted = false, reason = "No good." }), HttpStatusCode.BadRequest, "outcome-findings");
        await market.Refused(As(Role.DocumentReviewer) + $"insert into certification.document_review (application, answers, accepted, reason) values ('{application}', '[]', false, 'No.')", "outcome-findings");
        await Market.Problem(await market.Post(Role.DocumentReviewer, path, new { accepted = true, reason = "Fine.", answers = new[] { new { item = "no-such", verdict = "conforms" } } }),
            HttpStatusCode.BadRequest, "unknown-check");
    }

    [Fact]
    public async Task The_table_takes_findings_from_people_of_the_case_and_corrections_from_the_producer_within_the_term()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseUnder(Market.OnPaper, farm);
        await Market.Body(await market.ReviewDocuments(application, Market.Finding("major")));
        var found = await market.Scalar<Guid>($"select id from certification.nonconformity where application = '{application}'");
        await market.Refused(As(Role.Auditor) + Find("document_reviewer", 7), "not-assigned");
        await market.Refused(As(Role.DocumentReviewer) + Find("document_reviewer", 29), "correction-term");
        await market.Refused(As(Role.DocumentReviewer) + $"insert into certification.correction (nonconformity, number, application, text) values ('{found}', 1, '{application}', 'Mine.')", "not-assigned");
        await market.Refused($"""
            begin; select set_config('app.person', '{market.Cast(Role.Sampler).Person}', true), set_config('app.household', '{farm.Household}', true);
            insert into certification.correction (nonconformity, number, application, text) values ('{found}', 1, '{application}', 'Mine.');
            insert into certification.inspection (application, visited_at, place, answers, accepted, reason, acknowledged) values ('{application}', now(), 'Here.', '[]', true, 'Fine.', true)
            """, "own-work");
        await Market.Body(await market.Correct(farm, application));
        await market.Refused(As(Role.Sampler) + $"insert into certification.correction_check (nonconformity, correction, application, accepted) values ('{found}', 1, '{application}', true)", "not-assigned");
        await market.Refused(As(Role.DecisionMaker) + $"insert into certification.decision (application, granted, reason) values ('{application}', true, 'Mine.')", "wrong-stage");
        foreach (var table in new[] { "nonconformity", "correction", "correction_check", "document_review", "evaluation_plan", "inspection" })
        {
            var denied = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication($"delete from certification.{table}"));
            Assert.Equal("42501", denied.SqlState);
        }

        string Find(string part, int days) => $"""
            insert into certification.nonconformity (id, application, number, severity, basis, text, stage, part, due_at)
            values (gen_random_uuid(), '{application}', 9, 'minor', 'A rule.', 'A text.', 'document_review', '{part}', now() + interval '{days} days')
            """;
    }

    [Fact]
    public async Task A_case_with_an_open_one_can_be_withdrawn_and_leaves_no_task()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseUnder(Market.Thorough, farm);
        await Market.Body(await market.ReviewDocuments(application, Market.Finding("major"), Market.Finding("minor")));
        await Market.Body(await market.Post(farm.Head, $"/v1/applications/{application}/withdrawal"));
        Assert.Equal("withdrawn", await market.StandingOf(application));
        Assert.Equal("", await market.TasksOf(application));
    }

    private string As(string role) => $"begin; select set_config('app.person', '{market.Cast(role).Person}', true);";
}
