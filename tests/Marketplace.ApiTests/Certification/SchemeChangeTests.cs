using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

/// <summary>Rules change while cases are open: each case keeps those it was filed under.</summary>
public sealed class SchemeChangeTests(Market market) : IClassFixture<Market>
{
    private const int LeadInPotatoes = 117;

    [Fact]
    public async Task A_case_filed_before_a_change_keeps_its_steps_tests_clocks_and_limits()
    {
        var farm = await market.ActiveFarm();
        var (before, _) = await market.SampledCase(farm);
        var (drafted, _) = await market.DraftedCase(farm);

        var version = await Published("PLANT-BATCH", terms =>
        {
            Tests(terms, "potato")["indicators"] = new JsonArray("lead");
            Step(terms, "enter-results")["workingDays"] = 9;
            terms["decisionRule"] = "guard_band";
            terms["feeKzt"] = 111_100;
        });
        await Confirmed(LeadInPotatoes, terms => terms["highest"] = 0.08);

        // Filed before: tested for nitrates, lead up to 0.5, four days for the laboratory, the value alone counts.
        var lead = new { indicator = "lead", value = 0.1, unit = "mg/kg", method = "ST RK 1505", uncertainty = 0.05 };
        var short1 = await Market.Body(await market.EnterResults(before, new[] { lead }));
        Assert.Equal("incomplete", short1["verdict"]!.GetValue<string>());
        Assert.Contains(short1["findings"]!.AsArray(), found => Is(found, "nitrates", "missing"));
        var whole = await Market.Body(await market.EnterResults(before, Market.GoodResults("potato")));
        Assert.Equal("pass", whole["verdict"]!.GetValue<string>());
        Assert.Equal(1, (await market.ReadCase(before))["schemeVersion"]!.GetValue<int>());

        // Drafted before and submitted after: the new rules, all of them.
        await Market.Body(await market.Post(farm.Head, $"/v1/applications/{drafted}/submission"));
        await Market.Body(await market.Accept(drafted));
        await Market.Body(await market.TakeSample(drafted));
        var read = await market.ReadCase(drafted);
        Assert.Equal((version, 111_100), (read["schemeVersion"]!.GetValue<int>(), read["fee"]!["minor"]!.GetValue<int>()));
        Assert.Equal(["lead"], read["requiredTests"]!.AsArray().Select(test => test!.GetValue<string>()));
        Assert.True(await Deadline(drafted) > (await Deadline(before)).AddDays(4));
        Assert.Equal("fail", (await Market.Body(await market.EnterResults(drafted, new[] { lead })))["verdict"]!.GetValue<string>());
        var banded = await Market.Body(await market.EnterResults(drafted, new[] { lead with { value = 0.07, uncertainty = 0.02 } }));
        Assert.Equal("incomplete", banded["verdict"]!.GetValue<string>());
        Assert.Contains(banded["findings"]!.AsArray(), found => Is(found, "lead", "in-guard-band"));
        Assert.Equal("pass", (await Market.Body(await market.EnterResults(drafted, new[] { lead with { value = 0.05, uncertainty = 0.02 } })))["verdict"]!.GetValue<string>());

        // Neither the version of a case nor the day it was filed can be chosen by hand.
        var (late, _) = await market.DraftedCase(farm);
        await market.Refused($"update certification.application set scheme_version = 1 where id = '{before}'; update certification.application set scheme_version = {version} where id = '{before}'", "wrong-stage");
        await market.Refused($"update certification.application set scheme_version = 1, submitted_at = now() where id = '{late}'", "no-scheme");
        await market.Refused("insert into certification.application (id, lot, household, head, applicant, product, rule_group, village, amount, unit, ready_on, expires_on, scheme, scheme_version, fee_minor, currency, filed_by) "
            + $"select gen_random_uuid(), gen_random_uuid(), household, head, applicant, product, rule_group, village, amount, unit, ready_on, expires_on, scheme, 1, fee_minor, currency, filed_by from certification.application where id = '{before}'", "no-scheme");
    }

