using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

/// <summary>Who sits on a panel and who leaves it; what an appeal does to the suspension it is about.</summary>
public sealed class AppealPanelTests(Market market) : IClassFixture<Market>
{
    private static readonly string[] Panel = [Role.AppealsPanelist, "appeals_panelist_2", "appeals_panelist_3"];

    private readonly List<Market.Member> extra = [];

    [Fact]
    public async Task Two_telephones_of_one_human_are_one_person_on_a_panel()
    {
        var (farm, application) = await market.RefusedCase();
        var filed = await File(farm, new { application, ground = "I do not agree." });
        await Panelist(farm.Head.Person);
        await Panelist(market.Cast(Role.ProjectOfficer).Person);
        await Panelist(market.Cast(Role.Reviewer).Person);
        await Panelist(market.Cast(Panel[0]).Person);

        // Drawn are the three humans of the cast, whichever telephone of the first comes first; nobody else is eligible.
        await Market.Body(await market.Post(Role.ProjectOfficer, Admission(filed), new { admissible = true, reason = "In time." }));
        var panel = (await Read(farm, filed))["panel"]!.AsArray().Select(person => person!.GetValue<Guid>()).ToList();
        var eligible = Panel.Select(key => market.Cast(key).Person.Value).Append(extra[^1].Person.Value).ToList();
        Assert.All(panel, person => Assert.Contains(person, eligible));
        Assert.Equal(3, panel.Select(person => person == extra[^1].Person.Value ? market.Cast(Panel[0]).Person.Value : person).Distinct().Count());

        // The database alone takes neither a second telephone nor the household's own.
        var other = await File(farm, new { application, kind = "complaint", ground = "He was rude." });
        await market.Owner($"delete from certification.panelist where appeal = '{filed["id"]}'");
        await market.Refused($"""
            insert into certification.panelist (appeal, place, person)
            values ('{other["id"]}', 1, '{market.Cast(Panel[0]).Person}'), ('{other["id"]}', 2, '{extra[^1].Person}')
            """, "own-work");
        await market.Refused($"insert into certification.panelist (appeal, place, person) values ('{other["id"]}', 1, '{extra[0].Person}')", "own-work");
        await Gone();
    }

    [Fact]
    public async Task Who_judged_an_appeal_of_a_case_judges_no_other_of_it()
    {
        var (farm, application) = await market.RefusedCase();
        await Heard(farm, new { application, ground = "I do not agree." });
        var complaint = await File(farm, new { application, kind = "complaint", ground = "He was rude." });
        await Market.Problem(
            await market.Post(Role.QualityManager, Admission(complaint), new { admissible = true, reason = "In time." }), HttpStatusCode.Conflict, "no-eligible-person");
        await market.Refused($"insert into certification.panelist (appeal, place, person) values ('{complaint["id"]}', 1, '{market.Cast(Panel[1]).Person}')", "own-work");
    }

    [Fact]
    public async Task Nobody_of_an_earlier_case_works_on_a_later_one_in_the_line_of_appeals()
    {
        var (farm, application) = await market.RefusedCase();
        var appeal = await Heard(farm, new { application, ground = "I do not agree." });
        await Vote(appeal, "upheld", "upheld");
        var again = (await Read(farm, appeal))["rehearing"]!.GetValue<Guid>();
        var third = Guid.NewGuid();
        await market.Past($"""
            insert into certification.appeal (id, tenant_id, number, kind, application, body, household, village, ground, stage, filed_by, ended_at)
            select '{third}', tenant_id, 'P-T', kind, '{again}', body, household, village, ground, 'upheld', filed_by, ended_at from certification.appeal where id = '{appeal["id"]}';
            update certification.application set stage = 'withdrawn' where id = '{again}';
            insert into certification.application (id, tenant_id, lot, household, head, applicant, product, rule_group, village, amount, unit, ready_on, expires_on,
                scheme, scheme_version, fee_minor, currency, filed_by, appeal)
            select '{third}', tenant_id, lot, household, head, applicant, product, rule_group, village, amount, unit, ready_on, expires_on, scheme, scheme_version,
                0, currency, filed_by, '{third}' from certification.application where id = '{again}'
            """, "certification.appeal", "certification.application");
        foreach (var before in new[] { Role.Sampler, Role.Reviewer, Panel[2] })
        {
            Assert.True(await OwnWork(third, market.Cast(before)), before);
        }

        Assert.False(await OwnWork(third, market.Cast(Role.Auditor)));

        // And an appeal has its case judged again once.
        Assert.Equal("application_appeal", (await Assert.ThrowsAsync<PostgresException>(() => market.Owner(
            $"update certification.application set appeal = '{third}' where id = '{again}'"))).ConstraintName);
    }

