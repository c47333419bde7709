using System.Net;
using Marketplace.Contracts;
using Marketplace.Tests;
using Marketplace.Work.Calendars;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

public sealed class PauseTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_paused_case_is_neither_done_nor_decided_nor_late_until_it_is_resumed()
    {
        var (application, _) = await market.CaseAwaitingDecision(await market.ActiveFarm());
        await Market.Problem(await Resume(application), HttpStatusCode.Conflict, "not-paused");
        await Market.Body(await Pause(application));
        await Market.Problem(await Pause(application), HttpStatusCode.Conflict, "already-paused");
        await Market.Problem(await market.Decide(application, granted: true), HttpStatusCode.Conflict, "case-paused");
        await market.Refused(As(Role.DecisionMaker) + $"insert into certification.decision (application, granted, reason) values ('{application}', true, 'Mine.')", "case-paused");
        await market.Refused($"update certification.application set stage = 'granted' where id = '{application}'", "case-paused");

        var running = (await market.CaseAwaitingDecision(await market.ActiveFarm())).Application;
        await market.Owner($"update work.task set deadline = kernel.now(), escalate_at = kernel.now() where subject in ('{application}', '{running}') and closed_at is null");
        await market.Services.EscalateTasks();
        Assert.Equal(0, await market.Scalar<int>($"select escalated from work.task where subject = '{application}' and closed_at is null"));
        Assert.Equal(1, await market.Scalar<int>($"select escalated from work.task where subject = '{running}' and closed_at is null"));
        var mine = await Market.Body(await market.Get(Role.DecisionMaker, "/v1/tasks?limit=200"));
        var task = Assert.Single(mine["items"]!.AsArray(), item => item!["subject"]!.GetValue<Guid>() == application)!;
        Assert.False(task["late"]!.GetValue<bool>());
        Assert.NotNull(task["pausedAt"]);

        await Market.Body(await Resume(application));
        await Market.Body(await market.Decide(application, granted: true));
        var pause = (await market.ReadCase(application))["evaluation"]!["pauses"]![0]!;
        Assert.Equal(("laboratory_equipment_failure", "decision"), (pause["reason"]!.GetValue<string>(), pause["stage"]!.GetValue<string>()));
        Assert.NotNull(pause["endedAt"]);
    }

    [Fact]
    public async Task A_deadline_moves_by_the_working_time_of_the_pause_and_what_was_late_stays_late()
    {
        var (application, _) = await market.CaseInReview(await market.ActiveFarm());
        await Market.Body(await Pause(application, Role.QualityManager));

        await market.Owner($"update work.task set paused_at = paused_at - interval '3 days', deadline = paused_at - interval '2 days' where subject = '{application}' and closed_at is null");
        var (paused, deadline) = (await TimeOf("paused_at"), await TimeOf("deadline"));
        await Market.Body(await Resume(application, Role.QualityManager));
        var ended = await market.Scalar<DateTime>($"select ended_at from certification.pause where application = '{application}'");
        Assert.Equal(await market.Within(services => services.GetRequiredService<WorkingDays>().Moved(deadline, "KZ", paused, ended, default)), await TimeOf("deadline"));
        Assert.True(await market.Scalar<bool>($"select paused_for >= interval '3 days' from work.task where subject = '{application}' and closed_at is null"));

        await Market.Body(await Pause(application, Role.QualityManager));
        await market.Owner($"update work.task set deadline = paused_at - interval '1 hour' where subject = '{application}' and closed_at is null");
        var late = await TimeOf("deadline");
        await Market.Body(await Resume(application, Role.QualityManager));
        Assert.Equal(late, await TimeOf("deadline"));

        async Task<DateTimeOffset> TimeOf(string column) =>
            await market.Scalar<DateTime>($"select {column} from work.task where subject = '{application}' and closed_at is null");
    }

    [Fact]
    public async Task A_pause_shows_files_of_its_case_named_when_it_begins()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseInReview(farm);
        var (other, _) = await market.CaseInReview(await market.ActiveFarm());
        var order = await Hash(application, "The quarantine order");
        var foreign = await Hash(other, "Somebody else's");
        object With(params string[] files) => new { reason = "quarantine_order", evidence = "Order 12 of the district.", files };
        var path = $"/v1/applications/{application}/pauses";
        await Market.Problem(await market.Post(Role.Reviewer, path, With(order, foreign)), HttpStatusCode.Conflict, "unknown-file");
        await Market.Problem(await market.Post(Role.Reviewer, path, With([.. Enumerable.Range(0, 11).Select(_ => order)])), HttpStatusCode.BadRequest, "invalid");
        Assert.Empty((await market.ReadCase(application))["evaluation"]!["pauses"]!.AsArray());
        await Market.Body(await market.Post(Role.Reviewer, path, With(order, order)));
        var files = (await market.ReadCase(application))["evaluation"]!["pauses"]![0]!["files"]!.AsArray();
        Assert.Equal(order, Assert.Single(files)!.GetValue<string>());

        // Nothing is shown afterwards, nor for somebody else's pause.
        var late = await Hash(application, "A second thought");
        var insert = $"insert into certification.pause_file (application, number, hash) values ('{application}', 1, '{late}')";
        await market.Refused(As(Role.Reviewer) + insert, "not-assigned");
        await market.Refused(As(Role.QualityManager)
            + $"insert into certification.pause (application, number, reason, evidence, stage) values ('{other}', 1, 'force_majeure', 'Flood.', 'review');" + insert, "not-assigned");

        async Task<string> Hash(Guid of, string title) =>
            (await Market.Body(await market.SendFile(market.Cast(Role.Reviewer), of, SampleFiles.Pdf($"/Title ({title} {of})"))))["hash"]!.GetValue<string>();
    }

    [Fact]
    public async Task Only_who_has_the_case_and_the_quality_manager_pause_it()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseInReview(farm);
        await Market.Problem(await Pause(application, Role.DecisionMaker), HttpStatusCode.Conflict, "own-work");
        await Market.Problem(await Pause(application, Role.Auditor), HttpStatusCode.Forbidden, "forbidden");
        await Market.Problem(await market.Post(Role.Reviewer, $"/v1/applications/{application}/pauses", new { reason = "holiday", evidence = "It is warm." }),
            HttpStatusCode.BadRequest, "malformed");
        var insert = $"insert into certification.pause (application, number, reason, evidence, stage) values ('{application}', 1, 'force_majeure', 'Flood.', 'review')";
        await market.Refused(As(Role.Auditor) + insert, "not-assigned");
        await Market.Body(await Pause(application, Role.Reviewer));
        var denied = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication($"update certification.pause set reason = 'force_majeure'"));
        Assert.Equal("42501", denied.SqlState);
        await market.Refused(As(Role.Auditor) + $"update certification.pause set ended_at = now() where application = '{application}'", "not-assigned");

        // The producer may leave a paused case, which ends the pause.
        await Market.Body(await market.Post(farm.Head, $"/v1/applications/{application}/withdrawal"));
        Assert.Equal(0, await market.Scalar<long>($"select count(*) from certification.pause where application = '{application}' and ended_at is null"));
        await Market.Problem(await Pause(application, Role.QualityManager), HttpStatusCode.Conflict, "wrong-stage");
        await market.Refused(As(Role.Reviewer) + insert.Replace(", 1,", ", 2,", StringComparison.Ordinal), "wrong-stage");
    }

    [Fact]
    public async Task Of_a_pause_and_a_decision_at_once_one_comes_first_and_the_other_is_refused()
    {
        var (application, _) = await market.CaseAwaitingDecision(await market.ActiveFarm());
        var answers = await market.Race($"select 1 from certification.application where id = '{application}' for update", 2,
            at => at == 0 ? Pause(application) : market.Decide(application, granted: true));
        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
        Assert.Equal(1, await market.Scalar<long>($"""
            select (select count(*) from certification.pause where application = '{application}')
                 + (select count(*) from certification.decision where application = '{application}')
            """));
    }

    [Fact]
    public async Task The_database_sees_a_pause_that_commits_while_a_decision_waits()
    {
        var (application, _) = await market.CaseAwaitingDecision(await market.ActiveFarm());
        var answers = await market.Race($"""
            select set_config('app.person', '{market.Cast(Role.DecisionMaker).Person}', true);
            insert into certification.pause (application, number, reason, evidence, stage) values ('{application}', 1, 'force_majeure', 'Flood.', 'decision')
            """, 1, async _ =>
        {
            try
            {
                await market.AsApplication(As(Role.DecisionMaker)
                    + $"insert into certification.decision (application, granted, reason) values ('{application}', true, 'Quick.'); commit");
                return new HttpResponseMessage(HttpStatusCode.OK);
            }
            catch (PostgresException refused)
            {
                return new HttpResponseMessage(HttpStatusCode.Conflict) { ReasonPhrase = refused.ConstraintName };
            }
        });
        Assert.Equal("case-paused", answers[0].ReasonPhrase);
    }

    [Fact]
    public async Task The_term_of_a_correction_leaves_the_days_of_a_pause_out()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseUnder(Market.Thorough, farm);
        await Market.Body(await market.ReviewDocuments(application, Market.Finding("major")));
        await Market.Body(await Pause(application, Role.QualityManager));
        await Market.Problem(await market.Correct(farm, application), HttpStatusCode.Conflict, "case-paused");
        await market.Owner($"alter table certification.pause disable trigger resumed; update certification.pause set started_at = started_at - interval '10 days' where application = '{application}'; alter table certification.pause enable trigger resumed");
        await market.Owner($"update certification.nonconformity set recorded_at = recorded_at - interval '11 days', due_at = due_at - interval '11 days' where application = '{application}'");
        await Market.Body(await Resume(application, Role.QualityManager));
        Assert.True(await market.Scalar<bool>($"""
            select n.due_now between kernel.now() + interval '26 days 23 hours' and kernel.now() + interval '27 days 1 hour' and t.deadline = n.due_now
              from certification.nonconformity_now n join work.task t on t.subject = n.application and t.kind = 'correct-nonconformity' and t.closed_at is null
             where n.application = '{application}'
            """));
    }

    private Task<HttpResponseMessage> Pause(Guid application, string by = Role.DecisionMaker) => market.Post(
        by, $"/v1/applications/{application}/pauses", new { reason = "laboratory_equipment_failure", evidence = "Fault report 17 of the spectrometer." });

    private Task<HttpResponseMessage> Resume(Guid application, string by = Role.DecisionMaker) => market.Post(by, $"/v1/applications/{application}/resumption");

    private string As(string role) => $"begin; select set_config('app.person', '{market.Cast(role).Person}', true);";
}
