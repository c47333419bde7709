using System.Net;
using Marketplace.Certification;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

/// <summary>Stages, times, samples, verdicts and papers, where the application's own login could still have written what never was.</summary>
public sealed class LastGuardTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_case_goes_in_the_database_where_it_goes_in_the_code_and_nowhere_else()
    {
        var stages = Enum.GetValues<CertificationStage>();
        foreach (var from in stages)
        {
            var reached = Enum.GetValues<CertificationStep>().Where(step => step != CertificationStep.Skip)
                .Select(step => CertificationApplication.Next(from, step)).OfType<CertificationStage>().SelectMany(Passed).Where(to => to != from).ToHashSet();
            foreach (var to in stages.Where(to => to != from))
            {
                Assert.True(reached.Contains(to) == await market.Scalar<bool>($"select certification.goes('{Wire(from)}', '{Wire(to)}')"), $"{from} to {to}");
            }
        }

        var (application, _) = await market.SubmittedCase(await market.ActiveFarm());
        await market.Refused($"update certification.application set stage = 'review' where id = '{(await market.DraftedCase(await market.ActiveFarm())).Application}'", "wrong-stage");
        await market.Refused($"update certification.application set stage = 'decision' where id = '{application}'", "wrong-stage");
    }

    [Fact]
    public async Task A_case_begins_as_a_draft_that_nobody_works_on_and_is_submitted_when_it_is_submitted()
    {
        var (application, _) = await market.DraftedCase(await market.ActiveFarm());
        string Copy(string columns, string values) => $"""
            insert into certification.application (id, lot, household, head, applicant, product, rule_group, village, amount, unit, ready_on, expires_on, scheme,
                   scheme_version, fee_minor, currency, {columns})
            select gen_random_uuid(), gen_random_uuid(), household, head, applicant, product, rule_group, village, amount, unit, ready_on, expires_on, scheme,
                   scheme_version, fee_minor, currency, {values} from certification.application where id = '{application}'
            """;
        foreach (var person in (string[])["intake", "sampler", "decision_maker"])
        {
            await market.Refused(Copy(person, $"'{market.Cast(Role.DecisionMaker).Person}'"), "wrong-stage");
        }

        await market.Refused(Copy("stage", "'withdrawn'"), "wrong-stage");
        await market.Refused(Copy("submitted_at", "now() - interval '1 year'"), "wrong-stage");
        await market.AsApplication(As(Role.CooperativeManager) + Copy("created_at", "now() - interval '1 year'") + "; commit");
        Assert.Equal(0, await market.Scalar<long>("select count(*) from certification.application where created_at < now() - interval '1 day'"));

        await Market.Body(await market.Post(Role.CooperativeManager, $"/v1/applications/{application}/submission"));
        var (late, _) = await market.DraftedCase(await market.ActiveFarm());
        await market.AsApplication($"update certification.application set submitted_at = now() - interval '1 year' where id = '{late}'");
        Assert.True(await market.Scalar<bool>($"select submitted_at > now() - interval '1 hour' from certification.application where id = '{late}'"));
    }

    [Theory]
    [InlineData("sample-too-small", "{'quantity':{'amount':999,'unit':'GRM'}}")]
    [InlineData("sample-too-small", "{'quantity':{'amount':2000,'unit':'MLT'},'retained':{'quantity':{'amount':100,'unit':'MLT'},'sealNumber':'U-2'}}")]
    [InlineData("retained-missing", "{'retained':null}")]
    public async Task A_sample_is_what_the_scheme_asks_for(string code, string change)
    {
        var (application, _) = await market.AcceptedCase(await market.ActiveFarm());
        var sample = System.Text.Json.JsonSerializer.SerializeToNode(new
        {
            takenAt = market.Clock.GetUtcNow().AddSeconds(-2), quantity = new { amount = 1000, unit = "GRM" }, sealNumber = $"U-{application:N}",
            retained = new { quantity = new { amount = 100, unit = "GRM" }, sealNumber = $"V-{application:N}" },
        })!;
        foreach (var (name, value) in System.Text.Json.Nodes.JsonNode.Parse(change.Replace('\'', '"'))!.AsObject())
        {
            sample[name] = value?.DeepClone();
        }

        await Market.Problem(await market.Post(Role.Sampler, $"/v1/applications/{application}/samples", sample.ToJsonString()), HttpStatusCode.Conflict, code);
        Assert.Equal(0, await market.Scalar<long>($"select count(*) from certification.sample where application = '{application}'"));
    }

    [Fact]
    public async Task A_sample_is_of_as_many_places_as_were_planned()
    {
        await market.Owner("update certification.scheme set sample_count = 3 where code = 'PLANT-BATCH'");
        var (application, _) = await market.AcceptedCase(await market.ActiveFarm());
        object Of(int increments) => new
        {
            takenAt = market.Clock.GetUtcNow().AddSeconds(-2), quantity = new { amount = 1000, unit = "GRM" }, sealNumber = $"I-{application:N}", increments,
            retained = new { quantity = new { amount = 100, unit = "GRM" }, sealNumber = $"J-{application:N}" },
        };
        await Market.Problem(await market.Post(Role.Sampler, $"/v1/applications/{application}/samples", Of(2)), HttpStatusCode.Conflict, "too-few-increments");
        await market.Past(
            $"insert into certification.evaluation_plan (application, visit, sample_count, person) values ('{application}', false, 4, gen_random_uuid())",
            "certification.evaluation_plan");
        await Market.Problem(await market.Post(Role.Sampler, $"/v1/applications/{application}/samples", Of(3)), HttpStatusCode.Conflict, "too-few-increments");
        await Market.Body(await market.Post(Role.Sampler, $"/v1/applications/{application}/samples", Of(4)));
        await market.Owner("update certification.scheme set sample_count = 1 where code = 'PLANT-BATCH'");
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task No_pass_is_written_over_a_broken_limit_or_a_missing_test(bool failing, bool missing)
    {
        var (application, _) = await market.TestedCase(await market.ActiveFarm(), failing: failing);
        if (missing)
        {
            await market.Owner($"delete from certification.result where application = '{application}' and indicator = 'lead'");
        }

        string Approve(string verdict) => As(Role.LaboratorySupervisor)
            + $"insert into certification.result_approval (application, entry, verdict, findings) values ('{application}', 1, '{verdict}', '[]');";
        await market.Refused(Approve("pass"), "verdict-untrue");
        await market.AsApplication(Approve(failing ? "fail" : "incomplete"));
    }

    [Fact]
    public async Task The_retained_part_is_destroyed_by_who_holds_it_when_nobody_needs_it_any_more()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseAwaitingDecision(farm);
        var sample = await market.Scalar<Guid>($"select id from certification.sample where application = '{application}'");
        Task<HttpResponseMessage> Link(string by, string act) => market.Post(by, $"/v1/samples/{sample}/custody-events",
            new { act, part = "retained", happenedAt = market.Clock.GetUtcNow(), sealIntact = act == "received" ? true : (bool?)null });
        await Market.Body(await Link(Role.LaboratoryAnalyst, "received"));
        await Market.Body(await Link(Role.LaboratoryAnalyst, "stored"));
        await Market.Problem(await Link(Role.LaboratoryAnalyst, "destroyed"), HttpStatusCode.Conflict, "retained-needed");
        await Market.Body(await market.Decide(application, granted: false));
        await Market.Problem(await Link(Role.LaboratoryAnalyst, "destroyed"), HttpStatusCode.Conflict, "retained-needed");
        var appeal = await Market.Body(await market.Post(farm.Head, "/v1/appeals", new { application, ground = "The soil is clean." }));
        await market.Past($"update certification.decision set recorded_at = recorded_at - interval '31 days' where application = '{application}'", "certification.decision");
        await Market.Problem(await Link(Role.LaboratoryAnalyst, "destroyed"), HttpStatusCode.Conflict, "retained-needed");
        await Market.Body(await market.Post(farm.Head, $"/v1/appeals/{appeal["id"]}/withdrawal"));
        await Market.Problem(await Link(Role.Sampler, "destroyed"), HttpStatusCode.Conflict, "not-assigned");
        await market.Past($"""
            insert into certification.retest (id, application, sample, reason, note, laboratory, seed, analyst, supervisor, person)
            values (gen_random_uuid(), '{application}', '{sample}', 'dispute', 'Asked for.', gen_random_uuid(), 'x', gen_random_uuid(), gen_random_uuid(), gen_random_uuid())
            """, "certification.retest");
        await Market.Problem(await Link(Role.LaboratoryAnalyst, "destroyed"), HttpStatusCode.Conflict, "retained-needed");
        await market.Owner($"delete from certification.retest where sample = '{sample}'");
        await Market.Body(await Link(Role.LaboratoryAnalyst, "destroyed"));
    }

    [Fact]
    public async Task A_withdrawn_qualification_stays_withdrawn_and_a_calibration_is_signed_by_who_acts()
    {
        var id = Guid.NewGuid();
        await market.AsApplication(As(Role.QualityManager) + $"""
            insert into certification.qualification (id, person, organisation, scheme, part, valid_from, evidence)
            values ('{id}', gen_random_uuid(), '{market.Cast(Role.QualityManager).Organisation}', 'HALAL', 'reviewer', now()::date, 'A course.'); commit
            """);
        await market.Refused(As(Role.QualityManager) + $"update certification.qualification set withdrawn_by = gen_random_uuid(), withdrawn_at = now() where id = '{id}'", "wrong-stage");
        await market.AsApplication(As(Role.QualityManager)
            + $"update certification.qualification set withdrawn_by = kernel.person(), withdrawn_at = now() - interval '1 year' where id = '{id}'; commit");
        Assert.True(await market.Scalar<bool>($"select withdrawn_at > now() - interval '1 hour' from certification.qualification where id = '{id}'"));
        await market.Refused(As(Role.QualityManager) + $"update certification.qualification set withdrawn_by = null, withdrawn_at = null where id = '{id}'", "wrong-stage");
        await market.Refused(As(Role.DecisionMaker) + $"update certification.qualification set withdrawn_by = kernel.person(), withdrawn_at = now() where id = '{id}'", "wrong-stage");
        string Confirm(string role) => As(role) + $"update certification.qualification set confirmed_by = kernel.person(), confirmed_at = now() where id = '{id}'; commit";
        await market.AsApplication(Confirm(Role.DecisionMaker));
        await market.Refused(Confirm(Role.Reviewer), "second-person");
        await market.Refused(As(Role.DecisionMaker) + $"update certification.qualification set confirmed_at = now() - interval '1 year' where id = '{id}'", "second-person");

        await market.Refused(As(Role.LaboratorySupervisor) + $"""
            insert into certification.calibration (id, laboratory, equipment, name, certificate, calibrated_on, valid_until, person)
            values (gen_random_uuid(), gen_random_uuid(), 'AAS-1', 'Spectrometer', 'C-1', now()::date, now()::date, '{market.Cast(Role.Sampler).Person}')
            """, "not-assigned");
        await market.AsApplication(As(Role.LaboratorySupervisor) + $"""
            insert into certification.calibration (id, laboratory, equipment, name, certificate, calibrated_on, valid_until, recorded_at)
            values ('{id}', gen_random_uuid(), 'AAS-1', 'Spectrometer', 'C-1', now()::date, now()::date, now() - interval '1 year'); commit
            """);
        Assert.True(await market.Scalar<bool>($"select recorded_at > now() - interval '1 hour' from certification.calibration where id = '{id}'"));
    }

    [Fact]
    public async Task One_number_may_be_the_paper_of_two_products()
    {
        var farm = await market.ActiveFarm();
        foreach (var product in (string[])["potato", "carrot"])
        {
            var (application, _) = await market.DraftedCase(farm, product);
            await Market.Body(await market.HandIn(farm, application, "treatment-record", new { number = "T-77", issuer = "Okrug office" }));
        }

        var (again, _) = await market.DraftedCase(farm);
        await Market.Problem(await market.HandIn(farm, again, "treatment-record", new { number = "T-77", issuer = "Okrug office" }), HttpStatusCode.Conflict, "document-on-file");
    }

    [Theory]
    [InlineData("plan")]
    [InlineData("completeness")]
    [InlineData("submission")]
    public async Task Two_at_once_of_the_same_step_are_one_and_a_refusal(string step)
    {
        var farm = await market.ActiveFarm();
        var id = step switch
        {
            "plan" => (await market.CaseUnder(Market.Thorough, farm)).Application,
            "completeness" => (await market.SubmittedCase(farm)).Application,
            _ => (await market.DraftedCase(farm)).Application,
        };
        if (step == "completeness")
        {
            await market.HandInTheRest(id);
        }
        else if (step == "plan")
        {
            await Market.Body(await market.ReviewDocuments(id));
        }

        var answers = await market.Race($"select 1 from certification.application where id = '{id}' for update", 2, _ => step switch
        {
            "plan" => market.Post(Role.Sampler, $"/v1/applications/{id}/evaluation-plan", new { visit = false }),
            "completeness" => market.Post(Role.IntakeOfficer, $"/v1/applications/{id}/completeness", new { complete = true }),
            _ => market.Post(farm.Head, $"/v1/applications/{id}/submission"),
        });
        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
        var refused = answers.Single(answer => !answer.IsSuccessStatusCode);
        Assert.True(refused.StatusCode == HttpStatusCode.Conflict, await refused.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("   ")]
    [InlineData("😀😀")]
    [InlineData("a  ")]
    public async Task A_text_has_as_many_characters_as_it_shows(string text)
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseInReview(farm);
        foreach (var (by, path, body) in ((string, string, object)[])[
            (Role.Reviewer, $"/v1/applications/{application}/review", new { recommendGrant = true, reason = text }),
            (Role.DecisionMaker, $"/v1/applications/{application}/decision", new { granted = false, reason = text }),
            (Role.QualityManager, $"/v1/applications/{application}/pauses", new { reason = "force_majeure", evidence = text })])
        {
            await Market.Problem(await market.Post(by, path, body), HttpStatusCode.BadRequest, "invalid");
        }
    }

    private static IEnumerable<CertificationStage> Passed(CertificationStage stage)
    {
        yield return stage;
        foreach (var step in (CertificationStep[])[CertificationStep.Assign, CertificationStep.Skip, CertificationStep.Compare])
        {
            if (CertificationApplication.Next(stage, step) is { } next)
            {
                foreach (var further in Passed(next))
                {
                    yield return further;
                }
            }
        }
    }

    private static string Wire(CertificationStage stage) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(stage.ToString());

    private string As(string role) =>
        $"begin; select set_config('app.person', '{market.Cast(role).Person}', true), set_config('app.organisation', '{market.Cast(role).Organisation}', true);";
}
