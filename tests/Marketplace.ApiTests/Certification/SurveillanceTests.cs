using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

public sealed class SurveillanceTests(Market market) : IClassFixture<Market>, IAsyncLifetime
{
    private readonly List<Market.Member> colleagues = [];

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Colleagues of a test leave with it: the next one's cases are drawn among the cast again.</summary>
    public async Task DisposeAsync()
    {
        foreach (var one in colleagues)
        {
            await market.Owner($"delete from identity.role_assignment where person_id = '{one.Person}'");
        }

        await market.Owner($"update identity.role_assignment set valid_until = null where person_id = '{market.Cast(Role.Sampler).Person}'");
    }

    [Fact]
    public async Task A_new_producer_of_what_spoils_is_visited_announced_by_one_named_person()
    {
        var (farm, _, visit) = await market.MilkerToVisit();
        await market.Surveil();
        Assert.Equal(visit, await market.OpenVisit(farm));
        var shown = await market.ShownVisit(visit);
        Assert.Equal(["new_producer 30", "product_risk 30"], Reasons(shown));
        Assert.Equal((true, market.Today.AddDays(30)), (shown["visit"]!["announced"]!.GetValue<bool>(), DateOnly.Parse(Word(shown["visit"]!, "dueOn"))));
        Assert.Equal(market.Cast(Role.Sampler).Person.Value, shown["visit"]!["sampler"]!.GetValue<Guid>());
        Assert.Equal("surveillance-visit", await market.TasksOf(visit));
        var draw = Assert.Single(shown["draws"]!.AsArray())!;
        Assert.Equal("surveillance", Word(draw, "cause"));
        Assert.Null(Marketplace.Certification.DrawReplay.Fault(CertificationApplicationId.From(visit),
            System.Text.Json.JsonSerializer.Deserialize<Marketplace.Certification.DrawDetails>(draw.ToJsonString(), Market.Wire)!));

        foreach (var side in (Market.Member[])[farm.Head, market.Cast(Role.CooperativeManager), market.Cast(Role.Sampler), market.Cast(Role.QualityManager)])
        {
            var listed = (await Market.Body(await market.Get(side, $"/v1/surveillance-visits?household={farm.Household}")))["items"]!.AsArray();
            Assert.Equal(visit, Assert.Single(listed)!["id"]!.GetValue<Guid>());
        }

        Assert.Empty(Reasons(await Market.Body(await market.Get(farm.Head, $"/v1/surveillance-visits/{visit}"))));
        Assert.Contains(market.Today.AddDays(30).ToString("yyyy-MM-dd"), (await Market.Body(await market.Get(farm.Head, "/v1/messages"))).ToJsonString(), StringComparison.Ordinal);
        var stranger = await market.ActiveFarm();
        await Market.Problem(await market.Get(stranger.Head, $"/v1/surveillance-visits/{visit}"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get(stranger.Head, $"/v1/surveillance-visits?household={farm.Household}"), HttpStatusCode.NotFound, "not-found");
        Assert.Empty((await Market.Body(await market.Get(Role.Reviewer, "/v1/surveillance-visits")))["items"]!.AsArray());
        Assert.Empty((await Market.Body(await market.Get(await market.NewMember(Role.QualityManager, market.Cast(Role.RetailBuyer).Organisation), "/v1/surveillance-visits")))["items"]!.AsArray());
    }

    [Fact]
    public async Task A_producer_of_potatoes_is_not_visited_for_being_new()
    {
        var farm = await market.ActiveFarm();
        await market.CertifiedLot(farm);
        await market.Surveil();
        Assert.Equal(0L, await market.Scalar<long>($"select count(*) from certification.surveillance where household = '{farm.Household}'"));
    }

    [Fact]
    public async Task Past_findings_weigh_within_two_years_and_the_critical_twice()
    {
        Assert.Equal("", await WithFinding("minor", 1));
        Assert.Equal("past_findings 50", await WithFinding("major", 1));
        Assert.Equal("past_findings 100", await WithFinding("critical", 1));
        Assert.Equal("", await WithFinding("major", 800));

        async Task<string> WithFinding(string severity, int daysAgo)
        {
            var farm = await market.ActiveFarm();
            var (_, application, _) = await market.CertifiedLot(farm);
            await market.Past($"""
                update certification.certificate set issued_at = issued_at - interval '2 years' where household = '{farm.Household}';
                insert into certification.nonconformity (id, application, number, severity, basis, text, stage, part, due_at, person, recorded_at)
                select gen_random_uuid(), '{application}', 1, '{severity}', 'Act.', 'Wrong.', 'sampling', 'sampler', at + interval '1 day', '{market.Cast(Role.Sampler).Person}', at
                  from (select kernel.now() - interval '{daysAgo} days' as at) x
                """, "certification.certificate", "certification.nonconformity");
            await market.Surveil();
            return await market.Scalar<string>($"""
                select coalesce(string_agg(c.reason || ' ' || c.points, ' '), '') from certification.surveillance v
                  join certification.surveillance_cause c on c.surveillance = v.id where v.household = '{farm.Household}'
                """);
        }
    }

    [Fact]
    public async Task An_over_claim_after_the_schemes_own_visit_brings_an_unannounced_one_that_nobody_of_the_household_can_see()
    {
        var (farm, scope, first) = await market.MilkerToVisit();
        await Market.Body(await market.RecordVisit(first));
        await market.Surveil();
        Assert.Equal(0L, await market.Scalar<long>($"select count(*) from certification.surveillance where household = '{farm.Household}' and state = 'open'"));

        await Market.Body(await market.Holdings(farm, new { kind = "cows", amount = 2 }));
        var declared = await Market.Body(await market.DeclareMilk(farm, scope, await market.DeclaredLot(farm, Market.Milk, 400_000)));
        await market.Surveil();
        var visit = await market.OpenVisit(farm);
        var shown = await market.ShownVisit(visit);
        Assert.Equal(["over_claim 100", "product_risk 30"], Reasons(shown));
        Assert.Equal((false, market.Today.AddDays(7)), (shown["visit"]!["announced"]!.GetValue<bool>(), DateOnly.Parse(Word(shown["visit"]!, "dueOn"))));

        var agent = await market.NewMember(Role.VillageAgent, null, Market.Village);
        await Market.Body(await market.Post(farm.Head, $"/v1/households/{farm.Household}/agents", new
        {
            agent = agent.Person, consentVersion = "2026-1", validUntil = market.Clock.GetUtcNow().AddMonths(1),
        }));
        Market.Member[] side = [farm.Head, agent, market.Cast(Role.CooperativeManager), market.Cast(Role.OkrugAkim), market.Cast(Role.DistrictOfficer)];
        string[] ids =
        [
            visit.ToString(), farm.Household.ToString(), Word(declared, "lot"), Word(declared, "certificate"), scope, Market.Village, Market.District,
            await market.Scalar<string>($"select application::text from certification.surveillance where id = '{visit}'"),
        ];
        Assert.Empty(await Seen(side, ids, visit));
        foreach (var member in side)
        {
            Assert.NotEqual(HttpStatusCode.OK, (await market.Get(member, $"/v1/surveillance-visits/{visit}")).StatusCode);
        }

        // Once it was made, they see it with its reasons.
        await Market.Body(await market.RecordVisit(visit));
        Assert.Contains("over_claim 100", Reasons(await Market.Body(await market.Get(farm.Head, $"/v1/surveillance-visits/{visit}"))));
        Assert.NotEmpty(await Seen([farm.Head], [visit.ToString()], visit));
    }

    [Fact]
    public async Task A_case_of_an_over_claim_visits_by_itself_and_one_that_was_dropped_is_visited_for()
    {
        var farm = await market.ActiveFarm();
        await market.CertifiedLot(farm, "potato", 1_000_000);
        await Market.Body(await market.Holdings(farm, new { kind = "arable", amount = 100 }));
        var (application, _) = await market.SubmittedCase(farm, "potato", 5_000_000);
        await market.Surveil();
        Assert.Equal(0L, await market.Scalar<long>($"select count(*) from certification.surveillance where household = '{farm.Household}'"));
        await Market.Body(await market.Post(farm.Head, $"/v1/applications/{application}/withdrawal"));
        await market.Surveil();
        Assert.Contains("over_claim 100", Reasons(await market.ShownVisit(await market.OpenVisit(farm))));
    }

    [Fact]
    public async Task A_record_is_made_once_by_whoever_was_drawn_of_a_time_that_has_been()
    {
        var (farm, _, visit) = await market.MilkerToVisit();
        var colleague = await Colleague();
        await Market.Problem(await market.RecordVisit(colleague, visit, []), HttpStatusCode.Conflict, "not-assigned");
        var abroad = await market.NewMember(Role.Sampler, market.Cast(Role.RetailBuyer).Organisation);
        await Market.Problem(await market.RecordVisit(abroad, visit, []), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.RecordVisit(market.Cast(Role.QualityManager), visit, []), HttpStatusCode.Forbidden, "forbidden");
        var now = market.Clock.GetUtcNow();
        await Market.Problem(await Record(at: now.AddMinutes(5)), HttpStatusCode.Conflict, "visit-in-future");
        await Market.Problem(await Record(at: now.AddHours(-2)), HttpStatusCode.Conflict, "visit-too-early");
        var (own, others) = (await market.DeclaredLot(farm, Market.Milk), await market.DeclaredLot(await market.ActiveFarm(), Market.Milk));
        await Market.Problem(await Record(counts: [Counted(others, "MLT")]), HttpStatusCode.Conflict, "foreign-lot");
        await Market.Problem(await Record(counts: [Counted(own, "GRM")]), HttpStatusCode.Conflict, "foreign-lot");
        await Market.Problem(await Record(counts: [Counted(own, "MLT"), Counted(own, "MLT")]), HttpStatusCode.Conflict, "repeated-lot");
        await Market.Problem(await market.Post(Role.Sampler, $"/v1/surveillance-visits/{visit}/record", new
        {
            visitedAt = now, place = "Here.", reason = "Seen.", acknowledged = false,
        }), HttpStatusCode.BadRequest, "remark-missing");
        await Market.Problem(await market.Post(Role.Sampler, $"/v1/surveillance-visits/{visit}/record", new
        {
            visitedAt = now, place = "Here.", reason = "Seen.", acknowledged = true, answers = (object[])[Market.Answer("weather")],
        }), HttpStatusCode.BadRequest, "unknown-check");

        await Market.Body(await Record(counts: [Counted(own, "MLT")]));
        await Market.Problem(await Record(), HttpStatusCode.Conflict, "visit-recorded");
        var shown = await market.ShownVisit(visit);
        Assert.Equal(("recorded", 90_000L), (Word(shown["visit"]!, "state"), shown["record"]!["counts"]![0]!["quantity"]!["amount"]!.GetValue<long>()));
        Assert.Equal("", await market.TasksOf(visit));

        Task<HttpResponseMessage> Record(DateTimeOffset? at = null, object[]? counts = null) => market.RecordVisit(market.Cast(Role.Sampler), visit, [], counts, at);
    }

    [Fact]
    public async Task Only_one_of_four_records_at_once_counts()
    {
        var (_, _, visit) = await market.MilkerToVisit();
        var answers = await market.Race($"select 1 from certification.surveillance where id = '{visit}' for update", 4, _ => market.RecordVisit(visit));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.NoContent);
        foreach (var lost in answers.Where(answer => answer.StatusCode != HttpStatusCode.NoContent))
        {
            await Market.Problem(lost, HttpStatusCode.Conflict, "visit-recorded");
        }
    }

