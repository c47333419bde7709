using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

public sealed class MassBalanceTests(Market market) : IClassFixture<Market>
{
    private const string Milk = "milk_cow_raw";

    /// <summary>A tenth of a hectare, two cows and ten hens: at most 5 t of potatoes, 60 l of milk a day and 9.5 eggs a day, with a fifth more by tolerance.</summary>
    private static readonly object[] Garden = [Has("arable", 1_000), Has("cows", 2), Has("hens", 10)];

    [Fact]
    public async Task Planted_over_claims_are_flagged_and_no_plausible_claim_is()
    {
        (string Verdict, string Product, long[] Lots)[] planted =
        [
            ("plausible", "potato", [100_000]), ("plausible", "potato", [6_000_000]), ("plausible", "potato", [2_000_000, 2_000_000, 1_900_000]),
            ("plausible", Milk, [100_000]), ("plausible", Milk, [70_000, 74_000]), ("plausible", "eggs_chicken", [284]), ("plausible", "carrot", [8_000_000]),
            ("over_claim", "potato", [6_000_001]), ("over_claim", "potato", [3_000_000, 3_000_000, 1]), ("over_claim", Milk, [144_001]),
            ("over_claim", Milk, [100_000, 50_000]), ("over_claim", "eggs_chicken", [285]), ("over_claim", "carrot", [80_000_000]),
            ("no_base", "honey", [1_000]), ("no_base", "apple", [100_000]), ("no_yield_known", "jam", [50_000_000]),
        ];
        foreach (var (verdict, product, amounts) in planted)
        {
            var farm = await Farm(Garden);
            var lots = new List<LotId>();
            foreach (var amount in amounts)
            {
                lots.Add(await market.DeclaredLot(farm, product, amount));
            }

            // However many lots it is spread over: any of them answers for all.
            foreach (var lot in lots)
            {
                var balances = await Balances(await Submitted(farm, lot));
                Assert.Equal((product, amounts.Sum(), verdict), (product, amounts.Sum(), Last(balances)["verdict"]!.GetValue<string>()));
                Assert.Equal(verdict is "over_claim" or "no_base", balances["visitOwed"]!.GetValue<bool>());
                Assert.Equal(amounts.Sum(), Last(balances)["claimed"]!["amount"]!.GetValue<long>());
            }
        }
    }

