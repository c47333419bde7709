using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Certification;

public sealed class RetestTests(Market market) : IClassFixture<Market>
{
    private static (Market.Member Analyst, Market.Member Supervisor)? seconds;
    private Market.Member analyst = null!;
    private Market.Member supervisor = null!;

    [Fact]
    public async Task A_retest_by_another_laboratory_takes_the_place_of_the_first_results()
    {
        var (application, sample) = await Reviewed(nitrates: 300);
        var path = $"/v1/applications/{application}";
        var ordered = await Market.Body(await market.Post(Role.Reviewer, path + "/retests", new { reason = "near_limit", note = "Close to the limit.", indicators = new[] { "nitrates" } }));
        var retest = ordered["id"]!.GetValue<Guid>();
        Assert.Equal((analyst.Organisation!.Value.Value, analyst.Person.Value, supervisor.Person.Value),
            (ordered["laboratory"]!.GetValue<Guid>(), ordered["analyst"]!.GetValue<Guid>(), ordered["supervisor"]!.GetValue<Guid>()));
        await Market.Problem(await market.Post(Role.QualityManager, path + "/retests", new { reason = "dispute", note = "Twice." }), HttpStatusCode.Conflict, "retest-ordered");
        var order = (await Market.Body(await market.Get(analyst, "/v1/test-orders")))["items"]!.AsArray().Single(one => one!["retest"]?.GetValue<Guid>() == retest);
        Assert.Equal(["nitrates"], order!["tests"]!.AsArray().Select(test => test!["indicator"]!.GetValue<string>()));

        // Meanwhile the decision waits, and the people of the first test stay out.
        await Market.Body(await market.Post(Role.Reviewer, path + "/review", new { recommendGrant = true, reason = "After the re-test." }));
        await Market.Problem(await market.Decide(application, granted: false), HttpStatusCode.Conflict, "retest-open");
        object[] sheet = [new { indicator = "nitrates", value = 100, unit = "mg/kg", method = "GOST 1" }];
        await Market.Problem(await market.Post(Role.LaboratoryAnalyst, $"/v1/retests/{retest}/results", new { values = sheet }), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Post(supervisor, $"/v1/retests/{retest}/approval"), HttpStatusCode.Conflict, "no-results");
        var colleague = await market.NewMember(Role.LaboratoryAnalyst, analyst.Organisation);
        await Market.Problem(await market.Post(colleague, $"/v1/retests/{retest}/results", new { values = sheet }), HttpStatusCode.Conflict, "not-assigned");
        await market.Owner($"update identity.role_assignment set valid_until = kernel.now() where person_id = '{colleague.Person}'");
        await Market.Problem(await market.Post(analyst, $"/v1/retests/{retest}/results", new { values = Market.GoodResults("potato") }), HttpStatusCode.BadRequest, "tests-as-ordered");
        Assert.Equal("pass", (await Market.Body(await market.Post(analyst, $"/v1/retests/{retest}/results", new { values = sheet })))["verdict"]!.GetValue<string>());
        await Market.Problem(await market.Decide(application, granted: true), HttpStatusCode.Conflict, "retest-open");
        await Market.Body(await market.Post(supervisor, $"/v1/retests/{retest}/approval"));
        await Market.Problem(await market.Post(supervisor, $"/v1/retests/{retest}/approval"), HttpStatusCode.Conflict, "wrong-stage");

        var seen = (await Market.Body(await market.Get(Role.Auditor, path + "/retests")))[0]!;
        Assert.Equal(("fail", "pass", true), (seen["firstVerdict"]!.GetValue<string>(), seen["verdict"]!.GetValue<string>(), seen["counts"]!.GetValue<bool>()));
        Assert.Equal((300m, 100m), (seen["values"]![0]!["first"]!["value"]!.GetValue<decimal>(), seen["values"]![0]!["second"]!["value"]!.GetValue<decimal>()));
        Assert.Equal("pass", (await market.ReadCase(application))["results"]!["verdict"]!.GetValue<string>());
        await Market.Body(await market.Decide(application, granted: true));
        Assert.Equal(2, await market.Scalar<long>($"select count(*) from certification.result_entry where sample = '{sample}'"));
    }

