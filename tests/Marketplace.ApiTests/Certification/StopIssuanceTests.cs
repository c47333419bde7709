using System.Net;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Certification;

public sealed class StopIssuanceTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task Of_a_hundred_decisions_that_race_a_stop_none_issues_after_its_commit()
    {
        const int decisions = 100;
        var farm = await market.ActiveFarm();
        var cases = new List<Guid>();
        for (var i = 0; i < decisions; i++)
        {
            cases.Add((await market.CaseAwaitingDecision(farm)).Application);
        }

        // The stop is written and not yet committed while the decisions come: each of them waits for it, or finds it.
        var body = market.Cast(Role.QualityManager).Organisation;
        var answers = await market.Race($"update certification.issuance set allowed = false, reason = 'Audit.' where body = '{body}'", decisions,
            at => market.Decide(cases[at], granted: true));
        foreach (var answer in answers.Where(answer => answer.StatusCode != HttpStatusCode.ServiceUnavailable))
        {
            await Market.Problem(answer, HttpStatusCode.Conflict, "issuance-stopped");
        }

        Assert.Equal(0L, await market.Scalar<long>("select count(*) from certification.certificate"));
        Assert.Equal(0L, await market.Scalar<long>("select count(*) from supply.lot_account where certified > 0"));
    }
}
