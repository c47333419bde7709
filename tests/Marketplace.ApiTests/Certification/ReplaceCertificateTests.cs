using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests.Certification;

public sealed class ReplaceCertificateTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_reduced_certificate_takes_the_place_of_the_wrong_one_and_both_say_so()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        await market.Drain();
        var proposal = await Proposed(story, 60_000);
        Assert.Equal("active", (await Shown(story.Serial))["state"]!.GetValue<string>());

        var decided = await Market.Body(await Decide(story, proposal, approved: true));
        var successor = decided["successor"]!.GetValue<string>();
        var (old, now) = (await Shown(story.Serial), await Shown(successor));
        Assert.Equal(("replaced", successor, 0L), (old["state"]!.GetValue<string>(), old["replacedBy"]!.GetValue<string>(), old["left"]!["amount"]!.GetValue<long>()));
        Assert.Equal(("active", story.Serial, 60_000L, 60_000L), (now["state"]!.GetValue<string>(), now["replaces"]!.GetValue<string>(),
            now["quantity"]!["amount"]!.GetValue<long>(), now["left"]!["amount"]!.GetValue<long>()));
        Assert.Equal(("replaced", "genuine"), (await Verdict(old), await Verdict(now)));

        var account = await market.AccountOf(story.Lot);
        Assert.Equal((100_000, 60_000), (account.Ceiling, account.Certified));
        Assert.Equal(account, await market.MovesOf(story.Lot));
        Assert.Equal(HttpStatusCode.Conflict, (await market.Reserve(market.Cast(Role.RetailBuyer), story.Lot, 60_001)).StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await market.Reserve(market.Cast(Role.RetailBuyer), story.Lot, 59_000)).StatusCode);
        await market.Drain();
        Assert.Equal(successor, (await Market.Body(await market.Get((string?)null, $"/v1/offers/{story.Lot}")))["certificate"]!.GetValue<string>());
        Assert.Equal(successor, (await market.ReadCase(story.Application))["certificate"]!.GetValue<string>());
        await Market.Problem(await Propose(story, 50_000), HttpStatusCode.Conflict, "wrong-state");
    }

    [Fact]
    public async Task Less_than_is_claimed_already_replaces_nothing()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        await Market.Body(await market.Reserve(market.Cast(Role.RetailBuyer), story.Lot, 80_000));
        var proposal = await Proposed(story, 79_999);
        await Market.Problem(await Decide(story, proposal, approved: true), HttpStatusCode.Conflict, "sold-already");
        Assert.Equal("active", (await Shown(story.Serial))["state"]!.GetValue<string>());
        Assert.Equal(100_000, (await market.AccountOf(story.Lot)).Certified);
        await Market.Problem(await Propose(story, 90_000), HttpStatusCode.Conflict, "replacement-open");
        Assert.False((await Market.Body(await Decide(story, proposal, approved: false)))["approved"]!.GetValue<bool>());
        await Market.Body(await Decide(story, await Proposed(story, 80_000), approved: true));
        Assert.Equal(80_000, (await market.AccountOf(story.Lot)).Certified);
    }

    [Fact]
    public async Task More_or_longer_than_before_cannot_be_proposed()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        await Market.Problem(await Propose(story, 100_001), HttpStatusCode.BadRequest, "above-certified");
        await Market.Problem(await Propose(story, 1_000, "MLT"), HttpStatusCode.BadRequest, "unit-mismatch");
        await Market.Problem(await market.Post(Role.QualityManager, $"/v1/certificates/{story.Serial}/replacements", new
        {
            reason = "Longer.", validUntil = market.Clock.GetUtcNow().AddYears(1),
        }), HttpStatusCode.BadRequest, "dates-wrong");
        await market.Refused(As(Role.QualityManager) + $"""
            insert into certification.replacement (id, certificate, amount, valid_until, reason)
            select gen_random_uuid(), id, amount + 1, valid_until, 'More.' from certification.certificate where serial = '{story.Serial}'
            """, "above-certified");
    }

    [Fact]
    public async Task Who_proposes_does_not_decide()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        var proposal = await Proposed(story, 60_000, Role.DecisionMaker);
        await Market.Problem(await Decide(story, proposal, approved: true), HttpStatusCode.Conflict, "second-person");
        await market.Refused(As(Role.DecisionMaker) + $"""
            update certification.replacement set approved = true, decision_reason = 'Mine.', decided_by = kernel.person(), decided_at = now() where id = '{proposal}'
            """, "second-person");
        await market.Refused(As(Role.DecisionMaker) + $"""
            update certification.replacement set approved = true, decision_reason = 'Theirs.', decided_by = '{market.Cast(Role.QualityManager).Person}',
                   decided_at = now() where id = '{proposal}'
            """, "not-assigned");
    }

    [Fact]
    public async Task Who_evaluated_the_case_has_no_say()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        var reviewer = market.Cast(Role.Reviewer);
        await market.Within(async services =>
        {
            await services.GetRequiredService<IPeople>().Grant(reviewer.Person, Role.QualityManager, reviewer.Organisation, null, null, default);
            return true;
        });
        await Market.Problem(await Propose(story, 60_000, by: Role.Reviewer), HttpStatusCode.Conflict, "own-work");
        await market.Refused(As(Role.Reviewer) + $"""
            insert into certification.replacement (id, certificate, amount, valid_until, reason)
            select gen_random_uuid(), id, amount, valid_until, 'Mine.' from certification.certificate where serial = '{story.Serial}'
            """, "own-work");
        await Market.Problem(await Propose(story, 60_000, by: Role.Sampler), HttpStatusCode.Forbidden, "forbidden");
        var stranger = await market.NewMember(Role.QualityManager, market.Cast(Role.RetailBuyer).Organisation);
        await Market.Problem(await market.Post(stranger, $"/v1/certificates/{story.Serial}/replacements", new { reason = "Mine." }), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Only_one_of_five_simultaneous_decisions_replaces()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        var proposal = await Proposed(story, 60_000);
        var answers = await market.Race($"select 1 from certification.certificate where serial = '{story.Serial}' for update", 5, _ => Decide(story, proposal, approved: true));
        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
        Assert.Equal(2L, await market.Scalar<long>($"select count(*) from certification.certificate where lot = '{story.Lot}'"));
        Assert.Equal(60_000, (await market.AccountOf(story.Lot)).Certified);
    }

    [Fact]
    public async Task A_stopped_body_replaces_nothing()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        var proposal = await Proposed(story, 60_000);
        var body = market.Cast(Role.DecisionMaker).Organisation;
        await market.Owner($"update certification.issuance set allowed = false, reason = 'Audit.' where body = '{body}'");
        await Market.Problem(await Decide(story, proposal, approved: true), HttpStatusCode.Conflict, "issuance-stopped");
        await market.Owner($"update certification.issuance set allowed = true where body = '{body}'");
        Assert.Equal("active", (await Shown(story.Serial))["state"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_database_links_both_ends_or_neither()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        await market.Refused($"update certification.certificate set state = 'replaced', version = version + 1 where serial = '{story.Serial}'", "no-successor");
        await market.Refused(As(Role.DecisionMaker) + Successor(story, "amount"), "no-decision");

        // An approved replacement issues exactly what it says, and only once its predecessor is replaced.
        var proposal = await Proposed(story, 60_000);
        var approve = As(Role.DecisionMaker) + $"""
            update certification.replacement set approved = true, decision_reason = 'Fine.', decided_by = kernel.person(), decided_at = now() where id = '{proposal}';
            """;
        var replace = $"update certification.certificate set state = 'replaced', version = version + 1 where serial = '{story.Serial}';";
        await market.Refused(approve + Successor(story, "60000"), "no-decision");
        await market.Refused(approve + replace + Successor(story, "60001"), "no-decision");
        await market.Refused(approve + replace + Successor(story, "60000", "valid_until + interval '1 second'"), "dates-wrong");
        await market.Refused(approve + replace + Successor(story, "60000") + Successor(story, "60000", serial: "KZ-26-999998-0"), "already-replaced");
        await market.Refused(approve + replace + Successor(story, "60000", label: "repeat('x', 301)"), "label-too-long");
        await market.AsApplication(approve + replace + Successor(story, "60000") + "rollback;");
    }

    [Fact]
    public async Task A_credit_is_passed_on_once_and_never_grows()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        string Pass(long amount) => $"""
            insert into supply.lot_certificate (lot_id, certificate_id, credited, replaces)
            select lot_id, gen_random_uuid(), {amount}, certificate_id from supply.lot_certificate where lot_id = '{story.Lot}' and replaces is null;
            """;
        await market.Refused("begin;" + Pass(100_001), "not-credited");
        await market.Refused("begin;" + Pass(1) + Pass(1), "already-replaced");
        await market.Refused("begin;" + Pass(60_000) + $"update supply.lot_account set certified = certified + 1, ceiling = ceiling where lot_id = '{story.Lot}'; commit;", "above-ceiling");
        await market.Refused("begin; set constraints all immediate;" + Pass(60_000)
            + $"update supply.lot_account set certified = 60000 where lot_id = '{story.Lot}'; update supply.lot_account set certified = 100000 where lot_id = '{story.Lot}';", "not-credited");
    }

    private Task<HttpResponseMessage> Propose(Market.CertifiedLotStory story, long amount, string unit = "GRM", string by = Role.QualityManager) =>
        market.Post(by, $"/v1/certificates/{story.Serial}/replacements", new { reason = "Too much was certified.", quantity = new { amount, unit } });

    private async Task<Guid> Proposed(Market.CertifiedLotStory story, long amount, string by = Role.QualityManager) =>
        (await Market.Body(await Propose(story, amount, by: by)))["id"]!.GetValue<Guid>();

    private Task<HttpResponseMessage> Decide(Market.CertifiedLotStory story, Guid proposal, bool approved) =>
        market.Post(Role.DecisionMaker, $"/v1/certificates/{story.Serial}/replacements/{proposal}/decision", new { approved, reason = "Seen the file." });

    private async Task<JsonNode> Shown(string serial) => await Market.Body(await market.Get((string?)null, $"/v1/certificates/{serial}"));

    private async Task<string> Verdict(JsonNode certificate) => (await Market.Body(await market.Post((string?)null, "/v1/verifications", new
    {
        text = certificate["label"]!.GetValue<string>(),
    })))["verdict"]!.GetValue<string>();

    private string As(string role) => $"begin; select set_config('app.person', '{market.Cast(role).Person}', true);";

    private static string Successor(
        Market.CertifiedLotStory story, string amount, string until = "valid_until", string label = "'x'", string serial = "KZ-26-999999-0") => $"""
        insert into certification.certificate (id, serial, application, lot, household, applicant, issuer, product, village, amount, unit, scheme,
               scheme_version, valid_from, valid_until, key_id, label, replaces)
        select gen_random_uuid(), '{serial}', application, lot, household, applicant, issuer, product, village, {amount}, unit, scheme, scheme_version, now(),
               {until}, key_id, {label}, id from certification.certificate where serial = '{story.Serial}';
        """;
}
