using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Certification;

public sealed class AppealTests(Market market) : IClassFixture<Market>
{
    private static readonly string[] Panel = [Role.AppealsPanelist, "appeals_panelist_2", "appeals_panelist_3"];

    [Fact]
    public async Task An_upheld_appeal_has_a_refused_case_judged_again_by_other_people_without_a_fee()
    {
        var (farm, application) = await market.RefusedCase();
        var appeal = await Heard(farm, new { application, ground = "The sample was taken from a neighbour's field." });
        Assert.Equal(3, appeal["panel"]!.AsArray().Count);
        await Market.Body(await market.Post(farm.Head, $"/v1/appeals/{appeal["id"]}/statements", new { text = "Here is the cadastral plan." }));

        await Vote(Panel[0], appeal, "upheld", HttpStatusCode.NoContent);
        await Market.Problem(await market.Post(Panel[0], $"/v1/appeals/{appeal["id"]}/vote", Opinion("rejected")), HttpStatusCode.Conflict, "already-voted");
        Assert.Empty((await Read(farm, appeal))["opinions"]!.AsArray());
        await Vote(Panel[1], appeal, "upheld", HttpStatusCode.NoContent);

        var decided = await Read(farm, appeal);
        Assert.Equal("upheld", decided["stage"]!.GetValue<string>());
        Assert.Equal(2, decided["opinions"]!.AsArray().Count);
        await Market.Problem(await market.Post(Panel[2], $"/v1/appeals/{appeal["id"]}/vote", Opinion("rejected")), HttpStatusCode.Conflict, "wrong-stage");
        Assert.Equal(0, await market.Scalar<int>($"select count(*)::int from work.task where subject = '{appeal["id"]}' and closed_at is null"));

        // The only people of the body had a part before: nobody is left to judge it again until others are there.
        var again = decided["rehearing"]!.GetValue<Guid>();
        await Market.Problem(
            await market.Post(farm.Head, $"/v1/applications/{again}/submission"), HttpStatusCode.Conflict, "no-eligible-person");
        var other = await market.NewMember(Role.IntakeOfficer, market.Cast(Role.IntakeOfficer).Organisation);
        var submitted = await market.Post(farm.Head, $"/v1/applications/{again}/submission");
        Assert.Equal(0, (await Market.Body(submitted))["fee"]!["minor"]!.GetValue<long>());

        // Other tests of the class know one intake officer.
        await market.Owner($"update identity.role_assignment set valid_until = now() where person_id = '{other.Person}'");
    }

    [Fact]
    public async Task A_rejected_appeal_changes_nothing_and_three_opinions_send_the_case_back()
    {
        var (farm, application) = await market.RefusedCase();
        var rejected = await Heard(farm, new { application, ground = "I do not agree." });
        await Vote(Panel[2], rejected, "rejected", HttpStatusCode.NoContent);
        await Vote(Panel[0], rejected, "rejected", HttpStatusCode.NoContent);
        var read = await Read(farm, rejected);
        Assert.Equal("rejected", read["stage"]!.GetValue<string>());
        Assert.Null(read["rehearing"]);

        await Market.Problem(
            await market.Post(farm.Head, "/v1/appeals", new { application, ground = "I still do not agree." }), HttpStatusCode.Conflict, "appeal-decided");

        (farm, application) = await market.RefusedCase();
        var split = await Heard(farm, new { application, ground = "Nor do I." });
        foreach (var (outcome, at) in new[] { "upheld", "rejected", "remitted" }.Select((outcome, at) => (outcome, at)))
        {
            await Vote(Panel[at], split, outcome, HttpStatusCode.NoContent);
        }

        read = await Read(farm, split);
        Assert.Equal("remitted", read["stage"]!.GetValue<string>());
        Assert.NotNull(read["rehearing"]);
    }

    [Fact]
    public async Task An_upheld_appeal_lifts_a_suspension()
    {
        var farm = await market.ActiveFarm();
        var story = await market.CertifiedLot(farm);
        var appealOfNothing = await market.Post(farm.Head, "/v1/appeals", new { certificate = story.Serial, ground = "Just so." });
        await Market.Problem(appealOfNothing, HttpStatusCode.Conflict, "nothing-to-appeal");
        await Market.Body(await market.Post(Role.DecisionMaker, $"/v1/certificates/{story.Serial}/suspension", new { reason = "A rumour." }));
        var appeal = await Heard(farm, new { certificate = story.Serial, ground = "There is nothing in it." });
        await Vote(Panel[0], appeal, "upheld", HttpStatusCode.NoContent);
        await Vote(Panel[1], appeal, "upheld", HttpStatusCode.NoContent);
        var certificate = await Market.Body(await market.Get((string?)null, $"/v1/certificates/{story.Serial}"));
        Assert.Equal("active", certificate["state"]!.GetValue<string>());
        Assert.Equal(100_000, certificate["left"]!["amount"]!.GetValue<long>());
    }