    [Fact]
    public async Task After_the_decision_a_retest_is_evidence_for_an_appeal_only()
    {
        var (application, _) = await Reviewed(nitrates: 50);
        await Market.Body(await market.Post(Role.Reviewer, $"/v1/applications/{application}/review", new { recommendGrant = true, reason = "Fine." }));
        await Market.Body(await market.Decide(application, granted: true));
        var path = $"/v1/applications/{application}/retests";
        await Market.Problem(await market.Post(Role.QualityManager, path, new { reason = "near_limit", note = "Too late." }), HttpStatusCode.Conflict, "wrong-stage");
        var retest = (await Market.Body(await market.Post(Role.QualityManager, path, new { reason = "appeal", note = "The buyer doubts it.", indicators = new[] { "nitrates" } })))["id"]!.GetValue<Guid>();
        object[] sheet = [new { indicator = "nitrates", value = 400, unit = "mg/kg", method = "GOST 1" }];
        await Market.Body(await market.Post(analyst, $"/v1/retests/{retest}/results", new { values = sheet }));
        await market.Refused($"""
            begin; select set_config('app.person', '{supervisor.Person}', true);
            insert into certification.retest_approval (retest, application, entry, verdict, findings) values ('{retest}', '{application}', 2, 'pass', '[]')
            """, "verdict-untrue");
        await Market.Body(await market.Post(supervisor, $"/v1/retests/{retest}/approval"));
        var seen = (await Market.Body(await market.Get(Role.Auditor, path)))[0]!;
        Assert.Equal(("pass", "fail", false), (seen["firstVerdict"]!.GetValue<string>(), seen["verdict"]!.GetValue<string>(), seen["counts"]!.GetValue<bool>()));
        Assert.Equal(("granted", "pass"), ((await market.ReadCase(application))["stage"]!.GetValue<string>(), (await market.ReadCase(application))["results"]!["verdict"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_retained_part_whose_seal_was_broken_ends_the_retest_and_the_first_results_stand()
    {
        var (application, sample) = await Reviewed(nitrates: 50);
        var path = $"/v1/applications/{application}";
        var retest = (await Market.Body(await market.Post(Role.Reviewer, path + "/retests", new { reason = "dispute", note = "Asked for." })))["id"]!.GetValue<Guid>();
        object Link(string act, bool? intact = null) => new { act, part = "retained", happenedAt = market.Clock.GetUtcNow(), sealIntact = intact, toOrganisation = act == "handed_over" ? analyst.Organisation : null };
        await Market.Body(await market.Post(Role.Sampler, $"/v1/samples/{sample}/custody-events", Link("handed_over")));
        await Market.Problem(await market.Post(analyst, $"/v1/retests/{retest}/results", new { values = Market.GoodResults("potato") }), HttpStatusCode.Conflict, "not-received");
        await Market.Problem(await market.Post(Role.LaboratoryAnalyst, $"/v1/samples/{sample}/custody-events", Link("received", true)), HttpStatusCode.Conflict, "wrong-laboratory");
        await Market.Body(await market.Post(analyst, $"/v1/samples/{sample}/custody-events", Link("received", false)));
        await Market.Problem(await market.Post(analyst, $"/v1/retests/{retest}/results", new { values = Market.GoodResults("potato") }), HttpStatusCode.Conflict, "sample-void");
        Assert.True((await Market.Body(await market.Get(Role.Auditor, path + "/retests")))[0]!["void"]!.GetValue<bool>());
        await Market.Body(await market.Post(Role.Reviewer, path + "/review", new { recommendGrant = true, reason = "The first stands." }));
        await Market.Body(await market.Decide(application, granted: true));
    }

    [Fact]
    public async Task A_decision_and_an_order_at_the_same_moment_do_not_both_win()
    {
        var (application, _) = await Reviewed(nitrates: 50);
        await Market.Body(await market.Post(Role.Reviewer, $"/v1/applications/{application}/review", new { recommendGrant = true, reason = "Fine." }));
        var answers = await market.Race($"select 1 from certification.application where id = '{application}' for update", 2, at => at == 0
            ? market.Decide(application, granted: true)
            : market.Post(Role.QualityManager, $"/v1/applications/{application}/retests", new { reason = "near_limit", note = "At once." }));
        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task A_retest_needs_a_retained_part_approved_results_and_the_right_asker()
    {
        var (application, _) = await market.TestedCase(await market.ActiveFarm());
        var path = $"/v1/applications/{application}/retests";
        var order = new { reason = "dispute", note = "Asked for." };
        await Market.Problem(await market.Post(Role.Reviewer, path, order), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Body(await market.Post(Role.LaboratorySupervisor, $"/v1/applications/{application}/results/approval"));
        var sample = (await Market.Body(await market.Get(Role.Auditor, $"/v1/applications/{application}/samples")))[0]!["id"]!.GetValue<Guid>();
        await Market.Body(await market.Post(Role.LaboratoryAnalyst, $"/v1/samples/{sample}/custody-events",
            new { act = "received", part = "retained", happenedAt = market.Clock.GetUtcNow(), sealIntact = false }));
        await Market.Problem(await market.Post(Role.Reviewer, path, order), HttpStatusCode.Conflict, "no-retained-part");
        await Market.Problem(await market.Post(Role.Reviewer, path, new { reason = "dispute", note = "Asked.", indicators = new[] { "cs137" } }), HttpStatusCode.BadRequest, "unknown-indicator");
        var colleague = await market.NewMember(Role.Reviewer, market.Cast(Role.Reviewer).Organisation);
        await Market.Problem(await market.Post(colleague, path, order), HttpStatusCode.Conflict, "not-assigned");
        var stranger = await market.NewMember(Role.QualityManager, market.Cast(Role.RetailBuyer).Organisation);
        await Market.Problem(await market.Post(stranger, path, order), HttpStatusCode.NotFound, "not-found");
        await market.Owner($"update identity.role_assignment set valid_until = kernel.now() where person_id = '{colleague.Person}'");
    }

    [Fact]
    public async Task The_database_keeps_the_people_of_a_retest_apart_and_the_decision_waiting()
    {
        var (application, sample) = await Reviewed(nitrates: 50);
        string Insert(PersonId first, PersonId second, string by, string reason = "dispute") => $"""
            begin; select set_config('app.person', '{market.Cast(by).Person}', true);
            insert into certification.retest (id, application, sample, reason, note, laboratory, seed, analyst, supervisor)
            values (gen_random_uuid(), '{application}', '{sample}', '{reason}', 'Asked for.', '{analyst.Organisation}', 'x', '{first}', '{second}');
            """;
        await market.Refused(Insert(market.Cast(Role.LaboratoryAnalyst).Person, supervisor.Person, Role.Reviewer), "own-work");
        await market.Refused(Insert(analyst.Person, market.Cast(Role.LaboratorySupervisor).Person, Role.Reviewer), "own-work");
        await market.Refused(Insert(analyst.Person, analyst.Person, Role.Reviewer), "own-work");
        await market.AsApplication(Insert(analyst.Person, supervisor.Person, Role.Reviewer) + "commit");
        var retest = await market.Scalar<Guid>($"select id from certification.retest where application = '{application}'");
        await Market.Body(await market.Post(Role.Reviewer, $"/v1/applications/{application}/review", new { recommendGrant = true, reason = "Fine." }));
        await market.Refused($"begin; select set_config('app.person', '{market.Cast(Role.DecisionMaker).Person}', true); insert into certification.decision (application, granted, reason) values ('{application}', true, 'Now.')", "retest-open");
        string Entry(PersonId by) => $"begin; select set_config('app.person', '{by}', true); insert into certification.result_entry (application, number, sample, retest) values ('{application}', 2, '{sample}', '{retest}');";
        await market.Refused(Entry(market.Cast(Role.LaboratoryAnalyst).Person), "not-assigned");
        await market.AsApplication(Entry(analyst.Person) + "commit");
        string Approve(PersonId by) => $"begin; select set_config('app.person', '{by}', true); insert into certification.retest_approval (retest, application, entry, verdict, findings) values ('{retest}', '{application}', 2, 'pass', '[]');";
        await market.Refused(Approve(analyst.Person), "own-work");
        await market.Refused(Approve(market.Cast(Role.LaboratorySupervisor).Person), "not-assigned");
        await market.AsApplication(Approve(supervisor.Person) + "commit");
        await market.Refused(Entry(analyst.Person).Replace(", 2,", ", 3,", StringComparison.Ordinal), "wrong-stage");
    }

    private async Task<(Guid Application, Guid Sample)> Reviewed(double nitrates)
    {
        var (application, _) = await market.AcceptedCase(await market.ActiveFarm());
        var seal = $"R-{application:N}"[..20];
        var sample = (await Market.Body(await market.Post(Role.Sampler, $"/v1/applications/{application}/samples", new
        {
            takenAt = market.Clock.GetUtcNow().AddSeconds(-2), quantity = new { amount = 1000, unit = "GRM" }, sealNumber = seal,
            retained = new { quantity = new { amount = 400, unit = "GRM" }, sealNumber = seal + "-2" },
        })))["id"]!.GetValue<Guid>();
        await Market.Body(await market.EnterResults(application, new[] { Market.Value("lead", 0.1), Market.Value("arsenic", 0.05), Market.Value("nitrates", nitrates) }));
        await Market.Body(await market.Post(Role.LaboratorySupervisor, $"/v1/applications/{application}/results/approval"));
        if (seconds is null)
        {
            // Only now, so that the case went to the first laboratory.
            var made = await Market.Body(await market.Post(Role.PlatformAdministrator, "/v1/organisations", new { kind = "laboratory", name = "Ekinshi", territory = Market.District }));
            var second = OrganisationId.From(made["id"]!.GetValue<Guid>());
            seconds = (await market.NewMember(Role.LaboratoryAnalyst, second), await market.NewMember(Role.LaboratorySupervisor, second));
        }

        (analyst, supervisor) = seconds.Value;
        return (application, sample);
    }
}
