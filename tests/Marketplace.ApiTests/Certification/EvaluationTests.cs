using System.Net;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Certification;

public sealed class EvaluationTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_case_under_a_thorough_scheme_goes_through_every_step_to_the_certificate()
    {
        var (application, lot) = await market.CaseUnder(Market.Thorough, await market.ActiveFarm());
        Assert.Equal("document_review review-documents", await market.StandingOf(application));
        await Market.Body(await market.ReviewDocuments(application));
        Assert.Equal("evaluation_planned plan-evaluation", await market.StandingOf(application));
        await Market.Body(await market.PlanEvaluation(application));
        Assert.Equal("inspection inspect-site", await market.StandingOf(application));
        await Market.Body(await market.InspectSite(application));
        Assert.Equal("sampling take-sample", await market.StandingOf(application));
        Assert.Equal("take-sample", await market.TasksOf(application));
        await Market.Body(await market.TakeSample(application));
        await Market.Body(await market.EnterResults(application, Market.GoodResults("potato")));
        await Market.Body(await market.Post(Role.LaboratorySupervisor, $"/v1/applications/{application}/results/approval"));
        await Market.Body(await market.Post(Role.Reviewer, $"/v1/applications/{application}/review", new { recommendGrant = true, reason = "All in order." }));
        await Market.Body(await market.Decide(application, granted: true));
        Assert.Equal("granted", await market.StandingOf(application));
        Assert.Equal("", await market.TasksOf(application));
        Assert.Equal(100_000, (await market.AccountOf(lot)).Certified);
    }

    [Fact]
    public async Task A_scheme_without_a_laboratory_grants_on_papers_and_a_visit_and_draws_nobody_else()
    {
        var (application, lot) = await market.CaseUnder(Market.OnPaper, await market.ActiveFarm());
        var people = (await market.ReadCase(application))["people"]!;
        Assert.NotNull(people["documentReviewer"]);
        Assert.Null(people["analyst"]);
        await Market.Body(await market.ReviewDocuments(application));
        Assert.Equal("inspection inspect-site", await market.StandingOf(application));
        await Market.Body(await market.InspectSite(application));
        Assert.Equal("review review-application", await market.StandingOf(application));
        await Market.Body(await market.Post(Role.Reviewer, $"/v1/applications/{application}/review", new { recommendGrant = true, reason = "All in order." }));
        await Market.Body(await market.Decide(application, granted: true));
        Assert.Equal(100_000, (await market.AccountOf(lot)).Certified);
    }

    [Fact]
    public async Task A_plan_without_a_visit_passes_over_the_inspection()
    {
        var (application, _) = await market.CaseUnder(Market.Thorough, await market.ActiveFarm());
        await Market.Body(await market.ReviewDocuments(application));
        var path = $"/v1/applications/{application}/evaluation-plan";
        await Market.Problem(await market.Post(Role.Sampler, path, new { visit = true }), HttpStatusCode.BadRequest, "visit-day");
        await Market.Problem(await market.Post(Role.Sampler, path, new { visit = false, agreedOn = market.Today.ToString("yyyy-MM-dd") }), HttpStatusCode.BadRequest, "visit-day");
        await Market.Problem(await market.Post(Role.Sampler, path, new { visit = true, agreedOn = market.Today.AddDays(-1).ToString("yyyy-MM-dd") }), HttpStatusCode.Conflict, "plan-in-past");
        await Market.Body(await market.PlanEvaluation(application, visit: false));
        Assert.Equal("sampling take-sample", await market.StandingOf(application));
        Assert.Equal(1, await market.Scalar<int>($"select sample_count from certification.evaluation_plan where application = '{application}'"));
    }

    [Fact]
    public async Task A_visit_is_neither_before_the_application_nor_after_now_and_is_signed_or_explained()
    {
        var (application, _) = await market.CaseUnder(Market.OnPaper, await market.ActiveFarm());
        await Market.Body(await market.ReviewDocuments(application));
        await Market.Problem(await Inspect(market.Clock.GetUtcNow().AddMinutes(5)), HttpStatusCode.Conflict, "visit-in-future");
        await Market.Problem(await Inspect(market.Clock.GetUtcNow().AddHours(-2)), HttpStatusCode.Conflict, "visit-too-early");
        await Market.Problem(await Inspect(market.Clock.GetUtcNow(), acknowledged: false), HttpStatusCode.BadRequest, "remark-missing");
        Assert.Equal(0, await market.Scalar<long>($"select count(*) from certification.inspection where application = '{application}'"));

        Task<HttpResponseMessage> Inspect(DateTimeOffset visitedAt, bool acknowledged = true) => market.Post(
            Role.Sampler, $"/v1/applications/{application}/inspection", new { visitedAt, place = "The field.", accepted = true, reason = "Seen.", acknowledged });
    }

    [Fact]
    public async Task Steps_of_the_evaluation_are_for_the_assigned_person_at_their_turn()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseUnder(Market.Thorough, farm);
        await Market.Problem(await market.PlanEvaluation(application), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Problem(await market.InspectSite(application), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Problem(await market.TakeSample(application), HttpStatusCode.Conflict, "wrong-stage");
        var colleague = await market.NewMember(Role.DocumentReviewer, market.Cast(Role.DocumentReviewer).Organisation);
        var review = new { accepted = true, reason = "Read the papers." };
        await Market.Problem(await market.Post(colleague, $"/v1/applications/{application}/document-review", review), HttpStatusCode.Conflict, "not-assigned");
        await market.Refused($"""
            begin; select set_config('app.person', '{colleague.Person}', true);
            insert into certification.document_review (application, answers, accepted, reason) values ('{application}', '[]', true, 'Mine.')
            """, "not-assigned");
        await market.Refused($"update certification.application set document_reviewer = sampler where id = '{application}'", "own-work");

        var old = await market.AcceptedCase(farm);
        await Market.Problem(await market.ReviewDocuments(old.Application), HttpStatusCode.Conflict, "not-assigned");
        Assert.Equal("sampling take-sample", await market.StandingOf(old.Application));
        await market.Owner($"delete from identity.role_assignment where person_id = '{colleague.Person}'");
    }

    [Fact]
    public async Task Only_one_of_four_document_reviews_at_once_counts()
    {
        var (application, _) = await market.CaseUnder(Market.Thorough, await market.ActiveFarm());
        var answers = await market.Race($"select 1 from certification.application where id = '{application}' for update", 4, _ => market.ReviewDocuments(application));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.NoContent);
        foreach (var lost in answers.Where(answer => answer.StatusCode != HttpStatusCode.NoContent))
        {
            await Market.Problem(lost, HttpStatusCode.Conflict, "changed-meanwhile");
        }

        Assert.Equal("plan-evaluation", await market.TasksOf(application));
    }

    [Fact]
    public async Task Every_point_of_the_checklist_is_answered_once_and_a_failed_one_has_a_finding()
    {
        var (application, _) = await market.CaseUnder(Market.Thorough, await market.ActiveFarm());
        var (land, record) = (Market.Answer("land-document"), Market.Answer("treatment-record", "fails"));
        await Market.Problem(await market.ReviewDocuments(application, [], [land]), HttpStatusCode.BadRequest, "checklist-incomplete");
        await Market.Problem(await market.ReviewDocuments(application, [], [land, land]), HttpStatusCode.BadRequest, "checklist-incomplete");
        await Market.Problem(await market.ReviewDocuments(application, [], [land, Market.Answer("weather")]), HttpStatusCode.BadRequest, "unknown-check");
        await Market.Problem(await market.ReviewDocuments(application, [], [land, record]), HttpStatusCode.BadRequest, "finding-missing");
        await Market.Body(await market.ReviewDocuments(application, [Market.Finding("minor")], [land, record]));
        Assert.Equal("plan-correction plan-evaluation", await market.TasksOf(application));
    }

    [Fact]
    public async Task The_database_grants_nothing_whose_evaluation_is_missing()
    {
        var (application, _) = await market.CaseUnder(Market.OnPaper, await market.ActiveFarm());
        await market.Owner($"update certification.application set stage = 'review' where id = '{application}'");
        await Market.Body(await market.Post(Role.Reviewer, $"/v1/applications/{application}/review", new { recommendGrant = true, reason = "Trust me." }));
        await Market.Problem(await market.Decide(application, granted: true), HttpStatusCode.Conflict, "evaluation-missing");
        await Market.Body(await market.Decide(application, granted: false));
    }
}