    [Fact]
    public async Task An_applicant_of_a_kind_the_scheme_does_not_name_cannot_apply()
    {
        await Published("PLANT-SERIAL", terms => terms["eligibleApplicants"] = new JsonArray("sole_trader", "household"));
        var farm = await market.ActiveFarm();
        var lot = await market.DeclaredLot(farm, "carrot");
        await Market.Problem(await market.Post(farm.Head, "/v1/applications", new { lot, scheme = "PLANT-SERIAL" }), HttpStatusCode.Conflict, "applicant-not-eligible");
    }

    [Theory]
    [InlineData("greenhouse", "pass")]
    [InlineData("open_field", "fail")]
    [InlineData(null, "fail")]
    public async Task Limits_of_a_greenhouse_hold_for_what_was_filed_as_coming_from_one(string? growing, string verdict)
    {
        var farm = await market.ActiveFarm();
        var lot = await market.DeclaredLot(farm, "tomato");
        var filed = await Market.Body(await market.Post(farm.Head, "/v1/applications", new { lot, growing }));
        var id = filed["id"]!.GetValue<Guid>();
        Assert.Equal(growing, filed["growing"]?.GetValue<string>());
        await Market.Body(await market.Post(farm.Head, $"/v1/applications/{id}/submission"));
        await Market.Body(await market.Accept(id));
        await Market.Body(await market.TakeSample(id));
        var compared = await Market.Body(await market.EnterResults(id, new[] { Market.Value("lead", 0.1), Market.Value("arsenic", 0.05), Market.Value("nitrates", 200) }));
        Assert.Equal(verdict, compared["verdict"]!.GetValue<string>());
        await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication($"update certification.application set growing = 'greenhouse' where id = '{id}'"));
    }

    private async Task<int> Published(string code, Action<JsonNode> change)
    {
        var draft = await Market.Body(await market.Post(Role.QualityManager, "/v1/scheme-drafts", new { code }));
        change(draft["terms"]!);
        var path = $"/v1/scheme-drafts/{draft["id"]}";
        var edited = await market.Put(market.Cast(Role.QualityManager), path, draft["terms"], "\"1\"");
        await Market.Body(edited);
        var published = await Market.Send(market.As(Role.ProjectOfficer), HttpMethod.Post, path + "/publication", null, ifMatch: edited.Headers.ETag!.ToString());
        return (await Market.Body(published))["version"]!.GetValue<int>();
    }

    private async Task Confirmed(int number, Action<JsonNode> change)
    {
        var listed = await Market.Body(await market.Get((string?)null, "/v1/limits?group=potato&indicator=lead"));
        var terms = listed["items"]!.AsArray().Single(one => one!["number"]!.GetValue<int>() == number)!["terms"]!.DeepClone();
        terms["validFrom"] = market.Today.ToString("yyyy-MM-dd");
        change(terms);
        var proposal = await Market.Body(await market.Post(Role.QualityManager, "/v1/limit-proposals", new { number, terms }));
        await Market.Body(await market.Post(Role.ProjectOfficer, $"/v1/limit-proposals/{proposal["id"]}/confirmation"));
    }

    private Task<DateTime> Deadline(Guid application) =>
        market.Scalar<DateTime>($"select deadline from work.task where subject = '{application}' and kind = 'enter-results' order by opened_at desc limit 1");

    private static bool Is(JsonNode? found, string indicator, string reason) =>
        found!["indicator"]!.GetValue<string>() == indicator && found["reason"]!.GetValue<string>() == reason;

    private static JsonNode Step(JsonNode terms, string task) => terms["steps"]!.AsArray().Single(step => step!["task"]!.GetValue<string>() == task)!;

    private static JsonNode Tests(JsonNode terms, string group) => terms["tests"]!.AsArray().Single(test => test!["ruleGroup"]!.GetValue<string>() == group)!;
}
