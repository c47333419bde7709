using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

public sealed class LimitTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task The_table_can_be_read_page_by_page_and_filtered()
    {
        var read = new List<JsonNode>();
        string? path = "/v1/limits?limit=90";
        while (path is not null)
        {
            var page = await Market.Body(await market.Get((string?)null, path));
            read.AddRange(page["items"]!.AsArray().OfType<JsonNode>());
            path = page["next"] is { } next ? $"/v1/limits?limit=90&cursor={next}" : null;
        }

        Assert.Equal(213, read.Count(one => one["edition"]!.GetValue<int>() == 1));
        Assert.All(read, one => Assert.Equal(one["terms"]!["confidence"]!.GetValue<string>() != "C", one["active"]!.GetValue<bool>()));
        Assert.Equal(73, await Count("confidence=C"));
        Assert.Equal(0, await Count("confidence=C&active=true"));
        Assert.Equal(2, await Count("growing=greenhouse"));
        Assert.Equal(3, await Count("product=tomato&indicator=nitrates") + await Count("group=nuts"));
        await Market.Problem(await market.Get((string?)null, "/v1/limits?cursor=made-up"), HttpStatusCode.BadRequest, "bad-cursor");

        async Task<int> Count(string filter) => (await Market.Body(await market.Get((string?)null, $"/v1/limits?limit=200&{filter}")))["items"]!.AsArray().Count;
    }

    [Fact]
    public async Task What_was_only_recalled_judges_after_another_person_confirmed_its_source()
    {
        var (id, number) = await Proposed("dairy_raw", "density_20c");
        var path = $"/v1/limit-proposals/{id}/confirmation";
        await Market.Problem(await market.Post(Role.Reviewer, path), HttpStatusCode.Forbidden, "forbidden");
        Assert.Contains((await Market.Body(await market.Get(Role.ProjectOfficer, "/v1/limit-proposals?open=true")))["items"]!.AsArray(), one => one!["id"]!.GetValue<Guid>() == id);

        var confirmed = await Market.Body(await market.Post(Role.ProjectOfficer, path));
        Assert.True(confirmed["edition"]!.GetValue<int>() > 1000);
        await Market.Problem(await market.Post(Role.ProjectOfficer, path), HttpStatusCode.Conflict, "wrong-stage");
        var editions = (await Market.Body(await market.Get((string?)null, "/v1/limits?group=dairy_raw&indicator=density_20c")))["items"]!.AsArray();
        Assert.Equal([true, false], editions.Select(one => one!["signed"]!.GetValue<bool>()));
        Assert.DoesNotContain(market.Cast(Role.QualityManager).Person.ToString(), editions.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain(market.Cast(Role.ProjectOfficer).Person.ToString(), editions.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal([true, false], editions.Select(one => one!["active"]!.GetValue<bool>()));
        Assert.Equal(number, editions[0]!["number"]!.GetValue<int>());

        // For this operator only.
        var foreign = await market.NewMember(Role.QualityManager, tenant: "other");
        Assert.Single((await Market.Body(await market.Get(foreign, "/v1/limits?group=dairy_raw&indicator=density_20c")))["items"]!.AsArray());
        await Market.Problem(await market.Post(await market.NewMember(Role.ProjectOfficer, tenant: "other"), path), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Nobody_confirms_what_they_proposed_and_nobody_writes_limits_past_the_function()
    {
        var (id, _) = await Proposed("dairy_raw", "fat");
        var proposer = market.Cast(Role.QualityManager).Person;
        await market.Refused($"begin; select set_config('app.person', '{proposer}', true); select certification.confirm_limit('{id}')", "own-proposal");
        await market.Refused($"select certification.confirm_limit('{id}')", "own-proposal");
        foreach (var forbidden in new[]
        {
            "insert into certification.limit_rule select * from certification.limit_rule limit 1", "update certification.limit_rule set active = true",
            "update certification.limit_proposal set edition = 2000", "delete from certification.limit_proposal",
            $"insert into certification.limit_proposal (id, proposed_by) values (gen_random_uuid(), '{proposer}')",
        })
        {
            Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication(forbidden))).SqlState);
        }
    }

    [Fact]
    public async Task Only_one_of_two_confirmations_wins()
    {
        var (id, number) = await Proposed("dairy_raw", "protein");
        var second = await market.NewMember(Role.ProjectOfficer, market.Cast(Role.ProjectOfficer).Organisation);
        var answers = await market.Race($"select 1 from certification.limit_proposal where id = '{id}' for update", 2, at =>
            market.Post(at == 0 ? market.Cast(Role.ProjectOfficer) : second, $"/v1/limit-proposals/{id}/confirmation"));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(2, await market.Scalar<long>($"select count(*) from certification.limit_rule where number = {number}"));
    }

    [Theory]
    [InlineData(400, "not-seen", "confidence", "\"C\"")]
    [InlineData(400, "unknown-group", "ruleGroup", "\"moon_cheese\"")]
    [InlineData(400, "bad-dates", "validUntil", "\"2020-01-01\"")]
    [InlineData(400, "unknown-month", "months", "[13]")]
    [InlineData(409, "unknown-indicator", "indicator", "\"moonlight\"")]
    [InlineData(409, "limit-unlike-its-kind", "kind", "\"max\"")]
    [InlineData(409, "limit-unlike-its-kind", "unit", null)]
    [InlineData(409, "limit-unlike-its-kind", "kind", "\"range\"")]
    [InlineData(409, "limit-known", "indicator", "\"snf\"")]
    public async Task A_limit_that_makes_no_sense_is_not_proposed(int status, string code, string member, string? value)
    {
        var terms = new JsonObject
        {
            ["ruleGroup"] = "dairy_raw", ["indicator"] = "hmf", ["kind"] = "min", ["lowest"] = 1, ["unit"] = "mg/kg", ["regulation"] = "TR CU 033/2013",
            ["annex"] = "Annex 4", ["source"] = "The act itself.", ["confidence"] = "A", ["validFrom"] = market.Today.ToString("yyyy-MM-dd"),
        };
        terms[member] = value is null ? null : JsonNode.Parse(value);
        await Market.Problem(await market.Post(Role.QualityManager, "/v1/limit-proposals", new { terms }), (HttpStatusCode)status, code);
    }

    /// <summary>A comparison with nothing is neither true nor false, and a check lets that pass.</summary>
    [Theory]
    [InlineData("null", "7.0", "pH")]
    [InlineData("6.0", "null", "pH")]
    [InlineData("null", "null", "pH")]
    [InlineData("6.0", "7.0", null)]
    [InlineData("7.0", "6.0", "pH")]
    public async Task A_range_names_both_ends(string lowest, string highest, string? unit)
    {
        await market.Refused($"""
            select set_config('app.person', '{market.Cast(Role.QualityManager).Person}', false);
            insert into certification.limit_proposal (id, rule_group, indicator, kind, lowest, highest, unit, regulation, annex, source, confidence, valid_from)
            values (gen_random_uuid(), 'dairy_raw', 'hmf', 'range', {lowest}, {highest}, {(unit is null ? "null" : $"'{unit}'")}, 'TR CU 033/2013', '4', 'The act.', 'A', now())
            """, "limit-unlike-its-kind");
    }

    [Fact]
    public async Task A_number_stands_for_one_limit()
    {
        var terms = await Terms("dairy_raw", "fat");
        await Market.Problem(await market.Post(Role.QualityManager, "/v1/limit-proposals", new { number = 999, terms }), HttpStatusCode.BadRequest, "unknown-limit");
        await Market.Problem(await market.Post(Role.QualityManager, "/v1/limit-proposals", new { number = 1, terms }), HttpStatusCode.BadRequest, "other-limit");
    }

    [Fact]
    public async Task Goods_without_a_limit_pass_once_somebody_proposed_and_another_confirmed_one()
    {
        var farm = await market.ActiveFarm();
        var (early, _) = await market.SampledCase(farm, "wheat");
        Assert.Equal("incomplete", (await Market.Body(await market.EnterResults(early, new[] { Market.Value("lead", 0.1) })))["verdict"]!.GetValue<string>());

        var terms = new
        {
            ruleGroup = "grain", indicator = "lead", kind = "max", highest = 0.5, unit = "mg/kg", regulation = "TR CU 015/2011", annex = "Annex 2",
            source = "The act itself.", confidence = "A", validFrom = market.Today.ToString("yyyy-MM-dd"),
        };
        var proposal = await Market.Body(await market.Post(Role.Reviewer, "/v1/limit-proposals", new { terms }));
        var confirmed = await Market.Body(await market.Post(Role.ProjectOfficer, $"/v1/limit-proposals/{proposal["id"]}/confirmation"));
        Assert.True(confirmed["number"]!.GetValue<int>() > 1000);

        var (later, _) = await market.SampledCase(farm, "wheat");
        Assert.Equal("pass", (await Market.Body(await market.EnterResults(later, new[] { Market.Value("lead", 0.1) })))["verdict"]!.GetValue<string>());
        Assert.Equal("incomplete", (await Market.Body(await market.EnterResults(early, new[] { Market.Value("lead", 0.1) })))["verdict"]!.GetValue<string>());
    }

    private async Task<(Guid Id, int Number)> Proposed(string group, string indicator)
    {
        var number = (await Listed(group, indicator))["number"]!.GetValue<int>();
        var terms = await Terms(group, indicator);
        return ((await Market.Body(await market.Post(Role.QualityManager, "/v1/limit-proposals", new { number, terms })))["id"]!.GetValue<Guid>(), number);
    }

    /// <summary>The terms of a recalled limit as somebody proposes them who has found the act.</summary>
    private async Task<JsonNode> Terms(string group, string indicator)
    {
        var terms = (await Listed(group, indicator))["terms"]!.DeepClone();
        terms["confidence"] = "A";
        terms["source"] = "TR CU 033/2013, Annex 5, read in the official edition.";
        terms["validFrom"] = market.Today.ToString("yyyy-MM-dd");
        return terms;
    }

    private async Task<JsonNode> Listed(string group, string indicator) =>
        (await Market.Body(await market.Get((string?)null, $"/v1/limits?group={group}&indicator={indicator}")))["items"]![0]!;
}
