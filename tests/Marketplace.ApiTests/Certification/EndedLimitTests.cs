using System.Text.Json.Nodes;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Certification;

public sealed class EndedLimitTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_case_keeps_a_limit_that_ends_meanwhile_and_the_office_is_told_that_nothing_is_asked_any_more()
    {
        var today = market.Today.ToString("yyyy-MM-dd");
        var proposal = await Market.Body(await market.Post(Role.Reviewer, "/v1/limit-proposals", new
        {
            terms = new
            {
                ruleGroup = "grain", indicator = "lead", kind = "max", highest = 0.5, unit = "mg/kg", regulation = "TR CU 015/2011", annex = "Annex 2",
                source = "The act itself.", confidence = "A", validFrom = today, validUntil = today,
            },
        }));
        await Market.Body(await market.Post(Role.ProjectOfficer, $"/v1/limit-proposals/{proposal["id"]}/confirmation"));
        var farm = await market.ActiveFarm();
        var (early, _) = await market.SampledCase(farm, "wheat");
        Assert.Empty(await Ended());

        await market.Advance(TimeSpan.FromDays(1));
        Assert.Equal(["GRAIN-BATCH grain lead"], await Ended());
        var missing = await Market.Body(await market.EnterResults(early, new[] { Market.Value("cadmium", 0.01) }));
        Assert.Contains(missing["findings"]!.AsArray(), found => found!["indicator"]!.GetValue<string>() == "lead" && found["reason"]!.GetValue<string>() == "missing");
        Assert.Equal("fail", (await Market.Body(await market.EnterResults(early, new[] { Market.Value("lead", 0.6) })))["verdict"]!.GetValue<string>());
        Assert.Equal("pass", (await Market.Body(await market.EnterResults(early, new[] { Market.Value("lead", 0.1) })))["verdict"]!.GetValue<string>());

        // Another limit that speaks of all of these goods takes its place; one that speaks of some does not.
        foreach (var (products, left) in (IEnumerable<(string[]?, string[])>)[(["wheat"], ["GRAIN-BATCH grain lead"]), (null, [])])
        {
            await market.Owner($"""
                insert into certification.limit_rule (number, edition, rule_group, products, indicator, kind, highest, unit, regulation, annex, source, confidence, active, valid_from)
                values ({900 + left.Length}, 1, 'grain', {(products is null ? "null" : $"'{{{string.Join(',', products)}}}'")}, 'lead', 'max', 0.4, 'mg/kg', 'TR CU 015/2011', '2', 'The act.', 'A', true, now())
                """);
            Assert.Equal(left, await Ended());
        }
    }

    private async Task<IEnumerable<string>> Ended() =>
        (await Market.Body(await market.Get(Role.Auditor, "/v1/schemes/report"))).AsArray().Where(found => found!["problem"]!.GetValue<string>() == "limit_ended")
            .Select(found => $"{found!["code"]} {found["ruleGroup"]} {found["indicator"]}");
}
