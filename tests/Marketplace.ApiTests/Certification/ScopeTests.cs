using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Certification;
using Marketplace.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

public sealed class ScopeTests(Market market) : IClassFixture<Market>
{
    private const string Milk = "milk_cow_raw";

    private static readonly object[] Good = [Quick("snf", 8.6, "% mass"), Quick("penicillin", 0.002)];

    [Fact]
    public async Task A_serial_scheme_grants_a_scope_and_each_days_milk_is_declared_under_it()
    {
        var farm = await market.ActiveFarm();
        var scope = await Granted(farm);
        var shown = await Shown(scope);
        Assert.Equal(("active", "serial", "MILK-DAILY", 0L), (Word(shown, "state"), Word(shown, "kind"), Word(shown, "scheme"), shown["batches"]!.GetValue<long>()));
        Assert.Equal(180, (Time(shown, "validUntil") - Time(shown, "validFrom")).TotalDays, 3);
        Assert.DoesNotContain(farm.Household.ToString(), shown.ToJsonString(), StringComparison.Ordinal);

        var lot = await market.DeclaredLot(farm, Milk, 80_000);
        var declared = await Market.Body(await Declare(farm, scope, lot, Good));
        Assert.Equal(("pass", 80_000L), (Word(declared, "verdict"), declared["quantity"]!["amount"]!.GetValue<long>()));
        var certificate = await Market.Body(await market.Get((string?)null, $"/v1/certificates/{Word(declared, "certificate")}"));
        Assert.Equal(("active", scope, lot.ToString()), (Word(certificate, "state"), Word(certificate, "scope"), Word(certificate, "lot")));
        Assert.Equal(80_000, (await market.AccountOf(lot)).Certified);
        Assert.Equal(HttpStatusCode.Created, (await market.Reserve(market.Cast(Role.RetailBuyer), lot, 70_000)).StatusCode);
        Assert.Equal("genuine", Word(await Market.Body(await market.Post((string?)null, "/v1/verifications", new { text = Word(certificate, "label") })), "verdict"));
        Assert.Equal(1L, (await Shown(scope))["batches"]!.GetValue<long>());

        // Declared once is declared.
        await Market.Problem(await Declare(farm, scope, lot, Good), HttpStatusCode.Conflict, "lot-declared");
    }

    [Fact]
    public async Task A_batch_that_fails_is_kept_on_record_and_not_certified()
    {
        var farm = await market.ActiveFarm();
        var scope = await Granted(farm);
        var lot = await market.DeclaredLot(farm, Milk);
        var declared = await Market.Body(await Declare(farm, scope, lot, [Quick("snf", 8.6, "% mass"), Quick("penicillin", 0.005)]));
        Assert.Equal("fail", Word(declared, "verdict"));
        Assert.Null(declared["certificate"]);
        Assert.Contains(declared["findings"]!.AsArray(), finding => Word(finding!, "indicator") == "penicillin" && Word(finding!, "reason") == "exceeds");
        Assert.Equal(0, (await market.AccountOf(lot)).Certified);
        var list = await Market.Body(await market.Get(Role.QualityManager, $"/v1/scope-certificates/{scope}/batch-declarations"));
        Assert.Equal("fail", Word(Assert.Single(list["items"]!.AsArray())!, "verdict"));
        Assert.Equal("pass", Word(await Market.Body(await Declare(farm, scope, lot, Good)), "verdict"));
    }

    [Fact]
    public async Task What_is_missing_or_wrong_leaves_nothing()
    {
        var farm = await market.ActiveFarm();
        var scope = await Granted(farm);
        var lot = await market.DeclaredLot(farm, Milk);
        await Market.Problem(await Declare(farm, scope, lot, []), HttpStatusCode.BadRequest, "tests-missing");
        await Market.Problem(await Declare(farm, scope, lot, [Quick("snf", 8.6, "% mass")]), HttpStatusCode.BadRequest, "tests-missing");
        await Market.Problem(await Declare(farm, scope, lot, [Quick("snf", 8.6, "mg/kg"), Quick("penicillin", 0.002)]), HttpStatusCode.BadRequest, "wrong-unit");
        await Market.Problem(await Declare(farm, scope, lot, [.. Good, Quick("snf", 8.6, "% mass")]), HttpStatusCode.BadRequest, "repeated-indicator");
        await Market.Problem(await Declare(farm, scope, lot, [.. Good, Quick("starch", 1)]), HttpStatusCode.BadRequest, "unknown-indicator");
        await Market.Problem(await Declare(farm, scope, lot, [Quick("snf", null, "% mass"), Quick("penicillin", 0.002)]), HttpStatusCode.BadRequest, "value-missing");
        Assert.Equal(0L, await market.Scalar<long>($"select count(*) from certification.batch_declaration where lot = '{lot}'"));
        Assert.Equal(0, (await market.AccountOf(lot)).Certified);
    }

