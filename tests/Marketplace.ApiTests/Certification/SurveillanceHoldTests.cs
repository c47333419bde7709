using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

/// <summary>What follows a visit: suspension in the same commit, the quality manager's ruling, corrections and their term.</summary>
public sealed class SurveillanceHoldTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_critical_finding_suspends_everything_under_the_scheme_in_the_same_commit()
    {
        var (farm, scope, visit) = await market.MilkerToVisit();
        var lot = await market.DeclaredLot(farm, Market.Milk);
        var serial = Word(await Market.Body(await market.DeclareMilk(farm, scope, lot)), "certificate");
        await Market.Body(await market.Reserve(market.Cast(Role.RetailBuyer), lot, 50_000));
        var potatoes = await market.CertifiedLot(farm);

        await Market.Body(await market.RecordVisit(visit, Market.Finding("critical", "Antibiotics kept in the byre.")));
        Assert.Equal(("suspended", "suspended", "active"), (await ScopeState(scope), await StateOf(serial), await StateOf(potatoes.Serial)));
        Assert.Equal((1, 0L), ((await market.AccountOf(lot)).Holds, (await market.AccountOf(lot)).Reserved));
        Assert.Equal("rule-on-hold", await market.TasksOf(visit));
        Assert.Equal(market.Cast(Role.QualityManager).Person.Value,
            await market.Scalar<Guid>($"select responsible from work.task where subject = '{visit}' and kind = 'rule-on-hold' and closed_at is null"));
        Assert.Contains("Antibiotics kept in the byre.", (await Market.Body(await market.Get(farm.Head, "/v1/messages"))).ToJsonString(), StringComparison.Ordinal);

        // Nothing more is certified under the scheme until somebody ruled, whichever way it comes.
        await Market.Problem(await market.DeclareMilk(farm, scope, await market.DeclaredLot(farm, Market.Milk)), HttpStatusCode.Conflict, "scope-not-live");
        foreach (var path in new[] { $"scope-certificates/{scope}", $"certificates/{serial}" })
        {
            await Market.Problem(await market.Post(Role.QualityManager, $"/v1/{path}/reinstatement", new { reason = "Too early." }), HttpStatusCode.Conflict, "held-back");
        }

        var (application, _) = await market.CaseAwaitingDecision(farm, Market.Milk);
        await Market.Problem(await market.Decide(application, granted: true), HttpStatusCode.Conflict, "held-back");

        await Market.Body(await Rule(visit, confirmed: true));
        Assert.Equal("suspended", await StateOf(serial));
        Assert.Equal("", await market.TasksOf(visit));
        await Market.Body(await market.Post(Role.QualityManager, $"/v1/scope-certificates/{scope}/reinstatement", new { reason = "Corrected." }));
        await Market.Body(await market.DeclareMilk(farm, scope, await market.DeclaredLot(farm, Market.Milk)));
        await Market.Problem(await Rule(visit, confirmed: false), HttpStatusCode.Conflict, "nothing-to-hold");
    }

    [Fact]
    public async Task Lifting_gives_back_what_exactly_the_finding_suspended()
    {
        var (farm, scope, visit) = await market.MilkerToVisit();
        var (first, second) = (await market.DeclaredLot(farm, Market.Milk), await market.DeclaredLot(farm, Market.Milk));
        var one = Word(await Market.Body(await market.DeclareMilk(farm, scope, first)), "certificate");
        var two = Word(await Market.Body(await market.DeclareMilk(farm, scope, second)), "certificate");
        await Market.Body(await market.Post(Role.QualityManager, $"/v1/certificates/{two}/suspension", new { reason = "For itself." }));
        await Market.Body(await market.RecordVisit(visit, Market.Finding("critical")));
        await Market.Problem(await market.Post(Role.Sampler, $"/v1/surveillance-visits/{visit}/ruling", new { confirmed = false, reason = "Mine." }), HttpStatusCode.Forbidden, "forbidden");
        var stranger = await market.NewMember(Role.QualityManager, market.Cast(Role.RetailBuyer).Organisation);
        await Market.Problem(await market.Post(stranger, $"/v1/surveillance-visits/{visit}/ruling", new { confirmed = false, reason = "Mine." }), HttpStatusCode.NotFound, "not-found");
        await Market.Body(await Rule(visit, confirmed: false));
        Assert.Equal(("active", "active", "suspended"), (await ScopeState(scope), await StateOf(one), await StateOf(two)));
        Assert.Equal((0, 1), ((await market.AccountOf(first)).Holds, (await market.AccountOf(second)).Holds));
        await Market.Body(await market.DeclareMilk(farm, scope, await market.DeclaredLot(farm, Market.Milk)));
        var hold = Assert.Single((await market.ShownVisit(visit))["holds"]!.AsArray())!;
        Assert.Equal(("critical", false), (Word(hold, "cause"), hold["confirmed"]!.GetValue<bool>()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_certificate_of_the_same_moment_is_suspended_with_the_others_or_not_issued(bool byDecision)
    {
        var (farm, scope, visit) = await market.MilkerToVisit();
        var (application, lot) = byDecision ? await market.CaseAwaitingDecision(farm, Market.Milk) : (Guid.Empty, await market.DeclaredLot(farm, Market.Milk));
        var answers = await market.Race(
            $"select pg_advisory_xact_lock(certification.watch_key('{farm.Household}', 'MILK-DAILY'))", 2, at => at == 0
                ? market.RecordVisit(visit, Market.Finding("critical"))
                : byDecision ? market.Decide(application, granted: true) : market.DeclareMilk(farm, scope, lot));
        Assert.All(answers, answer => Assert.True((int)answer.StatusCode < 500, answer.StatusCode.ToString()));
        Assert.Equal(HttpStatusCode.NoContent, answers[0].StatusCode);
        Assert.Equal(0L, await market.Scalar<long>($"select count(*) from certification.certificate where household = '{farm.Household}' and state = 'active'"));
        var account = await market.AccountOf(lot);
        Assert.True(account.Certified == 0 || account.Holds == 1);
    }

    [Fact]
    public async Task Who_was_drawn_is_visited_for_it_once_a_year()
    {
        var farm = await market.ActiveFarm();
        await market.CertifiedLot(farm);
        await market.Surveil(randomPercent: 100);
        await Market.Body(await market.RecordVisit(await market.OpenVisit(farm)));
        await market.Surveil(randomPercent: 100);
        Assert.Equal(1L, await market.Scalar<long>($"select count(*) from certification.surveillance where household = '{farm.Household}'"));
    }

    /// <summary>The decision has issued its certificate and not committed when the visit is recorded: the record waits for it.</summary>
    [Fact]
    public async Task A_record_sees_the_certificate_that_is_being_issued()
    {
        var farm = await market.ActiveFarm();
        await market.CertifiedLot(farm);
        await market.Surveil(randomPercent: 100);
        var visit = await market.OpenVisit(farm);
        var (application, lot) = await market.CaseAwaitingDecision(farm);
        var answers = await market.Race($"select 1 from work.task where subject = '{application}' for update", 2, async at =>
        {
            while (at == 1 && await market.Scalar<long>("""
                select count(*) from pg_locks where not granted and pid in (select pid from pg_stat_activity where datname = current_database())
                """) == 0)
            {
                await Task.Delay(10);
            }

            return at == 0 ? await market.Decide(application, granted: true) : await market.RecordVisit(visit, Market.Finding("critical"));
        });
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NoContent), (answers[0].StatusCode, answers[1].StatusCode));
        Assert.Equal("suspended suspended", await market.Scalar<string>($"select string_agg(state::text, ' ') from certification.certificate where household = '{farm.Household}'"));
        Assert.Equal(1, (await market.AccountOf(lot)).Holds);
    }

    [Fact]
    public async Task The_database_holds_what_is_critical_and_lets_nobody_rule_on_their_own()
    {
        var (_, _, visit) = await market.MilkerToVisit();
        var sampler = market.Cast(Role.Sampler);
        var critical = $"""
            insert into certification.surveillance_visit (surveillance, visited_at, place, answers, reason, acknowledged) values ('{visit}', kernel.now(), 'Here.', '[]', 'Seen.', true);
            insert into certification.surveillance_finding (surveillance, number, severity, basis, text) values ('{visit}', 1, 'critical', 'Act.', 'Wrong.');
            """;
        await Refused(sampler, critical + "set constraints all immediate;", "not-held-back");
        await Refused(sampler, critical + $"insert into certification.surveillance_hold (surveillance, cause) values ('{visit}', 'critical'); set constraints all immediate;", "not-held-back");
        await Refused(sampler, critical + $"insert into certification.surveillance_hold (surveillance, cause) values ('{visit}', 'overdue');", "nothing-to-hold");

        await Market.Body(await market.RecordVisit(visit, Market.Finding("critical")));
        var ruling = $"insert into certification.surveillance_ruling (surveillance, cause, confirmed, reason) values ('{visit}', 'critical', false, 'Nothing.');";
        await Refused(market.Cast(Role.QualityManager), ruling, "not-assigned");
        await Refused(market.Cast(Role.DecisionMaker), As(Role.DecisionMaker) + ruling, "not-assigned");
        await Refused(sampler, As(Role.QualityManager) + ruling, "own-work");
        await Refused(market.Cast(Role.QualityManager), As(Role.QualityManager) + ruling.Replace("'Nothing.'", "'Nothing.', kernel.person()", StringComparison.Ordinal)
            .Replace("reason)", "reason, person)", StringComparison.Ordinal).Replace("kernel.person()", $"'{sampler.Person}'", StringComparison.Ordinal), "not-assigned");
        await Market.Body(await market.Post(Role.QualityManager, "/v1/interests", new
        {
            kind = "kinship", household = await market.Scalar<Guid>($"select household from certification.surveillance where id = '{visit}'"),
        }));
        await Market.Problem(await Rule(visit, confirmed: false), HttpStatusCode.Conflict, "conflict-of-interest");
    }

    [Fact]
    public async Task Only_one_of_two_rulings_at_once_counts()
    {
        var (_, _, visit) = await market.MilkerToVisit();
        await Market.Body(await market.RecordVisit(visit, Market.Finding("critical")));
        var answers = await market.Race($"select 1 from certification.surveillance where id = '{visit}' for update", 2, at => Rule(visit, confirmed: at == 0));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.NoContent);
        await Market.Problem(answers.Single(answer => answer.StatusCode != HttpStatusCode.NoContent), HttpStatusCode.Conflict, "hold-ruled");
    }

    [Fact]
    public async Task A_major_finding_is_corrected_and_verified_and_suspends_nothing_then()
    {
        var (farm, scope, visit) = await market.MilkerToVisit();
        await Market.Body(await market.RecordVisit(visit, Market.Finding("major"), Market.Finding("minor")));
        Assert.Equal(("active", "correct-finding"), (await ScopeState(scope), await market.TasksOf(visit)));
        await Market.Problem(await Verify(visit, accepted: true), HttpStatusCode.Conflict, "no-correction");
        var other = await market.ActiveFarm();
        await Market.Problem(await Correct(other.Head, visit), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await Correct(farm.Head, visit, 7), HttpStatusCode.NotFound, "not-found");
        await Refused(market.Cast(Role.Sampler), Correction(visit), "not-assigned");
        await Market.Body(await Correct(farm.Head, visit));
        await Market.Problem(await Correct(farm.Head, visit), HttpStatusCode.Conflict, "nothing-to-correct");
        Assert.Equal("verify-finding", await market.TasksOf(visit));
        await Refused(market.Cast(Role.Reviewer), $"update certification.surveillance_correction set accepted = true, checked_by = kernel.person(), checked_at = now() where surveillance = '{visit}'", "not-assigned");
        await Market.Problem(await Verify(visit, accepted: false), HttpStatusCode.BadRequest, "verification-reason");
        await Market.Body(await Verify(visit, accepted: false, "It is of another byre."));
        Assert.Equal("correct-finding", await market.TasksOf(visit));
        await Market.Body(await Correct(farm.Head, visit));
        await Market.Body(await Verify(visit, accepted: true));
        Assert.Equal("", await market.TasksOf(visit));
        await Market.Problem(await Verify(visit, accepted: true), HttpStatusCode.Conflict, "no-correction");
        await Market.Problem(await Correct(farm.Head, visit), HttpStatusCode.Conflict, "nothing-to-correct");
        var findings = (await market.ShownVisit(visit))["findings"]!.AsArray();
        Assert.Equal([true, false], findings.Select(one => one!["settled"]!.GetValue<bool>()));
        await Market.Body(await Correct(farm.Head, visit, 2));
    }

    [Fact]
    public async Task A_correction_that_never_comes_suspends_when_its_term_is_over()
    {
        var (farm, scope, visit) = await market.MilkerToVisit();
        var (punctual, kept, second) = await market.MilkerToVisit();
        await Market.Body(await market.RecordVisit(visit, Market.Finding("major")));
        await Market.Body(await market.RecordVisit(second, Market.Finding("major")));
        await Market.Body(await Correct(punctual.Head, second));
        await market.Advance(TimeSpan.FromDays(29));
        try
        {
            await Market.Problem(await Correct(farm.Head, visit), HttpStatusCode.Conflict, "correction-overdue");
            await market.Surveil();
            Assert.Equal(("suspended", "active"), (await ScopeState(scope), await ScopeState(kept)));
            Assert.Equal("overdue", Word(Assert.Single((await market.ShownVisit(visit))["holds"]!.AsArray())!, "cause"));
            Assert.Contains("rule-on-hold", await market.TasksOf(visit), StringComparison.Ordinal);
            await market.Surveil();
            await Market.Body(await Rule(visit, confirmed: false));
            Assert.Equal("active", await ScopeState(scope));
            await market.Surveil();
            Assert.Equal("active", await ScopeState(scope));

            // What was handed in late enough to be verified after the term, and then turned down, is overdue.
            await Market.Body(await Verify(second, accepted: false, "Nothing changed."));
            await market.Surveil();
            Assert.Equal("suspended", await ScopeState(kept));
        }
        finally
        {
            await market.Advance(TimeSpan.FromDays(-29));
        }
    }

    [Fact]
    public async Task Visits_without_findings_come_less_often_and_with_findings_more_often()
    {
        var (farm, scope, first) = await market.MilkerToVisit();
        await market.Past($"update certification.scope set valid_until = valid_until + interval '5 years' where number = '{scope}'", "certification.scope");
        await market.Owner("update identity.credential set expires_at = expires_at + interval '5 years'");
        var days = 0;
        try
        {
            await Market.Body(await market.RecordVisit(first));
            await NotDueFor(151);

            // Two visits a year: half a year less the month that a visitor has.
            await Due(1, "regular");
            await NotDueFor(333);
            await Due(1, "regular", Market.Finding("minor"));
            await NotDueFor(60);
            await Due(1, "regular", Market.Finding("major"));
        }
        finally
        {
            await market.Advance(TimeSpan.FromDays(-days));
        }

        async Task NotDueFor(int more)
        {
            await market.Advance(TimeSpan.FromDays(more));
            days += more;
            await market.Surveil();
            Assert.Equal(0L, await market.Scalar<long>($"select count(*) from certification.surveillance where household = '{farm.Household}' and state = 'open'"));
        }

        async Task Due(int more, string reason, params object[] findings)
        {
            await market.Advance(TimeSpan.FromDays(more));
            days += more;
            await market.Surveil();
            var visit = await market.OpenVisit(farm);
            Assert.Equal(reason, await market.Scalar<string>($"select string_agg(reason::text, ' ') from certification.surveillance_cause where surveillance = '{visit}'"));
            await Market.Body(await market.RecordVisit(visit, findings));
        }
    }

    private Task<HttpResponseMessage> Rule(Guid visit, bool confirmed) =>
        market.Post(Role.QualityManager, $"/v1/surveillance-visits/{visit}/ruling", new { confirmed, reason = "Seen the record." });

    private Task<HttpResponseMessage> Correct(Market.Member by, Guid visit, int finding = 1) =>
        market.Post(by, $"/v1/surveillance-visits/{visit}/findings/{finding}/corrections", new { text = "It is put right." });

    private Task<HttpResponseMessage> Verify(Guid visit, bool accepted, string? reason = null, int finding = 1) =>
        market.Post(Role.Sampler, $"/v1/surveillance-visits/{visit}/findings/{finding}/verification", new { accepted, reason });

    private static string Correction(Guid visit) =>
        $"insert into certification.surveillance_correction (surveillance, finding, number, text) values ('{visit}', 1, 1, 'Put right.')";

    private async Task<string> ScopeState(string scope) => Word(await Market.Body(await market.Get((string?)null, $"/v1/scope-certificates/{scope}")), "state");

    private async Task<string> StateOf(string serial) => Word(await Market.Body(await market.Get((string?)null, $"/v1/certificates/{serial}")), "state");

    private static string As(string role) => $"select set_config('app.roles', '{role}', true);";

    private static string Word(JsonNode node, string member) => node[member]!.GetValue<string>();

    private async Task Refused(Market.Member by, string sql, string code) => Assert.Equal(code, (await Assert.ThrowsAsync<PostgresException>(
        () => market.AsApplication($"begin; select set_config('app.person', '{by.Person}', true); {sql}"))).ConstraintName);
}