    [Fact]
    public async Task Whoever_had_a_part_neither_admits_nor_hears()
    {
        var farm = await market.ActiveFarm();
        var story = await market.CertifiedLot(farm);
        await Market.Body(await market.Post(Role.QualityManager, $"/v1/certificates/{story.Serial}/suspension", new { reason = "A rumour." }));
        var appeal = await Market.Body(await market.Post(farm.Head, "/v1/appeals", new { certificate = story.Serial, ground = "There is nothing in it." }));
        var admit = $"/v1/appeals/{appeal["id"]}/admission";
        await Market.Problem(await market.Post(Role.QualityManager, admit, new { admissible = true, reason = "In time." }), HttpStatusCode.Conflict, "own-work");
        await market.Owner($"insert into identity.role_assignment (tenant_id, person_id, role) values ('demo', '{market.Cast(Role.Sampler).Person}', 'appeals_panelist')");
        await Market.Body(await market.Post(Role.ProjectOfficer, admit, new { admissible = true, reason = "In time." }));
        Assert.DoesNotContain(market.Cast(Role.Sampler).Person.Value.ToString(), (await Read(farm, appeal))["panel"]!.ToJsonString());

        // And by the database alone, as the application.
        await market.Refused($"insert into certification.panelist (appeal, place, person) values ('{appeal["id"]}', 1, '{market.Cast(Role.Sampler).Person}')", "own-work");
        var other = await Market.Body(await market.Post(farm.Head, "/v1/appeals", new { kind = "complaint", certificate = story.Serial, ground = "He was rude." }));
        await market.Refused($"insert into certification.panelist (appeal, place, person) values ('{other["id"]}', 1, '{market.Cast(Role.Sampler).Person}')", "own-work");
        await market.Refused($"""
            begin; select set_config('app.person', '{market.Cast(Role.Sampler).Person}', true);
            insert into certification.appeal_vote (appeal, outcome, reason) values ('{appeal["id"]}', 'rejected', 'Because.')
            """, "not-assigned");
        await market.Refused($"""
            begin; select set_config('app.person', '{market.Cast(Panel[0]).Person}', true);
            insert into certification.appeal_vote (appeal, outcome, reason, person) values ('{appeal["id"]}', 'rejected', 'Because.', '{market.Cast(Panel[1]).Person}')
            """, "not-assigned");
        await market.Refused($"update certification.appeal set stage = 'upheld' where id = '{appeal["id"]}'", "wrong-stage");
        await market.Owner($"update identity.role_assignment set valid_until = now() where person_id = '{market.Cast(Role.Sampler).Person}' and role = 'appeals_panelist'");
    }

    [Fact]
    public async Task Two_last_votes_at_once_decide_once()
    {
        var (farm, application) = await market.RefusedCase();
        var appeal = await Heard(farm, new { application, ground = "I do not agree." });
        await Vote(Panel[0], appeal, "upheld", HttpStatusCode.NoContent);
        var answers = await market.Race(
            $"select 1 from certification.appeal where id = '{appeal["id"]}' for update", 2,
            at => market.Post(Panel[at + 1], $"/v1/appeals/{appeal["id"]}/vote", Opinion("upheld")));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.NoContent);
        Assert.Equal(1, await market.Scalar<int>($"select count(*)::int from certification.application where appeal = '{appeal["id"]}'"));
    }

    [Fact]
    public async Task What_is_no_appeal_is_refused_with_its_code()
    {
        var (farm, application) = await market.RefusedCase();
        var stranger = await market.ActiveFarm();
        object subject = new { application, ground = "I do not agree." };
        await Market.Problem(await market.Post(stranger.Head, "/v1/appeals", subject), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Post(farm.Head, "/v1/appeals", new { ground = "Nothing named." }), HttpStatusCode.BadRequest, "appeal-subject");
        await Market.Problem(
            await market.Post(farm.Head, "/v1/appeals", new { application, certificate = "KZ-26-000001-1", ground = "Both." }), HttpStatusCode.BadRequest, "appeal-subject");
        var (open, _) = await market.CaseInReview(farm, "carrot");
        await Market.Problem(
            await market.Post(farm.Head, "/v1/appeals", new { application = open, ground = "Too slow." }), HttpStatusCode.Conflict, "nothing-to-appeal");

        var filed = await Market.Body(await market.Post(farm.Head, "/v1/appeals", subject));
        await Market.Problem(await market.Post(farm.Head, "/v1/appeals", subject), HttpStatusCode.Conflict, "appeal-open");
        await Market.Problem(await market.Get(stranger.Head, $"/v1/appeals/{filed["id"]}"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(
            await market.Post(farm.Head, $"/v1/appeals/{filed["id"]}/statements", new { text = "More." }), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Problem(await market.Post(stranger.Head, $"/v1/appeals/{filed["id"]}/withdrawal"), HttpStatusCode.NotFound, "not-found");
        await Market.Body(await market.Post(farm.Head, $"/v1/appeals/{filed["id"]}/withdrawal"));
        await Market.Problem(
            await market.Post(Role.QualityManager, $"/v1/appeals/{filed["id"]}/admission", new { admissible = true, reason = "In time." }),
            HttpStatusCode.Conflict, "wrong-stage");

        var turned = await Market.Body(await market.Post(farm.Head, "/v1/appeals", subject));
        await Market.Body(await market.Post(Role.QualityManager, $"/v1/appeals/{turned["id"]}/admission", new { admissible = false, reason = "No ground." }));
        Assert.Equal("inadmissible", (await Read(farm, turned))["stage"]!.GetValue<string>());
    }

    private async Task<JsonNode> Heard(Market.Farm farm, object appeal)
    {
        var filed = await Market.Body(await market.Post(farm.Head, "/v1/appeals", appeal));
        await Market.Body(await market.Post(Role.QualityManager, $"/v1/appeals/{filed["id"]}/admission", new { admissible = true, reason = "In time." }));
        return await Read(farm, filed);
    }

    private async Task<JsonNode> Read(Market.Farm farm, JsonNode appeal) => await Market.Body(await market.Get(farm.Head, $"/v1/appeals/{appeal["id"]}"));

    private async Task Vote(string panelist, JsonNode appeal, string outcome, HttpStatusCode expected) =>
        Assert.Equal(expected, (await market.Post(panelist, $"/v1/appeals/{appeal["id"]}/vote", Opinion(outcome))).StatusCode);

    private static object Opinion(string outcome) => new { outcome, reason = "Read the file." };
}