    [Fact]
    public async Task Only_the_scopes_own_production_is_declared_under_it()
    {
        var (farm, other) = (await market.ActiveFarm(), await market.ActiveFarm());
        var scope = await Granted(farm);
        await Market.Problem(await Declare(other, scope, await market.DeclaredLot(farm, Milk), Good), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await Declare(other, scope, await market.DeclaredLot(other, Milk), Good), HttpStatusCode.Conflict, "outside-the-scope");
        await Market.Problem(await Declare(farm, scope, await market.DeclaredLot(farm, "onion"), Good), HttpStatusCode.Conflict, "outside-the-scope");
        await Market.Problem(await Declare(farm, "KZ-S-26-9999", await market.DeclaredLot(farm, Milk), Good), HttpStatusCode.NotFound, "not-found");
        var mine = (await Market.Body(await market.Get(farm.Head, $"/v1/scope-certificates?household={farm.Household}")))["items"]!.AsArray();
        Assert.Equal(scope, Word(Assert.Single(mine)!, "number"));
        await Market.Problem(await market.Get(other.Head, $"/v1/scope-certificates?household={farm.Household}"), HttpStatusCode.NotFound, "not-found");
        var foreign = await Market.Body(await market.Get(other.Head, $"/v1/scope-certificates/{scope}/batch-declarations"));
        Assert.Empty(foreign["items"]!.AsArray());

        // Who left the applicant of record has nobody to answer for the goods.
        await Market.Body(await market.Put(farm.Head, $"/v1/households/{farm.Household}/applicant", new { organisation = (Guid?)null }));
        await Market.Problem(await Declare(farm, scope, await market.DeclaredLot(farm, Milk), Good), HttpStatusCode.Conflict, "outside-the-scope");
    }