    [Fact]
    public async Task The_database_lets_nobody_visit_record_or_write_for_another()
    {
        var (farm, _, visit) = await market.MilkerToVisit();
        var sampler = market.Cast(Role.Sampler);
        var colleague = await Colleague();
        await Refused(colleague, Record(visit), "not-assigned");
        await Refused(colleague, Record(visit, sampler.Person.ToString()), "not-assigned");
        await Refused(sampler, $"select set_config('app.household', '{farm.Household}', true);" + Record(visit), "own-work");
        await Refused(sampler, Record(visit, at: "now() + interval '1 hour'"), "visit-in-future");
        await Refused(sampler, Record(visit, at: "now() - interval '1 hour'"), "visit-too-early");
        foreach (var (person, code) in ((string, string)[])[
            (market.Cast(Role.Reviewer).Person.ToString(), "own-work"), (farm.Head.Person.ToString(), "own-work"), (colleague.Person.ToString(), "not-drawn")])
        {
            await Refused(sampler, $"update certification.surveillance set sampler = '{person}' where id = '{visit}'", code);
        }

        await Refused(sampler, Finding(visit, "minor"), "not-assigned");
        await Market.Body(await market.RecordVisit(visit));
        await Refused(sampler, Record(visit), "visit-recorded");
        await Refused(sampler, Finding(visit, "minor"), "not-assigned");
        await Refused(sampler, $"insert into certification.surveillance_count (surveillance, lot, counted, unit) values ('{visit}', gen_random_uuid(), 1, 'MLT')", "not-assigned");
        await Refused(sampler, $"insert into certification.surveillance_hold (surveillance, cause) values ('{visit}', 'critical')", "nothing-to-hold");
        foreach (var sql in (string[])["update certification.surveillance set state = 'open'", "update certification.surveillance set announced = true",
            "delete from certification.surveillance_visit", "update certification.surveillance_finding set severity = 'minor'", "delete from certification.surveillance_hold",
            "update certification.surveillance_ruling set confirmed = false", "update certification.random_pick set chosen = false",
            "update certification.surveillance_weight set points = 0", "update certification.product_risk set class = 0"])
        {
            Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication(sql))).SqlState);
        }

    }

    [Fact]
    public async Task Whoever_evaluated_the_case_comes_last_and_who_left_or_has_an_interest_is_replaced()
    {
        var sampler = market.Cast(Role.Sampler);
        var (farm, _) = await market.Milker();
        var others = new[] { await Colleague(), await Colleague() };
        await market.Surveil();
        var visit = await market.OpenVisit(farm);
        var first = await Visitor(visit);
        Assert.Contains(first, others.Select(one => one.Person.Value));

        // A telephone of the household's own people, and an interest: neither visits.
        var drawn = others.Single(one => one.Person.Value == first);
        var left = others.Single(one => one.Person.Value != first);
        await Market.Body(await market.Post(drawn, "/v1/interests", new { kind = "kinship", household = farm.Household }));
        await Refused(drawn, Record(visit), "conflict-of-interest");
        await market.Surveil();
        Assert.Equal(left.Person.Value, await Visitor(visit));
        Assert.Equal(left.Person.Value, await market.Scalar<Guid>($"select responsible from work.task where subject = '{visit}' and closed_at is null"));

        await market.Owner($"update identity.role_assignment set valid_until = now() where person_id = '{left.Person}'");
        await market.Surveil();
        Assert.Equal(sampler.Person.Value, await Visitor(visit));

        await market.Owner($"update identity.role_assignment set valid_until = now() where person_id = '{sampler.Person}'");
        await market.Surveil();
        await market.Surveil();
        Assert.Equal("assign-visitor surveillance-visit", await market.TasksOf(visit));
        await market.Owner($"update identity.role_assignment set valid_until = null where person_id = '{sampler.Person}'");
        await market.Surveil();
        Assert.Equal((sampler.Person.Value, "surveillance-visit"), (await Visitor(visit), await market.TasksOf(visit)));
    }

    private async Task<Market.Member> Colleague()
    {
        var colleague = await market.NewMember(Role.Sampler, market.Cast(Role.Sampler).Organisation);
        colleagues.Add(colleague);
        return colleague;
    }

    private Task<Guid> Visitor(Guid visit) => market.Scalar<Guid>($"select sampler from certification.surveillance where id = '{visit}'");

    /// <summary>Every reading of the API by these people with these ids in all its places; where the visit shows.</summary>
    private async Task<List<string>> Seen(Market.Member[] people, string[] ids, Guid visit)
    {
        var paths = (await Market.Body(await market.Get((string?)null, "/openapi/v1.json")))["paths"]!.AsObject();
        var seen = new List<string>();
        foreach (var member in people)
        {
            var client = market.As(member);
            foreach (var (path, operations) in paths.Where(pair => pair.Value!["get"] is not null))
            {
                var queries = (operations!["get"]!["parameters"] as JsonArray ?? []).Where(parameter => parameter!["in"]!.GetValue<string>() == "query")
                    .Select(parameter => parameter!["name"]!.GetValue<string>()).ToList();
                foreach (var id in path.Contains('{', StringComparison.Ordinal) ? ids : [""])
                {
                    var address = System.Text.RegularExpressions.Regex.Replace(path, "{[^}]*}", id);
                    string[] more = ["", .. queries.Contains("scope") ? (string[])["?scope=organisation", "?scope=territory", "?scope=mine"] : [],
                        .. queries.Contains("household") ? ids.Select(one => $"?household={one}") : [], .. queries.Contains("state") ? (string[])["?state=open"] : []];
                    foreach (var query in more)
                    {
                        var answer = await client.GetAsync(address + query);
                        var text = answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync() : "";
                        if (text.Contains(visit.ToString(), StringComparison.OrdinalIgnoreCase) || text.Contains("surveillance-visit\"", StringComparison.Ordinal))
                        {
                            seen.Add($"{address}{query}");
                        }
                    }
                }
            }
        }

        return seen;
    }

    private static string Record(Guid visit, string person = "kernel.person()", string at = "kernel.now()") => $"""
        insert into certification.surveillance_visit (surveillance, visited_at, place, answers, reason, acknowledged, person)
        values ('{visit}', {at}, 'Here.', '[]', 'Seen.', true, {(person.Contains('(', StringComparison.Ordinal) ? person : $"'{person}'")});
        """;

    private static string Finding(Guid visit, string severity) =>
        $"insert into certification.surveillance_finding (surveillance, number, severity, basis, text) values ('{visit}', 9, '{severity}', 'Act.', 'Wrong.');";

    private static object Counted(LotId lot, string unit) => new { lot, quantity = new { amount = 90_000, unit } };

    private static string[] Reasons(JsonNode shown) =>
        [.. shown["reasons"]!.AsArray().Select(one => $"{Word(one!, "reason")} {one!["points"]}")];

    private static string Word(JsonNode node, string member) => node[member]!.GetValue<string>();

    private async Task Refused(Market.Member by, string sql, string code)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication($"begin; select set_config('app.person', '{by.Person}', true); {sql}"));
        Assert.Equal(code, refused.SqlState == "P0001" || refused.SqlState == "23514" ? refused.ConstraintName : refused.SqlState);
    }
}
