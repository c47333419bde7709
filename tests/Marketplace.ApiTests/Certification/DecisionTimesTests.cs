using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Certification;

public sealed class DecisionTimesTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task Steps_are_told_in_working_days_and_few_cases_not_at_all()
    {
        var body = market.Cast(Role.DecisionMaker).Organisation!.Value;
        var farm = await market.ActiveFarm();
        for (var i = 0; i < 4; i++)
        {
            await market.CertifiedLot(farm);
        }

        var month = $"{market.Clock.GetUtcNow():yyyy-MM}";
        Assert.All((await See($"?to={month}"))["decisions"]!.AsArray(), row => Assert.Null(row!["cases"]));
        await market.CertifiedLot(farm);

        // Five cases sampled after 1 to 5 working days: opened on Monday the 2nd, 12:00 in Kazakhstan, over a weekend and nothing else.
        await market.Owner("alter table work.task disable trigger user");
        await market.Owner("""
            with numbered as (select id, row_number() over (order by opened_at) as n from work.task where kind = 'take-sample')
            update work.task t set opened_at = '2026-11-02 07:00+00', closed_at = timestamptz '2026-11-02 07:00+00' + case n when 5 then 7 else n end * interval '1 day',
                   deadline = '2026-11-05 13:00+00'
              from numbered where numbered.id = t.id
            """);
        var seen = await See($"?from=2026-11&to=2026-11&territory={Market.District}&body={body}");
        var step = seen["steps"]!.AsArray().Single(row => row!["step"]!.GetValue<string>() == "take-sample")!;
        Assert.Equal((5L, 3m, 4.6m, 60m), (step["cases"]!.GetValue<long>(), step["medianDays"]!.GetValue<decimal>(), step["p90Days"]!.GetValue<decimal>(),
            step["withinDeadlinePercent"]!.GetValue<decimal>()));

        // Two working days of the longest were a pause, and are told apart.
        await market.Owner("""
            alter table certification.pause disable trigger user;
            insert into certification.pause (application, number, reason, evidence, stage, person, started_at, ended_by, ended_at)
            select subject, 1, 'force_majeure', 'Flood.', 'sampling', responsible, '2026-11-03 07:00+00', responsible, '2026-11-05 07:00+00'
              from work.task where kind = 'take-sample' and closed_at = '2026-11-09 07:00+00'
            """);
        seen = await See($"?from=2026-11&to=2026-11&territory={Market.District}&body={body}");
        step = seen["steps"]!.AsArray().Single(row => row!["step"]!.GetValue<string>() == "take-sample")!;
        Assert.Equal((3m, 3.6m, 0.4m), (step["medianDays"]!.GetValue<decimal>(), step["p90Days"]!.GetValue<decimal>(), step["pausedDays"]!.GetValue<decimal>()));
        Assert.Empty((await See($"?from=2026-11&to=2026-11&territory=kz-103230000"))["steps"]!.AsArray());

        var whole = Assert.Single((await See($"?to={month}"))["decisions"]!.AsArray());
        Assert.Equal((5L, 0m), (whole!["cases"]!.GetValue<long>(), whole["returnsPerCase"]!.GetValue<decimal>()));
        Assert.InRange(whole["touchesPerCase"]!.GetValue<decimal>(), 7m, 30m);
        await Market.Problem(await market.Get((string?)null, "/v1/statistics/decision-times?from=2026-11&to=2026-10"), HttpStatusCode.BadRequest, "bad-months");
        await Market.Problem(await market.Get((string?)null, "/v1/statistics/decision-times?from=2020-01&to=2026-10"), HttpStatusCode.BadRequest, "bad-months");
    }

    private async Task<JsonNode> See(string query) => await Market.Body(await market.Get((string?)null, "/v1/statistics/decision-times" + query));
}