    [Fact]
    public async Task A_panelist_who_steps_back_gives_the_place_to_the_next_of_the_draw()
    {
        var (farm, application) = await market.RefusedCase();
        var appeal = await Heard(farm, new { application, ground = "I do not agree." });
        var path = $"/v1/appeals/{appeal["id"]}/panel/replacement";
        object Leaving(string key) => new { person = market.Cast(key).Person, reason = "A neighbour of mine." };
        await Market.Problem(await market.Post(Panel[0], path, Leaving(Panel[0])), HttpStatusCode.Conflict, "no-eligible-person");
        var fourth = await market.NewMember(Role.AppealsPanelist);
        extra.Add(fourth);
        await Market.Problem(await market.Post(Panel[0], path, Leaving(Panel[1])), HttpStatusCode.Conflict, "not-assigned");
        await Market.Problem(await market.Post(Role.QualityManager, path, Leaving(Role.Sampler)), HttpStatusCode.NotFound, "not-found");
        await Market.Body(await market.Post(Panel[1], $"/v1/appeals/{appeal["id"]}/vote", Opinion("upheld")));
        await Market.Problem(await market.Post(Panel[1], path, Leaving(Panel[1])), HttpStatusCode.Conflict, "already-voted");

        // An interest declared since the draw ends the vote, and the place goes on with its task.
        await Market.Body(await market.Post(Panel[0], "/v1/interests", new
        {
            kind = "kinship", household = farm.Household, from = "2026-01-01",
        }));
        await Market.Problem(await market.Post(Panel[0], $"/v1/appeals/{appeal["id"]}/vote", Opinion("rejected")), HttpStatusCode.Conflict, "own-work");
        await Market.Body(await market.Post(Panel[0], path, Leaving(Panel[0])));
        await Market.Problem(await market.Post(Panel[0], $"/v1/appeals/{appeal["id"]}/vote", Opinion("rejected")), HttpStatusCode.NotFound, "not-found");
        var read = await Read(farm, appeal);
        Assert.Equal(3, read["panel"]!.AsArray().Count);
        Assert.Contains(fourth.Person.ToString(), read["panel"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(1, await market.Scalar<int>($"""
            select count(*)::int from work.task where subject = '{appeal["id"]}' and responsible = '{fourth.Person}' and closed_at is null
            """));
        await Market.Body(await market.Post(fourth, $"/v1/appeals/{appeal["id"]}/vote", Opinion("upheld")));
        Assert.Equal("upheld", (await Read(farm, appeal))["stage"]!.GetValue<string>());
        await Market.Problem(await market.Post(Role.QualityManager, path, Leaving(Panel[2])), HttpStatusCode.Conflict, "wrong-stage");
        await Gone();
    }

    [Fact]
    public async Task The_database_alone_keeps_a_panel_of_three_and_who_leaves_it()
    {
        var (farm, application) = await market.RefusedCase();
        var appeal = await Heard(farm, new { application, ground = "I do not agree." });
        var fourth = await market.NewMember(Role.AppealsPanelist);
        extra.Add(fourth);
        await market.Refused($"insert into certification.panelist (appeal, place, turn, person) values ('{appeal["id"]}', 1, 2, '{fourth.Person}')", "panel-full");
        string Leave(string by) => $"update certification.panelist set left_at = now(), left_by = '{by}', left_because = 'Ill.' where appeal = '{appeal["id"]}' and place = 1";
        await market.Refused(Leave(market.Cast(Role.QualityManager).Person.ToString()), "not-assigned");
        await market.Refused(As(market.Cast(Role.Sampler)) + Leave(market.Cast(Role.Sampler).Person.ToString()), "own-work");
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication("update certification.panelist set person = left_by"))).SqlState);
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication("delete from certification.appeal_stay"))).SqlState);
        await Gone();
    }

    [Fact]
    public async Task A_vote_and_a_replacement_of_its_panelist_do_not_pass_each_other()
    {
        var (farm, application) = await market.RefusedCase();
        var appeal = await Heard(farm, new { application, ground = "I do not agree." });
        extra.Add(await market.NewMember(Role.AppealsPanelist));
        var answers = await market.Race(
            $"select 1 from certification.appeal where id = '{appeal["id"]}' for update", 2, at => at == 0
                ? market.Post(Panel[0], $"/v1/appeals/{appeal["id"]}/vote", Opinion("upheld"))
                : market.Post(Role.QualityManager, $"/v1/appeals/{appeal["id"]}/panel/replacement", new { person = market.Cast(Panel[0]).Person, reason = "Ill." }));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.NoContent);
        await Gone();
    }

    [Theory]
    [InlineData("upheld", "active")]
    [InlineData("rejected", "suspended")]
    [InlineData("remitted", "suspended")]
    public async Task A_stayed_suspension_rests_until_the_appeal_ends(string outcome, string state)
    {
        var (farm, serial) = await SuspendedLot();
        var appeal = await File(farm, new { certificate = serial, ground = "There is nothing in it." });
        Assert.Equal("suspended", await StateOf(serial));
        await Market.Problem(await market.Post(Role.QualityManager, Stay(appeal), Reason), HttpStatusCode.Forbidden, "forbidden");
        await Market.Body(await market.Post(Role.ProjectOfficer, Stay(appeal), Reason));
        Assert.Equal("active", await StateOf(serial));
        Assert.Equal("Milk spoils.", (await Read(farm, appeal))["stay"]!.GetValue<string>());

        // Who stayed it has a hand on the certificate now.
        await Market.Problem(await market.Post(Role.ProjectOfficer, Stay(appeal), Reason), HttpStatusCode.Conflict, "own-work");
        await Market.Body(await market.Post(Role.QualityManager, Admission(appeal), new { admissible = true, reason = "In time." }));
        await Vote(appeal, outcome, outcome);
        Assert.Equal(state, await StateOf(serial));
        Assert.Equal(outcome == "upheld" ? 100_000L : 0L, await Left(serial));
        await Market.Problem(await market.Post(Role.ProjectOfficer, Stay(appeal), Reason), HttpStatusCode.Conflict, "wrong-stage");
        Assert.Equal(outcome == "remitted" ? 1 : 0, await Reconsidering(serial));
        if (outcome == "rejected")
        {
            // The end of the stay decided nothing anew.
            await Market.Problem(await market.Post(farm.Head, "/v1/appeals", new { certificate = serial, ground = "Again." }), HttpStatusCode.Conflict, "appeal-decided");
        }

        if (outcome == "remitted")
        {
            await Market.Body(await market.Post(Role.QualityManager, $"/v1/certificates/{serial}/reinstatement", Reason));
            Assert.Equal(0, await Reconsidering(serial));
        }
    }

    [Fact]
    public async Task A_stay_ends_when_the_appeal_is_withdrawn_or_not_heard()
    {
        foreach (var end in new[] { "withdrawal", "admission" })
        {
            var (farm, serial) = await SuspendedLot();
            var appeal = await File(farm, new { certificate = serial, ground = "There is nothing in it." });
            await Market.Body(await market.Post(Role.ProjectOfficer, Stay(appeal), Reason));
            await Market.Body(end == "withdrawal"
                ? await market.Post(farm.Head, $"/v1/appeals/{appeal["id"]}/withdrawal")
                : await market.Post(Role.QualityManager, Admission(appeal), new { admissible = false, reason = "No ground." }));
            Assert.Equal("suspended", await StateOf(serial));
        }
    }

    [Fact]
    public async Task A_later_suspension_is_neither_stayed_nor_lifted_by_an_appeal_against_an_earlier_one()
    {
        var (farm, serial) = await SuspendedLot();
        var appeal = await Heard(farm, new { certificate = serial, ground = "There is nothing in it." });
        await Market.Body(await market.Post(Role.DecisionMaker, $"/v1/certificates/{serial}/reinstatement", Reason));
        await Market.Problem(await market.Post(Role.ProjectOfficer, Stay(appeal), Reason), HttpStatusCode.Conflict, "nothing-to-stay");
        await Market.Body(await market.Post(Role.DecisionMaker, $"/v1/certificates/{serial}/suspension", Reason));
        await Market.Problem(await market.Post(Role.ProjectOfficer, Stay(appeal), Reason), HttpStatusCode.Conflict, "nothing-to-stay");
        await Vote(appeal, "upheld", "upheld");
        Assert.Equal("suspended", await StateOf(serial));
    }

    [Fact]
    public async Task Who_had_a_part_orders_no_stay_and_a_complaint_stays_nothing()
    {
        var (farm, serial) = await SuspendedLot();
        var complaint = await File(farm, new { kind = "complaint", certificate = serial, ground = "He was rude." });
        await Market.Problem(await market.Post(Role.ProjectOfficer, Stay(complaint), Reason), HttpStatusCode.Conflict, "nothing-to-stay");
        var appeal = await File(farm, new { certificate = serial, ground = "There is nothing in it." });
        await market.Owner($"insert into identity.role_assignment (tenant_id, person_id, role) values ('demo', '{market.Cast(Role.DecisionMaker).Person}', 'project_officer')");
        await market.Refused(As(market.Cast(Role.DecisionMaker)) + $"insert into certification.appeal_stay (appeal, reason) values ('{appeal["id"]}', 'Mine.')", "own-work");
        await market.Owner($"delete from identity.role_assignment where person_id = '{market.Cast(Role.DecisionMaker).Person}' and role = 'project_officer'");
    }

    [Fact]
    public async Task A_suspended_scope_certificate_is_appealed_like_any_other()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseAwaitingDecision(farm, "milk_cow_raw");
        var scope = (await Market.Body(await market.Decide(application, granted: true)))["scope"]!.GetValue<string>();
        await Market.Problem(await market.Post(farm.Head, "/v1/appeals", new { certificate = scope, ground = "Just so." }), HttpStatusCode.Conflict, "nothing-to-appeal");
        await Market.Body(await market.Post(Role.DecisionMaker, $"/v1/scope-certificates/{scope}/suspension", Reason));
        var appeal = await Heard(farm, new { certificate = scope, ground = "There is nothing in it." });
        Assert.Equal(scope, appeal["certificate"]!.GetValue<string>());
        await Market.Body(await market.Post(Role.ProjectOfficer, Stay(appeal), Reason));
        Assert.Equal("active", await ScopeState(scope));
        Assert.False(await market.Scalar<bool>($"select certification.may_judge('{appeal["id"]}', '{market.Cast(Role.ProjectOfficer).Person}')"));
        await Vote(appeal, "rejected", "rejected");
        Assert.Equal("suspended", await ScopeState(scope));
        await Market.Problem(await market.Post(farm.Head, "/v1/appeals", new { certificate = scope, ground = "Again." }), HttpStatusCode.Conflict, "appeal-decided");
    }

    [Fact]
    public async Task Statements_are_of_those_heard_and_the_refusal_names_the_last_day()
    {
        var (farm, application) = await market.RefusedCase();
        Assert.Matches("^20[0-9]{2}-[0-9]{2}-[0-9]{2}$", await market.Scalar<string>($"""
            select "values"->>'until' from messages.message m join certification.application a on a.number = m."values"->>'number'
             where m.template = 'application-refused' and a.id = '{application}'
            """));
        var appeal = await Heard(farm, new { application, ground = "I do not agree." });
        Assert.NotNull(appeal["until"]);
        var path = $"/v1/appeals/{appeal["id"]}/statements";
        foreach (var reader in new[] { Role.Auditor, Role.ProjectOfficer })
        {
            await Market.Body(await market.Get(reader, $"/v1/appeals/{appeal["id"]}"));
            await Market.Problem(await market.Post(reader, path, new { text = "By the way." }), HttpStatusCode.NotFound, "not-found");
        }

        await Market.Body(await market.Post(Role.QualityManager, path, new { text = "Our answer." }));
        await Market.Body(await market.Post(Panel[0], path, new { text = "A question." }));
    }

    private static readonly object Reason = new { reason = "Milk spoils." };

    private static string Admission(JsonNode appeal) => $"/v1/appeals/{appeal["id"]}/admission";

    private static string Stay(JsonNode appeal) => $"/v1/appeals/{appeal["id"]}/stay";

    private static object Opinion(string outcome) => new { outcome, reason = "Read the file." };

    private static string As(Market.Member member) => $"begin; select set_config('app.person', '{member.Person}', true); ";

    private async Task<(Market.Farm Farm, string Serial)> SuspendedLot()
    {
        var farm = await market.ActiveFarm();
        var story = await market.CertifiedLot(farm);
        await Market.Body(await market.Post(Role.DecisionMaker, $"/v1/certificates/{story.Serial}/suspension", new { reason = "A rumour." }));
        return (farm, story.Serial);
    }

    /// <summary>A further panelist, another telephone of the same human.</summary>
    private async Task Panelist(PersonId same)
    {
        extra.Add(await market.NewMember(Role.AppealsPanelist));
        await market.Owner($"update identity.person set national_number_hash = sha256('{same}') where id in ('{same}', '{extra[^1].Person}')");
    }

    private Task Gone() => market.Owner($"""
        update identity.role_assignment set valid_until = now() where person_id in ({string.Join(',', extra.Select(member => $"'{member.Person}'"))});
        update identity.person set national_number_hash = null where id in ({string.Join(',', extra.Select(member => $"'{member.Person}'"))})
        """);

    private async Task<JsonNode> File(Market.Farm farm, object appeal) => await Market.Body(await market.Post(farm.Head, "/v1/appeals", appeal));

    private async Task<JsonNode> Heard(Market.Farm farm, object appeal)
    {
        var filed = await File(farm, appeal);
        await Market.Body(await market.Post(Role.QualityManager, Admission(filed), new { admissible = true, reason = "In time." }));
        return await Read(farm, filed);
    }

    private async Task Vote(JsonNode appeal, params string[] outcomes)
    {
        foreach (var (outcome, at) in outcomes.Select((outcome, at) => (outcome, at)))
        {
            await Market.Body(await market.Post(Panel[at], $"/v1/appeals/{appeal["id"]}/vote", Opinion(outcome)));
        }
    }

    private async Task<JsonNode> Read(Market.Farm farm, JsonNode appeal) => await Market.Body(await market.Get(farm.Head, $"/v1/appeals/{appeal["id"]}"));

    private async Task<JsonNode> Certificate(string serial) => await Market.Body(await market.Get((string?)null, $"/v1/certificates/{serial}"));

    private async Task<string> StateOf(string serial) => (await Certificate(serial))["state"]!.GetValue<string>();

    private async Task<long> Left(string serial) => (await Certificate(serial))["left"]!["amount"]!.GetValue<long>();

    private async Task<string> ScopeState(string number) =>
        (await Market.Body(await market.Get((string?)null, $"/v1/scope-certificates/{number}")))["state"]!.GetValue<string>();

    private Task<int> Reconsidering(string serial) => market.Scalar<int>($"""
        select count(*)::int from work.task where kind = 'reconsider-suspension' and closed_at is null
           and subject = (select id from certification.certificate where serial = '{serial}')
        """);

    private Task<bool> OwnWork(Guid application, Market.Member member) => market.Scalar<bool>($"""
        select certification.own_work(a, '{member.Person}', 'intake') from certification.application a where a.id = '{application}'
        """);
}
