using System.Net;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Registry;

public sealed class HouseholdLifeTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_returned_household_is_told_everything_once_and_sends_again()
    {
        var farm = await market.RegisteredFarm();
        var path = $"/v1/households/{farm.Household}";
        await Market.Problem(await market.Post(Role.OkrugAkim, path + "/return", new { reasons = Array.Empty<string>() }), HttpStatusCode.BadRequest, "invalid");
        await Market.Problem(await market.Post(Role.OkrugAkim, path + "/return", new { reasons = new[] { "x" } }), HttpStatusCode.BadRequest, "invalid");
        await Market.Body(await market.Post(Role.OkrugAkim, path + "/return", new { reasons = new[] { "The house number is missing.", "One member has no name." } }));

        var shown = await market.Get(farm.Head, path);
        var etag = shown.Headers.ETag!.Tag;
        var household = await Market.Body(shown);
        Assert.Equal("returned", household["stage"]!.GetValue<string>());
        Assert.Equal(2, household["reasons"]!.AsArray().Count);
        await Market.Problem(await market.Post(Role.OkrugAkim, path + "/confirmation"), HttpStatusCode.Conflict, "wrong-stage");

        var correction = new { name = "Aigul Serikova", village = Market.Village, members = new[] { new { name = "Timur Serikov", relation = "child" } } };
        await Market.Problem(await market.Put(farm.Head, path, correction), (HttpStatusCode)428, "if-match-required");
        await Market.Problem(await market.Put(farm.Head, path, correction, "\"77\""), HttpStatusCode.PreconditionFailed, "stale");
        var neighbour = await market.RegisteredFarm();
        await Market.Problem(await market.Put(neighbour.Head, path, correction, etag), HttpStatusCode.NotFound, "not-found");
        var sent = await Market.Body(await market.Put(farm.Head, path, correction, etag));
        Assert.Equal("pending_verification", sent["stage"]!.GetValue<string>());
        Assert.Empty(sent["reasons"]!.AsArray());
        Assert.Single(sent["members"]!.AsArray());
        await Market.Body(await market.Post(Role.OkrugAkim, path + "/confirmation"));
        await Market.Problem(await market.Post(Role.OkrugAkim, path + "/return", new { reasons = new[] { "Too late." } }), HttpStatusCode.Conflict, "wrong-stage");
    }

    [Fact]
    public async Task A_corrected_number_that_is_known_goes_to_review()
    {
        var farm = await market.RegisteredFarm();
        var path = $"/v1/households/{farm.Household}";
        var known = NationalNumbers.New();
        await Market.Body(await market.Post(await market.NewMember(Role.Producer), "/v1/households", new
        {
            name = "Bakyt Omarov", village = Market.Village, nationalNumber = known, consent = new { version = "2026-1", language = "ru" },
        }));
        await Market.Body(await market.Post(Role.OkrugAkim, path + "/return", new { reasons = new[] { "The number is wrong." } }));
        var etag = (await market.Get(farm.Head, path)).Headers.ETag!.Tag;
        var sent = await Market.Body(await market.Put(farm.Head, path, new { name = "Aigul Serikova", village = Market.Village, nationalNumber = known }, etag));
        Assert.Equal("merge_review", sent["stage"]!.GetValue<string>());
    }

    [Fact]
    public async Task Only_the_officer_of_the_place_decides_and_never_on_an_own_household()
    {
        var farm = await market.RegisteredFarm();
        var path = $"/v1/households/{farm.Household}/confirmation";
        await Market.Problem(await market.Post(farm.Head, path), HttpStatusCode.Forbidden, "forbidden");
        var elsewhere = await market.NewMember(Role.OkrugAkim, territory: "kz-103230000");
        await Market.Problem(await market.Post(elsewhere, path), HttpStatusCode.NotFound, "not-found");
        var foreign = await market.NewMember(Role.OkrugAkim, territory: Market.District, tenant: "other");
        await Market.Problem(await market.Post(foreign, path), HttpStatusCode.NotFound, "not-found");

        var akim = await market.NewMember(Role.OkrugAkim, territory: Market.District);
        var own = await Market.Body(await market.Post(akim, "/v1/households", new
        {
            name = "An akim", village = Market.Village, nationalNumber = NationalNumbers.New(), consent = new { version = "2026-1", language = "kk" },
        }));
        await Market.Problem(await market.Post(akim, $"/v1/households/{own["id"]}/confirmation"), HttpStatusCode.Conflict, "own-household");
        await Market.Problem(
            await market.Post(akim, $"/v1/households/{own["id"]}/return", new { reasons = new[] { "Some reason." } }), HttpStatusCode.Conflict, "own-household");

        // Nor with the application's own rights, past every route.
        var refused = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication(
            $"update registry.household set stage = 'active', decided_by = head where id = '{own["id"]}'"));
        Assert.Equal("own-household", refused.ConstraintName);
    }

    [Fact]
    public async Task Of_simultaneous_decisions_one_wins()
    {
        var farm = await market.RegisteredFarm();
        var answers = await market.Race(
            $"select 1 from registry.household where id = '{farm.Household}' for update", 4,
            at => at % 2 == 0
                ? market.Post(Role.OkrugAkim, $"/v1/households/{farm.Household}/confirmation")
                : market.Post(Role.DistrictOfficer, $"/v1/households/{farm.Household}/return", new { reasons = new[] { "The address is missing." } }));
        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
        Assert.Equal(1, await market.Scalar<long>(
            $"select count(*) from kernel.event where stream = '{farm.Household}' and type in ('HouseholdConfirmed', 'HouseholdReturned')"));
    }

    [Fact]
    public async Task A_silent_district_lets_pass_and_an_unanswered_return_lapses()
    {
        var silent = await market.RegisteredFarm();
        var returned = await market.RegisteredFarm();
        await Market.Body(await market.Post(Role.OkrugAkim, $"/v1/households/{returned.Household}/return", new { reasons = new[] { "The address is missing." } }));
        await market.Services.MoveHouseholds();
        Assert.Equal("pending_verification", await Stage(silent));

        await market.Owner("""
            update registry.household set silent_until = kernel.now() where silent_until is not null
            """);
        Assert.True(await market.Services.MoveHouseholds() >= 2);
        Assert.Equal("active_unconfirmed", await Stage(silent));
        Assert.Equal("lapsed", await Stage(returned));
        Assert.Equal(0, await market.Services.MoveHouseholds());
        var open = await market.Scalar<long>($"select count(*) from work.task where subject = '{silent.Household}' and closed_at is null");
        Assert.Equal(1, open);
        await Market.Body(await market.Post(Role.OkrugAkim, $"/v1/households/{silent.Household}/confirmation"));
        Assert.Equal("active", await Stage(silent));
    }

    [Fact]
    public async Task An_agent_acts_with_consent_until_it_is_taken_back()
    {
        var farm = await market.RegisteredFarm();
        var agent = await market.NewMember(Role.VillageAgent, territory: Market.District);
        var path = $"/v1/households/{farm.Household}";
        object Appointment(DateTimeOffset until, string version = "2026-1", PersonId? who = null) => new { agent = who ?? agent.Person, consentVersion = version, validUntil = until };
        var soon = market.Clock.GetUtcNow().AddDays(100);

        await Market.Problem(await market.Get(agent, path), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Post(agent, path + "/agents", Appointment(soon)), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Post(farm.Head, path + "/agents", Appointment(soon.AddYears(3))), HttpStatusCode.BadRequest, "bad-term");
        await Market.Problem(await market.Post(farm.Head, path + "/agents", Appointment(soon, "1999")), HttpStatusCode.BadRequest, "unknown-consent-text");
        await Market.Problem(
            await market.Post(farm.Head, path + "/agents", Appointment(soon, who: farm.Head.Person)), HttpStatusCode.BadRequest, "unknown-agent");
        await Market.Body(await market.Post(farm.Head, path + "/agents", Appointment(soon)));
        await Market.Problem(await market.Post(farm.Head, path + "/agents", Appointment(soon)), HttpStatusCode.Conflict, "agent-already-appointed");
        await Market.Body(await market.Get(agent, path));
        await Market.Problem(
            await market.Put(agent, path + "/payout-account", new { iban = "KZ25464VUYCBYWB6UK95" }), HttpStatusCode.NotFound, "not-found");

        await Market.Problem(await market.Post(agent, $"{path}/agents/{agent.Person}/revocation"), HttpStatusCode.NotFound, "not-found");
        await Market.Body(await market.Post(farm.Head, $"{path}/agents/{agent.Person}/revocation"));
        await Market.Problem(await market.Get(agent, path), HttpStatusCode.NotFound, "not-found");

        // A term that ran out ends it as well, and makes room for a new one.
        await Market.Body(await market.Post(farm.Head, path + "/agents", Appointment(soon)));
        await market.Owner($"update registry.household_agent set valid_from = kernel.now() - interval '9 days', valid_until = kernel.now() - interval '1 second' where household = '{farm.Household}' and revoked_at is null");
        await Market.Problem(await market.Get(agent, path), HttpStatusCode.NotFound, "not-found");
        await Market.Body(await market.Post(farm.Head, path + "/agents", Appointment(soon)));
    }

    [Fact]
    public async Task A_changed_account_waits_72_hours_and_the_household_is_told()
    {
        var farm = await market.RegisteredFarm();
        var path = $"/v1/households/{farm.Household}/payout-account";
        await Market.Problem(await market.Put(farm.Head, path, new { iban = "KZ419406891712187664" }), HttpStatusCode.BadRequest, "bad-iban");
        await Market.Problem(await market.Put((await market.RegisteredFarm()).Head, path, new { iban = "KZ25464VUYCBYWB6UK95" }), HttpStatusCode.NotFound, "not-found");

        var first = await Market.Body(await market.Put(farm.Head, path, new { iban = "KZ25464VUYCBYWB6UK95" }));
        var now = market.Clock.GetUtcNow();
        Assert.True(first["usableFrom"]!.GetValue<DateTimeOffset>() <= now.AddSeconds(5));
        var again = await Market.Body(await market.Put(farm.Head, path, new { iban = "KZ25 464V UYCB YWB6 UK95" }));
        Assert.Equal(first.ToJsonString(), again.ToJsonString());

        var changed = await Market.Body(await market.Put(farm.Head, path, new { iban = "KZ555522RUA0Z432CF1V" }));
        Assert.Equal("****************CF1V", changed["iban"]!.GetValue<string>());
        Assert.InRange(changed["usableFrom"]!.GetValue<DateTimeOffset>(), now.AddHours(71.9), now.AddHours(72.1));
        var inbox = await Market.Body(await market.Get(farm.Head, "/v1/messages"));
        Assert.Equal("payout-account-changed", inbox["items"]![0]!["template"]!.GetValue<string>());

        // Going back to the first account is a change too: a thief cannot undo the waiting.
        var back = await Market.Body(await market.Put(farm.Head, path, new { iban = "KZ25464VUYCBYWB6UK95" }));
        Assert.True(back["usableFrom"]!.GetValue<DateTimeOffset>() > now.AddHours(71.9));
    }

    [Fact]
    public async Task The_waiting_is_the_databases_own()
    {
        var farm = await market.RegisteredFarm();
        var path = $"/v1/households/{farm.Household}/payout-account";
        await Market.Body(await market.Put(farm.Head, path, new { iban = "KZ25464VUYCBYWB6UK95" }));
        await market.AsApplication($"""
            update registry.payout_account set ended_at = kernel.now() where household = '{farm.Household}';
            insert into registry.payout_account (id, household, holder, iban_sealed, iban_tail, set_by, usable_from)
            values (gen_random_uuid(), '{farm.Household}', 'A thief', '\x00', 'CF1V', gen_random_uuid(), kernel.now());
            """);
        Assert.True(await market.Scalar<bool>(
            $"select usable_from > kernel.now() + interval '71 hours' from registry.payout_account where household = '{farm.Household}' and ended_at is null"));
    }

    [Fact]
    public async Task A_household_joins_a_cooperative_and_nothing_else()
    {
        var farm = await market.RegisteredFarm();
        var path = $"/v1/households/{farm.Household}/applicant";
        await Market.Problem(
            await market.Put(farm.Head, path, new { organisation = market.Cast(Role.RetailBuyer).Organisation }), HttpStatusCode.BadRequest, "not-a-cooperative");
        await Market.Body(await market.Put(farm.Head, path, new { organisation = market.Cast(Role.CooperativeManager).Organisation }));
        await Market.Body(await market.Get(Role.CooperativeManager, $"/v1/households/{farm.Household}"));
        await Market.Body(await market.Put(farm.Head, path, new { }));
        await Market.Problem(await market.Get(Role.CooperativeManager, $"/v1/households/{farm.Household}"), HttpStatusCode.NotFound, "not-found");
    }

    private async Task<string> Stage(Market.Farm farm) =>
        (await Market.Body(await market.Get(farm.Head, $"/v1/households/{farm.Household}")))["stage"]!.GetValue<string>();
}