    [Fact]
    public async Task A_suspended_scope_takes_its_certificates_along_and_gives_back_only_those()
    {
        var farm = await market.ActiveFarm();
        var scope = await Granted(farm);
        var (first, second) = (await market.DeclaredLot(farm, Milk), await market.DeclaredLot(farm, Milk));
        var one = Word(await Market.Body(await Declare(farm, scope, first, Good)), "certificate");
        var two = Word(await Market.Body(await Declare(farm, scope, second, Good)), "certificate");
        await Market.Body(await market.Reserve(market.Cast(Role.RetailBuyer), first, 50_000));
        await Market.Body(await market.Post(Role.QualityManager, $"/v1/certificates/{two}/suspension", new { reason = "For itself." }));

        await Market.Body(await Change(scope, "suspension"));
        Assert.Equal(("suspended", "suspended", "suspended"), (Word(await Shown(scope), "state"), await StateOf(one), await StateOf(two)));
        Assert.Equal((1, 0), ((await market.AccountOf(first)).Holds, (await market.AccountOf(first)).Reserved));
        Assert.Equal(1, (await market.AccountOf(second)).Holds);
        await Market.Problem(await Declare(farm, scope, await market.DeclaredLot(farm, Milk), Good), HttpStatusCode.Conflict, "scope-not-live");
        await Market.Problem(await Change(scope, "suspension"), HttpStatusCode.Conflict, "wrong-state");

        await Market.Body(await Change(scope, "reinstatement"));
        Assert.Equal(("active", "suspended"), (await StateOf(one), await StateOf(two)));
        Assert.Equal((0, 1), ((await market.AccountOf(first)).Holds, (await market.AccountOf(second)).Holds));
        await Market.Body(await Declare(farm, scope, await market.DeclaredLot(farm, Milk), Good));

        await Market.Body(await Change(scope, "withdrawal"));
        Assert.Equal(("withdrawn", "withdrawn"), (await StateOf(one), await StateOf(two)));
        await Market.Problem(await Change(scope, "reinstatement"), HttpStatusCode.Conflict, "wrong-state");
        var stranger = await market.NewMember(Role.QualityManager, market.Cast(Role.RetailBuyer).Organisation);
        await Market.Problem(await market.Post(stranger, $"/v1/scope-certificates/{scope}/suspension", new { reason = "Mine." }), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task No_batch_slips_past_a_suspension_of_the_same_moment()
    {
        var farm = await market.ActiveFarm();
        var scope = await Granted(farm);
        var lots = new List<LotId>();
        for (var at = 0; at < 3; at++)
        {
            lots.Add(await market.DeclaredLot(farm, Milk));
        }

        var answers = await market.Race($"select 1 from certification.scope where number = '{scope}' for update", 4,
            at => at == 3 ? Change(scope, "suspension") : Declare(farm, scope, lots[at], Good));
        Assert.All(answers, answer => Assert.True((int)answer.StatusCode < 500));
        Assert.Equal("suspended", Word(await Shown(scope), "state"));
        Assert.Equal(0L, await market.Scalar<long>($"select count(*) from certification.certificate where lot = any ('{{{string.Join(',', lots)}}}') and state = 'active'"));
    }

    [Fact]
    public async Task The_next_decision_replaces_the_scope_unless_it_is_suspended()
    {
        var farm = await market.ActiveFarm();
        var first = await Granted(farm);
        var second = await Granted(farm);
        Assert.Equal(("replaced", "active"), (Word(await Shown(first), "state"), Word(await Shown(second), "state")));
        await Market.Body(await Change(second, "suspension"));
        var (application, _) = await market.CaseAwaitingDecision(farm, Milk);
        await Market.Problem(await market.Decide(application, granted: true), HttpStatusCode.Conflict, "scope-open");
        Assert.Equal("decision", (await market.ReadCase(application))["stage"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_declared_batchs_certificate_is_replaced_like_any_other()
    {
        var farm = await market.ActiveFarm();
        var scope = await Granted(farm);
        var lot = await market.DeclaredLot(farm, Milk);
        var serial = Word(await Market.Body(await Declare(farm, scope, lot, Good)), "certificate");
        var proposal = (await Market.Body(await market.Post(Role.QualityManager, $"/v1/certificates/{serial}/replacements", new
        {
            quantity = new { amount = 60_000, unit = "MLT" }, reason = "Part was spilt.",
        })))["id"]!.GetValue<Guid>();
        var decided = await Market.Body(await market.Post(Role.DecisionMaker, $"/v1/certificates/{serial}/replacements/{proposal}/decision",
            new { approved = true, reason = "Seen." }));
        var now = await Market.Body(await market.Get((string?)null, $"/v1/certificates/{Word(decided, "successor")}"));
        Assert.Equal((scope, lot.ToString(), 60_000L), (Word(now, "scope"), Word(now, "lot"), now["quantity"]!["amount"]!.GetValue<long>()));
    }

    [Fact]
    public async Task A_scope_whose_validity_is_over_carries_nothing_more()
    {
        var farm = await market.ActiveFarm();
        var scope = await Granted(farm);
        await market.Past(
            $"update certification.scope set valid_from = now() - interval '2 days', valid_until = now() - interval '1 second' where number = '{scope}'", "certification.scope");
        Assert.Equal("expired", Word(await Shown(scope), "state"));
        await Market.Problem(await Declare(farm, scope, await market.DeclaredLot(farm, Milk), Good), HttpStatusCode.Conflict, "scope-not-live");
        await market.Services.GetRequiredService<ExpireCertificates>().Pass(default);
        Assert.Equal("expired", await market.Scalar<string>($"select state::text from certification.scope where number = '{scope}'"));
    }

    [Fact]
    public async Task The_database_opens_no_scope_and_certifies_no_batch_by_itself()
    {
        var farm = await market.ActiveFarm();
        var scope = await Granted(farm);
        var lot = await market.DeclaredLot(farm, Milk);
        await market.Refused(As(Role.DecisionMaker) + $"""
            insert into certification.scope (id, number, application, scheme, scheme_version, kind, product, rule_group, village, household, applicant, issuer,
                   valid_until)
            select gen_random_uuid(), 'KZ-S-26-8888', id, scheme, scheme_version, 'serial', product, rule_group, village, household, applicant, body,
                   now() + interval '10 days' from certification.application where household = '{farm.Household}'
            """, "no-decision");
        await market.Refused(Person(farm) + Declared(scope, lot, "pass"), "tests-missing");
        await market.Refused(Person(farm) + Declared(scope, lot, "fail") + Certified(lot), "no-decision");
        await market.Refused(Person(farm) + Declared(scope, lot, "pass", household: "gen_random_uuid()"), "outside-the-scope");
        await market.Refused(As(Role.Sampler) + Declared(scope, lot, "pass").Replace("kernel.person()", $"'{farm.Head.Person}'", StringComparison.Ordinal), "not-assigned");
        await Market.Body(await Declare(farm, scope, lot, Good));
        foreach (var table in (string[])["batch_declaration", "batch_result", "scope_change"])
        {
            Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication($"delete from certification.{table}"))).SqlState);
        }

        await market.AsApplication($"update certification.scope set state = 'withdrawn' where number = '{scope}'");
        await market.Refused($"update certification.scope set state = 'active' where number = '{scope}'", "wrong-state");
        await market.Refused(Person(farm) + Declared(scope, lot, "fail"), "scope-not-live");
    }

    private static string Declared(string scope, LotId lot, string verdict, string household = "household") => $"""
        insert into certification.batch_declaration (id, scope, lot, household, village, amount, unit, ready_on, expires_on, verdict, findings, person)
        select gen_random_uuid(), id, '{lot}', {household}, village, 1000, 'MLT', now()::date, now()::date + 2, '{verdict}', '[]', kernel.person()
          from certification.scope where number = '{scope}';
        set constraints all immediate;
        """;

    private static string Certified(LotId lot) => $"""
        insert into certification.certificate (id, serial, application, lot, household, applicant, issuer, product, village, amount, unit, scheme,
               scheme_version, valid_from, valid_until, key_id, label, declaration)
        select gen_random_uuid(), 'KZ-26-999999-0', s.application, d.lot, d.household, s.applicant, s.issuer, s.product, d.village, d.amount, d.unit, s.scheme,
               s.scheme_version, date_trunc('second', now()), now() + interval '1 day', (select key_id from certification.issuer_key limit 1), 'x', d.id
          from certification.batch_declaration d join certification.scope s on s.id = d.scope where d.lot = '{lot}';
        """;

    private string As(string role) => $"begin; select set_config('app.person', '{market.Cast(role).Person}', true);";

    private static string Person(Market.Farm farm) => $"begin; select set_config('app.person', '{farm.Head.Person}', true);";

    private async Task<string> Granted(Market.Farm farm)
    {
        var (application, _) = await market.CaseAwaitingDecision(farm, Milk);
        return Word(await Market.Body(await market.Decide(application, granted: true)), "scope");
    }

    private Task<HttpResponseMessage> Declare(Market.Farm farm, string scope, LotId lot, object[] values) =>
        market.Post(farm.Head, $"/v1/scope-certificates/{scope}/batch-declarations", new { lot, values });

    private Task<HttpResponseMessage> Change(string scope, string what) =>
        market.Post(Role.QualityManager, $"/v1/scope-certificates/{scope}/{what}", new { reason = "Found at the herd." });

    private async Task<JsonNode> Shown(string scope) => await Market.Body(await market.Get((string?)null, $"/v1/scope-certificates/{scope}"));

    private async Task<string> StateOf(string serial) => Word(await Market.Body(await market.Get((string?)null, $"/v1/certificates/{serial}")), "state");

    private static object Quick(string indicator, double? value, string unit = "mg/kg") => new { indicator, value, unit, method = "Strip" };

    private static string Word(JsonNode node, string member) => node[member]!.GetValue<string>();

    private static DateTimeOffset Time(JsonNode node, string member) => node[member]!.GetValue<DateTimeOffset>();
}
