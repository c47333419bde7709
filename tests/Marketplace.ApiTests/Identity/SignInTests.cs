using System.Net;
using Marketplace.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests.Identity;

public sealed class SignInTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_code_signs_in_once()
    {
        var code = await CodeFor("+77071112233");
        var session = await Market.Body(await Open("8 707 111 22 33", code));
        var me = await Market.Body(await market.Get(new Market.Member(PersonId.From(session["person"]!.GetValue<Guid>()), session["token"]!.GetValue<string>(), null), "/v1/me"));
        Assert.Equal(session["person"]!.GetValue<string>(), me["person"]!.GetValue<string>());

        await Market.Problem(await Open("+77071112233", code), HttpStatusCode.BadRequest, "wrong-code");
    }

    [Fact]
    public async Task Only_one_of_two_rivals_spends_a_code()
    {
        var code = await CodeFor("+77071112244");
        var answers = await market.Race("select 1 from identity.phone_code for update", 3, _ => Open("+77071112244", code));
        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
    }

    [Fact]
    public async Task Five_wrong_tries_end_a_code()
    {
        var code = await CodeFor("+77071112255");
        var wrong = code == "000000" ? "000001" : "000000";
        for (var i = 0; i < 5; i++)
        {
            await Market.Problem(await Open("+77071112255", wrong), HttpStatusCode.BadRequest, "wrong-code");
        }

        await Market.Problem(await Open("+77071112255", code), HttpStatusCode.BadRequest, "wrong-code");
    }

    [Fact]
    public async Task A_code_is_too_old_after_ten_minutes()
    {
        var code = await CodeFor("+77071112266");
        await market.Advance(TimeSpan.FromMinutes(11));
        await Market.Problem(await Open("+77071112266", code), HttpStatusCode.BadRequest, "wrong-code");
    }

    [Fact]
    public async Task A_number_gets_five_codes_an_hour_even_side_by_side()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Ask("+77071112277")));
        Assert.Equal(5, answers.Count(answer => answer.StatusCode == HttpStatusCode.Accepted));
        Assert.Equal(7, answers.Count(answer => answer.StatusCode == HttpStatusCode.TooManyRequests));
    }

    [Theory]
    [InlineData("+1 202 555 0143")]
    [InlineData("8 70112")]
    [InlineData("not a number at all")]
    [InlineData("+7 495 123 45 67")]
    public async Task Foreign_and_impossible_numbers_are_refused(string phone) =>
        await Market.Problem(await Ask(phone), HttpStatusCode.BadRequest, "not-a-phone");

    [Theory]
    [InlineData("996555123456")]
    [InlineData("+996 555 123456")]
    public async Task A_number_is_read_as_an_agent_would_write_it(string phone) =>
        Assert.Equal(HttpStatusCode.Accepted, (await Ask(phone)).StatusCode);

    [Fact]
    public async Task Ending_a_session_or_a_role_works_at_once()
    {
        var buyer = await market.NewMember(Role.RetailBuyer, OrganisationId.New());
        Assert.Equal(HttpStatusCode.OK, (await market.Get(buyer, "/v1/me")).StatusCode);
        await Market.Problem(await market.Get(buyer, $"/v1/reservations/{Guid.NewGuid()}"), HttpStatusCode.NotFound, "not-found");

        Assert.Equal(HttpStatusCode.NoContent, (await market.As(Role.PlatformAdministrator).DeleteAsync($"/v1/people/{buyer.Person}/roles/{Role.RetailBuyer}")).StatusCode);
        await Market.Problem(await market.Get(buyer, $"/v1/reservations/{Guid.NewGuid()}"), HttpStatusCode.Forbidden, "forbidden");

        Assert.Equal(HttpStatusCode.NoContent, (await market.As(buyer).DeleteAsync("/v1/sessions/current")).StatusCode);
        await Market.Problem(await market.Get(buyer, "/v1/me"), HttpStatusCode.Unauthorized, "signed-out");
    }

    [Fact]
    public async Task A_household_is_a_producer_in_the_request_after_its_registration()
    {
        var farm = await market.RegisteredFarm();
        Assert.Equal(HttpStatusCode.OK, (await market.Get(farm.Head, "/v1/lots")).StatusCode);
    }

    [Fact]
    public async Task A_plain_key_cannot_step_up_and_a_test_key_stays_in_its_sandbox()
    {
        var person = await market.NewMember(Role.DecisionMaker, OrganisationId.New());
        var plain = await Market.Body(await market.Post(person, $"/v1/people/{person.Person}/keys", new { organisation = person.Organisation }));
        var key = new Market.Member(person.Person, plain["key"]!.GetValue<string>(), person.Organisation);
        await Market.Problem(
            await market.Post(key, $"/v1/applications/{Guid.NewGuid()}/decision", new { granted = true, reason = "Because." }), HttpStatusCode.Forbidden, "step-up-required");

        await market.Owner("update kernel.tenant set sandbox = false where id = 'demo'");
        await Market.Problem(
            await market.Post(Role.PlatformAdministrator, $"/v1/people/{person.Person}/keys", new { test = true }), HttpStatusCode.Conflict, "not-a-sandbox");
        await market.Owner("update kernel.tenant set sandbox = true where id = 'demo'");
    }

    [Fact]
    public async Task An_organisations_key_never_decides_signs_or_pays()
    {
        var officer = await market.NewMember(Role.PayoutOfficer, OrganisationId.New());
        var made = await Market.Body(await market.Post(officer, $"/v1/people/{officer.Person}/keys", new { organisation = officer.Organisation }));
        var key = new Market.Member(officer.Person, made["key"]!.GetValue<string>(), officer.Organisation);

        Assert.Equal(HttpStatusCode.OK, (await market.Get(key, "/v1/trial-balance")).StatusCode);
        await Market.Problem(await market.Post(key, "/v1/payout-batches", new { }), HttpStatusCode.Forbidden, "not-with-a-key");
        await Market.Problem(
            await market.Put(key, $"/v1/households/{Guid.NewGuid()}/payout-account", new { iban = "KZ25464VUYCBYWB6UK95" }), HttpStatusCode.Forbidden, "not-with-a-key");
    }

    [Fact]
    public async Task A_key_of_one_organisation_carries_no_other_rights()
    {
        var person = await market.NewMember(Role.Sampler, OrganisationId.New());
        await market.Within(async services =>
        {
            await services.GetRequiredService<IPeople>().Grant(person.Person, Role.PlatformAdministrator, null, null, null, default);
            return true;
        });
        Assert.Equal(["sampler"], (await Market.Body(await market.Get(person, "/v1/me")))["roles"]!.AsArray().Select(role => role!.GetValue<string>()));
    }

    [Fact]
    public async Task Nobody_gives_rights_to_themselves()
    {
        var administrator = await market.NewMember(Role.PlatformAdministrator);
        var phone = await market.Within(services => services.GetRequiredService<IPeople>().PhoneOf(administrator.Person, default));
        await Market.Problem(
            await market.Post(administrator, "/v1/people", new { phone, roles = new[] { new { role = "auditor" } } }), HttpStatusCode.Conflict, "own-rights");
    }

    [Fact]
    public async Task Two_live_keys_at_most_even_side_by_side()
    {
        var person = await market.NewMember(Role.Auditor);
        var answers = await market.Race(
            $"select 1 from identity.person where id = '{person.Person}' for update", 4,
            _ => market.Post(person, $"/v1/people/{person.Person}/keys", new { organisation = (Guid?)null }));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("king", null, "unknown-role")]
    [InlineData("producer", null, "unknown-role")]
    [InlineData("sampler", null, "role-needs-place")]
    public async Task Roles_are_given_with_their_place(string role, string? territory, string code) =>
        await Market.Problem(
            await market.Post(Role.PlatformAdministrator, "/v1/people", new { phone = "+77071119999", roles = new[] { new { role, territory } } }),
            HttpStatusCode.BadRequest, code);

    [Fact]
    public async Task Problems_speak_the_readers_language_and_keep_their_code()
    {
        var client = market.As((string?)null);
        client.DefaultRequestHeaders.Add("Accept-Language", "kk, ru;q=0.5");
        var problem = await Market.Problem(await client.GetAsync("/v1/me"), HttpStatusCode.Unauthorized, "signed-out");
        Assert.Equal("Алдымен кіріңіз.", problem["title"]!.GetValue<string>());
    }

    [Fact]
    public async Task Unknown_addresses_and_methods_are_problems_too()
    {
        await Market.Problem(await market.Get((string?)null, "/v1/nothing-here"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.As((string?)null).DeleteAsync("/v1/products"), HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        await Market.Problem(await market.Get(Role.RetailBuyer, "/v1/reservations/no-id"), HttpStatusCode.NotFound, "not-found");
    }

    private Task<HttpResponseMessage> Ask(string phone) => market.Post((string?)null, "/v1/phone-codes", new { phone, language = "ru" });

    private Task<HttpResponseMessage> Open(string phone, string code) => market.Post((string?)null, "/v1/sessions", new { phone, code });

    private async Task<string> CodeFor(string phone)
    {
        Assert.Equal(HttpStatusCode.Accepted, (await Ask(phone)).StatusCode);
        return await market.CodeSentTo(phone);
    }
}
