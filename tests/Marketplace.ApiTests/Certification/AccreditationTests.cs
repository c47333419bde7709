using System.Net;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Certification;

public sealed class AccreditationTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_body_certifies_what_it_is_accredited_for_and_nothing_after_a_suspension()
    {
        var body = market.Cast(Role.QualityManager).Organisation!.Value;
        var farm = await market.ActiveFarm();
        var (waiting, _) = await market.CaseAwaitingDecision(farm);

        // Without any accreditation a body works in a sandbox only.
        var (draft, _) = await market.DraftedCase(farm);
        await market.Owner("update kernel.tenant set sandbox = false where id = 'demo'");
        await Market.Problem(await market.Post(farm.Head, $"/v1/applications/{draft}/submission"), HttpStatusCode.Conflict, "no-eligible-person");
        await Market.Problem(await market.Decide(waiting, granted: true), HttpStatusCode.Conflict, "not-accredited");
        await market.Owner("update kernel.tenant set sandbox = true where id = 'demo'");

        var milk = new { body, number = "KZ.O.02.0001", schemes = new[] { "MILK-" }, from = "2026-01-01", until = "2030-12-31" };
        await Market.Problem(await market.Post(Role.QualityManager, "/v1/accreditations", milk), HttpStatusCode.Forbidden, "forbidden");
        await Market.Problem(await Record(new { body = market.Cast(Role.RetailBuyer).Organisation, milk.number, milk.schemes, milk.from, milk.until }), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await Record(new { body, milk.number, milk.schemes, milk.from, until = "2025-01-01" }), HttpStatusCode.BadRequest, "bad-dates");
        await Market.Problem(await Record(new { body, milk.number, schemes = new[] { "" }, milk.from, milk.until }), HttpStatusCode.BadRequest, "bad-scope");
        await Market.Body(await Record(milk));
        await Market.Problem(await Record(milk), HttpStatusCode.Conflict, "accreditation-known");
        await Market.Problem(await market.Post(farm.Head, $"/v1/applications/{draft}/submission"), HttpStatusCode.Conflict, "no-eligible-person");
        await Market.Problem(await market.Decide(waiting, granted: true), HttpStatusCode.Conflict, "not-accredited");

        var plants = (await Market.Body(await Record(new
        {
            body, number = "KZ.O.02.0002", schemes = new[] { "PLANT" }, ruleGroups = new[] { "potato" }, territory = Market.District, from = "2026-01-01", until = "2030-12-31",
        })))["id"]!.GetValue<Guid>();
        await Market.Body(await market.Post(farm.Head, $"/v1/applications/{draft}/submission"));

        await Market.Body(await Suspend(plants, true));
        await Market.Problem(await market.Decide(waiting, granted: true), HttpStatusCode.Conflict, "not-accredited");
        await Market.Body(await Suspend(plants, false));

        // A suspension that is first makes the decision wait for it, and see it.
        var raced = await market.Race($"update certification.accreditation set suspended = true, reason = 'Audit.' where id = '{plants}'", 1, _ => market.Decide(waiting, granted: true));
        await Market.Problem(raced[0], HttpStatusCode.Conflict, "not-accredited");
        Assert.Equal(0, await market.Scalar<long>("select count(*) from certification.certificate"));
        await Market.Body(await Suspend(plants, false));
        await Market.Body(await market.Decide(waiting, granted: true));
        Assert.Equal(2, (await Market.Body(await market.Get((string?)null, $"/v1/accreditations?body={body}")))["items"]!.AsArray().Count);
        await Market.Problem(await Suspend(Guid.NewGuid(), true), HttpStatusCode.NotFound, "not-found");
    }

    private Task<HttpResponseMessage> Record(object accreditation) => market.Post(Role.PlatformAdministrator, "/v1/accreditations", accreditation);

    private Task<HttpResponseMessage> Suspend(Guid id, bool suspended) =>
        market.Put(market.Cast(Role.PlatformAdministrator), $"/v1/accreditations/{id}/suspension", new { suspended, reason = "Audit." });
}
