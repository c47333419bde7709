using System.Net;
using System.Text;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

public sealed class CaseClockTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task An_applicant_silent_for_60_days_loses_the_case_and_the_lot_is_free_again()
    {
        var farm = await market.ActiveFarm();
        var (returned, lot) = await market.SubmittedCase(farm);
        await Market.Body(await market.Post(Role.IntakeOfficer, $"/v1/applications/{returned}/completeness", new { complete = false, missing = new[] { "A copy" } }));
        var (draft, _) = await market.DraftedCase(farm);
        var (waiting, _) = await market.SubmittedCase(farm);
        await Age(returned, 59);
        await market.Services.MoveCases();
        Assert.Equal("returned_incomplete", (await market.ReadCase(returned))["stage"]!.GetValue<string>());
        var early = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication($"update certification.application set stage = 'expired_inactive' where id = '{returned}'"));
        Assert.Equal("wrong-stage", early.ConstraintName);

        await Age(returned, 2);
        await Age(draft, 61);
        await Age(waiting, 61);
        await market.Services.MoveCases();
        Assert.Equal("expired_inactive", (await market.ReadCase(returned))["stage"]!.GetValue<string>());
        Assert.Equal("expired_inactive", await market.Scalar<string>($"select stage::text from certification.application where id = '{draft}'"));
        Assert.Equal("submitted", (await market.ReadCase(waiting))["stage"]!.GetValue<string>());
        Assert.Equal("", await market.TasksOf(returned));
        Assert.Contains("application-expired", (await Market.Body(await market.Get(farm.Head, "/v1/messages"))).ToJsonString(), StringComparison.Ordinal);
        await Market.Problem(await market.Post(farm.Head, $"/v1/applications/{returned}/submission"), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Body(await market.Post(farm.Head, "/v1/applications", new { lot }));
    }

    [Fact]
    public async Task A_pause_does_not_count_as_silence()
    {
        var (application, _) = await market.SubmittedCase(await market.ActiveFarm());
        await Market.Body(await market.Post(Role.IntakeOfficer, $"/v1/applications/{application}/completeness", new { complete = false, missing = new[] { "A copy" } }));
        await Market.Body(await market.Post(Role.QualityManager, $"/v1/applications/{application}/pauses", new { reason = "force_majeure", evidence = "The road is under water." }));
        await Age(application, 70);
        await market.Services.MoveCases();
        Assert.Equal("returned_incomplete", (await market.ReadCase(application))["stage"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_correction_that_misses_its_term_takes_the_case_to_a_decision_that_can_only_refuse()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseUnder(Market.Thorough, farm);
        await Market.Body(await market.ReviewDocuments(application, Market.Finding("major")));
        await market.Services.MoveCases();
        Assert.Equal("nonconformity_open", (await market.ReadCase(application))["stage"]!.GetValue<string>());
        await market.Owner($"update certification.nonconformity set recorded_at = recorded_at - interval '29 days', due_at = due_at - interval '29 days' where application = '{application}'");
        await Market.Problem(await market.Correct(farm, application), HttpStatusCode.Conflict, "correction-overdue");
        await market.Services.MoveCases();
        Assert.Equal("decision decide-application", await market.StandingOf(application));
        await Market.Problem(await market.Decide(application, granted: true), HttpStatusCode.Conflict, "nonconformity-open");
        await Market.Body(await market.Decide(application, granted: false));
    }

    [Fact]
    public async Task Turned_down_after_its_term_a_correction_has_no_second_chance()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseUnder(Market.Thorough, farm);
        await Market.Body(await market.ReviewDocuments(application, Market.Finding("major")));
        await Market.Body(await market.Correct(farm, application));
        await market.Owner($"update certification.nonconformity set recorded_at = recorded_at - interval '29 days', due_at = due_at - interval '29 days' where application = '{application}'");
        await market.Services.MoveCases();
        Assert.Equal("nonconformity_open verify-correction", await market.StandingOf(application));
        await Market.Body(await market.Verify(application, accepted: false));
        Assert.Equal("decision decide-application", await market.StandingOf(application));
    }

    [Fact]
    public async Task Every_task_of_the_evaluation_escalates_to_the_quality_manager_when_late()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseUnder(Market.Thorough, farm);
        await Late("review-documents");
        await Market.Body(await market.ReviewDocuments(application));
        await Late("plan-evaluation");
        await Market.Body(await market.PlanEvaluation(application));
        await Late("inspect-site");
        await Market.Body(await market.InspectSite(application, Market.Finding("major")));
        await Late("correct-nonconformity");
        await Market.Body(await market.Correct(farm, application));
        await Late("verify-correction");

        async Task Late(string kind)
        {
            await market.Owner($"update work.task set deadline = kernel.now(), escalate_at = kernel.now() where subject = '{application}' and kind = '{kind}' and closed_at is null");
            await market.Services.EscalateTasks();
            Assert.Equal(market.Cast(Role.QualityManager).Person.Value, await market.Scalar<Guid>(
                $"select responsible from work.task where subject = '{application}' and kind = '{kind}' and closed_at is null"));
        }
    }

    [Fact]
    public async Task The_producer_sees_who_has_the_case_and_until_when_in_two_kilobytes()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseUnder(Market.Thorough, farm);
        var answer = await market.Get(farm.Head, $"/v1/applications/{application}/progress");
        Assert.InRange(Encoding.UTF8.GetByteCount(await answer.Content.ReadAsStringAsync()), 100, 2_048);
        var progress = await Market.Body(answer);
        Assert.Equal(("review-documents", "document_reviewer", "Sapa"),
            (progress["task"]!.GetValue<string>(), progress["part"]!.GetValue<string>(), progress["organisation"]!.GetValue<string>()));
        Assert.Equal(market.Cast(Role.DocumentReviewer).Person.Value, progress["responsible"]!.GetValue<Guid>());
        Assert.True(progress["until"]!.GetValue<DateTimeOffset>() > market.Clock.GetUtcNow());
        Assert.Null(progress["pause"]);

        await Market.Body(await market.Post(Role.DocumentReviewer, $"/v1/applications/{application}/pauses", new { reason = "waiting_for_applicant", evidence = "Asked by telephone." }));
        Assert.Equal("waiting_for_applicant", (await Market.Body(await market.Get(farm.Head, $"/v1/applications/{application}/progress")))["pause"]!.GetValue<string>());
        await Market.Body(await market.Post(Role.DocumentReviewer, $"/v1/applications/{application}/resumption"));
        await Market.Body(await market.ReviewDocuments(application, Market.Finding("major")));
        Assert.Equal("producer", (await Market.Body(await market.Get(farm.Head, $"/v1/applications/{application}/progress")))["part"]!.GetValue<string>());
        var evaluation = (await market.ReadCase(application))["evaluation"]!;
        Assert.False(evaluation["documents"]!["accepted"]!.GetValue<bool>());
        Assert.Equal("land-document", evaluation["documents"]!["answers"]![0]!["item"]!.GetValue<string>());
        Assert.Equal("major", evaluation["nonconformities"]![0]!["severity"]!.GetValue<string>());
        await Market.Problem(await market.Get((await market.ActiveFarm()).Head, $"/v1/applications/{application}/progress"), HttpStatusCode.NotFound, "not-found");
    }

    /// <summary>Lets a case, and what was said to its applicant, be so many days older.</summary>
    private Task Age(Guid application, int days) => market.Owner($"""
        update certification.application set created_at = created_at - interval '{days} days' where id = '{application}';
        update certification.completeness set recorded_at = recorded_at - interval '{days} days' where application = '{application}'
        """);
}