    [Fact]
    public async Task A_daily_product_is_reckoned_for_the_days_between_its_lots()
    {
        var farm = await Farm(Garden);
        var within = market.Today.DayOfYear > 30 ? -1 : 1;
        foreach (var day in (int[])[0, 4, 9])
        {
            await Declared(farm, Milk, 120_000, market.Today.AddDays(within * day));
        }

        var claims = Last(await Balances(await Submitted(farm, await Declared(farm, Milk, 1_000, market.Today))));
        Assert.Equal((11, "plausible"), (claims["days"]!.GetValue<int>(), claims["verdict"]!.GetValue<string>()));
        Assert.Equal(2 * 30 * 1_000L * 11, claims["plausible"]!["amount"]!.GetValue<long>());
        var basis = Assert.Single(claims["bases"]!.AsArray())!;
        Assert.Equal(("cows", 2, "day", "B"), (basis["kind"]!.GetValue<string>(), basis["amount"]!.GetValue<int>(), basis["span"]!.GetValue<string>(),
            basis["confidence"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Another_year_is_another_season_and_another_household_another_base()
    {
        var farm = await Farm(Garden);
        await Declared(farm, "potato", 5_000_000, new DateOnly(market.Today.Year + 1, 1, 1));
        Assert.Equal("plausible", Last(await Balances(await Submitted(farm, await Declared(farm, "potato", 5_000_000, market.Today))))["verdict"]!.GetValue<string>());
        var neighbour = await Farm(Garden);
        Assert.Equal("plausible", Last(await Balances(await Submitted(neighbour, await market.DeclaredLot(neighbour, "potato", 5_000_000))))["verdict"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_base_raised_after_the_first_lot_counts_only_once_the_rural_district_confirmed_it()
    {
        var farm = await Farm(Garden);
        var first = await Submitted(farm, await market.DeclaredLot(farm, "potato", 7_000_000));
        Assert.Equal("over_claim", Verdict(await Balances(first)));
        await Market.Body(await market.Holdings(farm, Has("arable", 100_000)));
        await Market.Body(await market.Post(farm.Head, $"/v1/applications/{first}/withdrawal"));
        var lot = LotId.From(Guid.Parse((await market.ReadCase(first))["lot"]!.GetValue<string>()));
        Assert.Equal("over_claim", Verdict(await Balances(await Submitted(farm, lot))));

        var declared = (await Market.Body(await market.Get(farm.Head, $"/v1/households/{farm.Household}")))["holdings"]!.AsArray();
        var number = Assert.Single(declared)!["number"]!.GetValue<int>();
        var path = $"/v1/households/{farm.Household}/holdings/confirmation";
        await Market.Problem(await market.Post(Role.OkrugAkim, path, new { number = number - 1 }), HttpStatusCode.Conflict, "changed-meanwhile");
        await Market.Problem(await market.Post(Role.Sampler, path, new { number }), HttpStatusCode.Forbidden, "forbidden");
        var elsewhere = await market.NewMember(Role.OkrugAkim, null, "kz-351600000");
        await Market.Problem(await market.Post(elsewhere, path, new { number }), HttpStatusCode.NotFound, "not-found");
        await Market.Body(await market.Post(Role.OkrugAkim, path, new { number }));
        Assert.Equal("plausible", Verdict(await Balances(await Submitted(farm, await market.DeclaredLot(farm, "potato", 1_000)))));

        // Less counts at once, whoever confirmed more.
        await Market.Body(await market.Holdings(farm, Has("arable", 500)));
        Assert.Equal("over_claim", Verdict(await Balances(await Submitted(farm, await market.DeclaredLot(farm, "potato", 1_000)))));
    }

    [Fact]
    public async Task Nobody_declares_for_a_stranger_or_confirms_their_own()
    {
        var farm = await Farm(Garden);
        var other = await market.ActiveFarm();
        var path = $"/v1/households/{farm.Household}/holdings";
        await Market.Problem(await market.Put(other.Head, path, new { holdings = Garden }), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Put(farm.Head, path, new { holdings = (object[])[Has("cows", 1), Has("cows", 2)] }), HttpStatusCode.BadRequest, "repeated-kind");
        await Market.Problem(await market.Put(farm.Head, path, new { holdings = (object[])[Has("cows", -1)] }), HttpStatusCode.BadRequest, "invalid");
        await market.Refused($"{Person(farm.Head)} update registry.holding set confirmed_by = kernel.person() where household = '{farm.Household}'", "own-household");
        await market.Refused($"{Person(farm.Head)} insert into registry.holding (household, number, kind, amount, declared_by) values ('{farm.Household}', 99, 'cows', 9, gen_random_uuid())", "own-household");
        await market.Refused($"""
            {Person(other.Head)} insert into registry.holding (household, number, kind, amount) values ('{farm.Household}', 99, 'cows', 9);
            update registry.holding set confirmed_by = kernel.person() where household = '{farm.Household}' and number = 99
            """, "own-household");
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication($"update registry.holding set amount = 9"))).SqlState);
    }

    [Fact]
    public async Task An_over_claim_is_visited_and_counted_though_the_scheme_has_no_visit_and_grants_what_was_counted()
    {
        var farm = await Farm(Garden);
        var lot = await market.DeclaredLot(farm, "potato", 7_000_000);
        var application = await Submitted(farm, lot);
        await Market.Body(await market.Accept(application));
        Assert.Equal("inspection inspect-site", await market.StandingOf(application));
        await Market.Problem(await market.TakeSample(application), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Problem(await Inspect(application, null), HttpStatusCode.BadRequest, "count-missing");
        await Market.Problem(await Inspect(application, new { amount = 5_000_000, unit = "MLT" }), HttpStatusCode.BadRequest, "wrong-unit");
        await Market.Problem(await Inspect(application, new { amount = -1, unit = "GRM" }), HttpStatusCode.BadRequest, "malformed");
        await Market.Body(await Inspect(application, new { amount = 5_500_000, unit = "GRM" }));
        Assert.Equal("sampling take-sample", await market.StandingOf(application));
        var details = await market.ReadCase(application);
        Assert.Equal((5_500_000L, 5_500_000L), (details["quantity"]!["amount"]!.GetValue<long>(), details["evaluation"]!["inspection"]!["counted"]!.GetValue<long>()));
        await Evaluate(application);
        await Market.Body(await market.Decide(application, granted: true));
        var account = await market.AccountOf(lot);
        Assert.Equal((5_500_000L, 5_500_000L), (account.Ceiling, account.Certified));
        Assert.Equal(account, await market.MovesOf(lot));
    }

    [Fact]
    public async Task More_on_the_scale_than_applied_for_raises_nothing_and_nothing_there_is_only_refused()
    {
        var farm = await Farm(Garden);
        var (rich, poor) = (await market.DeclaredLot(farm, "potato", 4_000_000), await market.DeclaredLot(farm, "potato", 4_000_000));
        var (more, none) = (await Accepted(farm, rich), await Accepted(farm, poor));
        await Market.Body(await Inspect(more, new { amount = 9_000_000, unit = "GRM" }));
        await Market.Body(await Inspect(none, new { amount = 0, unit = "GRM" }));
        Assert.Equal((4_000_000L, 0L), ((await market.AccountOf(rich)).Ceiling, (await market.AccountOf(poor)).Ceiling));
        await Evaluate(more);
        await Market.Body(await market.Decide(more, granted: true));
        Assert.Equal(4_000_000, (await market.AccountOf(rich)).Certified);
        await Evaluate(none);
        await Market.Problem(await market.Decide(none, granted: true), HttpStatusCode.Conflict, "counted-less");
        await Market.Body(await market.Decide(none, granted: false));

        // What was not there is not there in the next case either.
        var again = (await Market.Body(await market.Post(farm.Head, "/v1/applications", new { lot = poor })))["id"]!.GetValue<Guid>();
        await Market.Problem(await market.Post(farm.Head, $"/v1/applications/{again}/submission"), HttpStatusCode.Conflict, "nothing-there");
    }

    [Fact]
    public async Task A_count_holds_for_the_lots_next_case()
    {
        var farm = await Farm(Garden);
        var lot = await market.DeclaredLot(farm, "potato", 7_000_000);
        var application = await Accepted(farm, lot);
        await Market.Body(await Inspect(application, new { amount = 3_000_000, unit = "GRM" }));
        await Market.Body(await market.Post(farm.Head, $"/v1/applications/{application}/withdrawal"));
        Assert.Equal(3_000_000, (await market.ReadCase(await Submitted(farm, lot)))["quantity"]!["amount"]!.GetValue<long>());
    }

    [Fact]
    public async Task An_over_claim_is_not_planned_without_a_visit_nor_granted_without_one()
    {
        await market.PublishRichSchemes();
        var farm = await Farm(Garden);
        var lot = await market.DeclaredLot(farm, "potato", 7_000_000);
        var application = await Submitted(farm, lot, Market.Thorough);
        await Market.Body(await market.Accept(application));
        await Market.Body(await market.ReviewDocuments(application));
        await Market.Problem(await market.PlanEvaluation(application, visit: false), HttpStatusCode.Conflict, "visit-owed");
        await Market.Body(await market.PlanEvaluation(application));
        await market.Refused($"""
            {Person(market.Cast(Role.Sampler))} insert into certification.inspection (application, visited_at, place, answers, accepted, reason, acknowledged)
            values ('{application}', kernel.now(), 'Here.', '[]', true, 'Seen.', true)
            """, "count-missing");
        await market.Owner($"update certification.application set stage = 'sampling' where id = '{application}'");
        await Evaluate(application);
        await Market.Problem(await market.Decide(application, granted: true), HttpStatusCode.Conflict, "visit-owed");
        await Market.Body(await market.Decide(application, granted: false));
    }

    [Fact]
    public async Task A_scheme_that_has_no_sampler_gets_one_for_the_visit()
    {
        var farm = await Farm(Garden);
        var plausible = await Submitted(farm, await market.DeclaredLot(farm, "potato", 1_000_000), "ORG-TC");
        var over = await Submitted(farm, await market.DeclaredLot(farm, "potato", 7_000_000), "ORG-TC");
        foreach (var (application, visited) in ((Guid, bool)[])[(plausible, false), (over, true)])
        {
            await Market.Body(await market.Accept(application));
            Assert.Equal(visited, (await market.ReadCase(application))["people"]!["sampler"] is not null);
            await Market.Body(await market.ReviewDocuments(application, [], [Market.Answer("yield-fits"), Market.Answer("kept-apart")]));
            Assert.Equal(visited ? "inspection inspect-site" : "review review-application", await market.StandingOf(application));
        }
    }

    [Fact]
    public async Task The_database_keeps_balances_and_lets_an_amount_fall_to_the_count_only()
    {
        var farm = await Farm(Garden);
        var application = await Accepted(farm, await market.DeclaredLot(farm, "potato", 7_000_000));
        await market.Refused($"update certification.application set amount = 6000000 where id = '{application}'", "wrong-stage");
        await Market.Body(await Inspect(application, new { amount = 5_500_000, unit = "GRM" }));
        foreach (var amount in (string[])["6000000", "5000000", "7000000"])
        {
            await market.Refused($"update certification.application set amount = {amount} where id = '{application}'", "wrong-stage");
        }

        foreach (var sql in (string[])[$"insert into certification.mass_balance select * from certification.mass_balance", "update certification.mass_balance set verdict = 'plausible'",
            "delete from certification.mass_balance", "update certification.watch_rule set tolerance_percent = 1000", "update certification.yield set high = 1e9"])
        {
            Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication(sql))).SqlState);
        }
    }

    [Fact]
    public async Task A_case_returned_and_sent_again_is_weighed_again()
    {
        var farm = await Farm(Garden);
        var application = await Submitted(farm, await market.DeclaredLot(farm, "potato", 5_000_000));
        await Market.Body(await market.Post(Role.IntakeOfficer, $"/v1/applications/{application}/completeness", new { complete = false, missing = (string[])["A page."] }));
        await market.DeclaredLot(farm, "potato", 5_000_000);
        await Market.Body(await market.Post(farm.Head, $"/v1/applications/{application}/submission"));
        var balances = (await Balances(application))["balances"]!.AsArray();
        Assert.Equal(["plausible", "over_claim"], balances.Select(one => one!["verdict"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_batch_under_a_scope_is_weighed_when_it_is_declared()
    {
        var farm = await Farm(Garden);
        var (application, _) = await market.CaseAwaitingDecision(farm, Milk, 50_000);
        var scope = (await Market.Body(await market.Decide(application, granted: true)))["scope"]!.GetValue<string>();
        var lot = await market.DeclaredLot(farm, Milk, 500_000);
        object[] values = [Quick("snf", 8.9, "% mass"), Quick("penicillin", 0.001)];
        var declared = await Market.Body(await market.Post(farm.Head, $"/v1/scope-certificates/{scope}/batch-declarations", new { lot, values }));
        Assert.NotNull(declared["certificate"]);
        Assert.Equal("over_claim", await market.Scalar<string>(
            $"select verdict::text from certification.mass_balance where declaration = '{declared["id"]!.GetValue<Guid>()}'"));
    }

    [Fact]
    public async Task A_balance_is_for_the_people_of_the_case()
    {
        var farm = await Farm(Garden);
        var application = await Submitted(farm, await market.DeclaredLot(farm, "potato", 7_000_000));
        var path = $"/v1/applications/{application}/mass-balance";
        foreach (var role in (string[])[Role.IntakeOfficer, Role.QualityManager, Role.Auditor])
        {
            await Market.Body(await market.Get(role, path));
        }

        await Market.Body(await market.Get(farm.Head, path));
        var colleague = await market.NewMember(Role.Sampler, market.Cast(Role.Sampler).Organisation);
        foreach (var stranger in (Market.Member[])[colleague, (await market.ActiveFarm()).Head, market.Cast(Role.OkrugAkim), market.Cast(Role.RetailBuyer)])
        {
            await Market.Problem(await market.Get(stranger, path), HttpStatusCode.NotFound, "not-found");
        }

        await market.Owner($"delete from identity.role_assignment where person_id = '{colleague.Person}'");
    }

    [Fact]
    public async Task Every_yield_names_a_holding_and_products_that_exist_and_few_products_have_none()
    {
        Assert.Equal(0L, await market.Scalar<long>("""
            select count(*) from certification.yield y where base <> all (enum_range(null::registry.holding_kind)::text[])
                or exists (select from unnest(y.products) as code where not exists (select from supply.product p where p.code = code.code and p.rule_group = y.rule_group))
            """));
        Assert.Equal("jam pickles", await market.Scalar<string>("""
            select string_agg(code, ' ' order by code) from supply.product p where not exists (select from certification.yields_of(p.code, p.rule_group))
            """));
        Assert.Equal(0L, await market.Scalar<long>("""
            select count(*) from supply.product p, certification.yields_of(p.code, p.rule_group) y where y.unit <> p.unit
            """));
    }

    private async Task<Market.Farm> Farm(object[] holdings)
    {
        var farm = await market.ActiveFarm();
        await Market.Body(await market.Holdings(farm, holdings));
        return farm;
    }

    private async Task<LotId> Declared(Market.Farm farm, string product, long amount, DateOnly readyOn) => LotId.From((await Market.Body(
        await market.Post(farm.Head, "/v1/lots", new
        {
            product, quantity = new { amount, unit = product == Milk ? "MLT" : "GRM" }, readyOn = readyOn.ToString("yyyy-MM-dd"),
        })))["id"]!.GetValue<Guid>());

    private async Task<Guid> Submitted(Market.Farm farm, LotId lot, string? scheme = null)
    {
        var application = (await Market.Body(await market.Post(farm.Head, "/v1/applications", new { lot, scheme })))["id"]!.GetValue<Guid>();
        await Market.Body(await market.Post(farm.Head, $"/v1/applications/{application}/submission"));
        return application;
    }

    private async Task<Guid> Accepted(Market.Farm farm, LotId lot)
    {
        var application = await Submitted(farm, lot);
        await Market.Body(await market.Accept(application));
        return application;
    }

    private async Task Evaluate(Guid application)
    {
        await Market.Body(await market.TakeSample(application));
        await Market.Body(await market.EnterResults(application, Market.GoodResults("potato")));
        await Market.Body(await market.Post(Role.LaboratorySupervisor, $"/v1/applications/{application}/results/approval"));
        await Market.Body(await market.Post(Role.Reviewer, $"/v1/applications/{application}/review", new { recommendGrant = true, reason = "All in order." }));
    }

    private Task<HttpResponseMessage> Inspect(Guid application, object? counted) => market.Post(Role.Sampler, $"/v1/applications/{application}/inspection", new
    {
        visitedAt = market.Clock.GetUtcNow().AddMilliseconds(-20), place = "The cellar.", accepted = true, reason = "Counted on the spot.", acknowledged = true, counted,
    });

    private async Task<JsonNode> Balances(Guid application) =>
        await Market.Body(await market.Get(Role.Auditor, $"/v1/applications/{application}/mass-balance"));

    private static JsonNode Last(JsonNode balances) => balances["balances"]!.AsArray().Last()!;

    private static string Verdict(JsonNode balances) => Last(balances)["verdict"]!.GetValue<string>();

    private static object Has(string kind, long amount) => new { kind, amount };

    private static object Quick(string indicator, double? value, string unit = "mg/kg") => new { indicator, value, unit, method = "Strip" };

    private static string Person(Market.Member member) => $"begin; select set_config('app.person', '{member.Person}', true);";
}