/// <summary>With a quality manager who takes parts, so in a market of its own.</summary>
public sealed class QualityManagerTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task The_table_takes_a_second_return_from_the_quality_manager_only()
    {
        var (application, _) = await market.SubmittedCase(await market.ActiveFarm());
        await Market.Body(await market.Post(Role.IntakeOfficer, $"/v1/applications/{application}/completeness", new { complete = false, missing = new[] { "A copy" } }));
        await market.Refused(As(Role.IntakeOfficer, "intake_officer") + Return(application, 2), "second-return");
        await market.Refused(As(Role.IntakeOfficer, "quality_manager") + Return(application, 2), "second-return");
        await market.Refused(As(Role.Auditor, "auditor") + Return(application, 2), "not-assigned");
        await market.AsApplication(As(Role.QualityManager, "quality_manager") + Return(application, 2) + "commit");
        Assert.Equal("quality_manager", await market.Scalar<string>(
            $"select part::text from certification.participation where application = '{application}' and person = '{market.Cast(Role.QualityManager).Person}'"));
    }

    [Fact]
    public async Task A_quality_manager_of_the_month_takes_no_part_and_who_has_a_part_is_none()
    {
        var (application, _) = await market.CaseInReview(await market.ActiveFarm());
        var quality = market.Cast(Role.QualityManager).Person;
        await market.AsApplication(As(Role.QualityManager, "quality_manager") + Pause(application) + "commit");
        await market.Refused($"update certification.application set decision_maker = '{quality}' where id = '{application}'", "quality-apart");

        var (other, _) = await market.SubmittedCase(await market.ActiveFarm());
        await market.Refused(As(Role.DecisionMaker, "quality_manager") + Pause(other), "quality-apart");
        await market.Refused(As(Role.Sampler, "quality_manager") + Pause(other), "quality-apart");
        await market.Owner($"update certification.participation set recorded_at = recorded_at - interval '32 days' where person = '{quality}'");
        Assert.False(await market.Scalar<bool>($"select certification.manages_quality('{quality}')"));
    }

    private static string Return(Guid application, int number) =>
        $"insert into certification.completeness (application, number, complete, missing) values ('{application}', {number}, false, array['A copy']);";

    private static string Pause(Guid application) =>
        $"insert into certification.pause (application, number, reason, evidence, stage) values ('{application}', 1, 'force_majeure', 'Flood.', 'review');";

    private string As(string person, string roles) =>
        $"begin; select set_config('app.person', '{market.Cast(person).Person}', true), set_config('app.roles', '{roles}', true);";
}
