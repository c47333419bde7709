using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Marketplace.Identity.SecondFactors;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OtpNet;

namespace Marketplace.ApiTests.Identity;

public sealed class SecondFactorTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_session_decides_once_its_person_showed_the_second_factor_and_for_five_minutes()
    {
        var officer = await SignedIn("+77072220001", Role.PlatformAdministrator);
        await Market.Problem(await Invite(officer, officer), HttpStatusCode.Forbidden, "step-up-required");
        await Market.Problem(await market.Post(officer, "/v1/sessions/current/step-up", new { code = "123456" }), HttpStatusCode.Conflict, "no-second-factor");

        var secret = await Enrolled(officer);
        Assert.Equal(HttpStatusCode.NoContent, (await market.Post(officer, "/v1/second-factors/confirmation", new { code = Code(secret) })).StatusCode);
        await Market.Problem(await Invite(officer, officer), HttpStatusCode.Conflict, "own-rights"); // past the step-up

        await market.Advance(TimeSpan.FromMinutes(6));
        await Market.Problem(await Invite(officer, officer), HttpStatusCode.Forbidden, "step-up-required");
        var code = Code(secret);
        Assert.Equal(HttpStatusCode.NoContent, (await StepUp(officer, code)).StatusCode);
        await Market.Problem(await Invite(officer, officer), HttpStatusCode.Conflict, "own-rights");
        await Market.Problem(await StepUp(officer, code), HttpStatusCode.BadRequest, "wrong-factor-code");
    }

    [Fact]
    public async Task Only_one_of_three_rivals_spends_a_code()
    {
        var officer = await Confirmed("+77072220002");
        await market.Advance(TimeSpan.FromMinutes(1));
        var code = Code(officer.Secret);
        var answers = await market.Race(
            $"select 1 from identity.second_factor where person_id = '{officer.Member.Person}' for update", 3, _ => StepUp(officer.Member, code));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Five_wrong_codes_close_the_factor_for_fifteen_minutes()
    {
        var officer = await Confirmed("+77072220003");
        await market.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 5; i++)
        {
            var right = Code(officer.Secret);
            await Market.Problem(await StepUp(officer.Member, right == "000000" ? "000001" : "000000"), HttpStatusCode.BadRequest, "wrong-factor-code");
        }

        await Market.Problem(await StepUp(officer.Member, Code(officer.Secret)), HttpStatusCode.TooManyRequests, "too-many-tries");
        await market.Advance(TimeSpan.FromMinutes(16));
        Assert.Equal(HttpStatusCode.NoContent, (await StepUp(officer.Member, Code(officer.Secret))).StatusCode);
    }

    [Fact]
    public async Task A_telephone_alone_enrols_nothing()
    {
        var officer = await SignedIn("+77072220004", Role.Auditor);
        await Market.Problem(await Enrol(officer, "AAAA-BBBB-CCCC"), HttpStatusCode.BadRequest, "wrong-enrolment-code");

        var other = await SignedIn("+77072220005", Role.Auditor);
        var code = await Invited(other);
        await Market.Problem(await Enrol(officer, code), HttpStatusCode.BadRequest, "wrong-enrolment-code");
        Assert.Equal(HttpStatusCode.OK, (await Enrol(other, code.ToLowerInvariant().Replace("-", " ", StringComparison.Ordinal))).StatusCode);
        await Market.Problem(await Enrol(other, code), HttpStatusCode.BadRequest, "wrong-enrolment-code");
    }

    [Fact]
    public async Task An_enrolment_code_ends_after_five_tries_or_seven_days()
    {
        var officer = await SignedIn("+77072220006", Role.Auditor);
        var tried = await Invited(officer);
        for (var i = 0; i < 5; i++)
        {
            await Market.Problem(await Enrol(officer, "AAAA-BBBB-CCCC"), HttpStatusCode.BadRequest, "wrong-enrolment-code");
        }

        await Market.Problem(await Enrol(officer, tried), HttpStatusCode.BadRequest, "wrong-enrolment-code");
        var late = await Invited(officer);
        await market.Advance(TimeSpan.FromDays(8));
        await Market.Problem(await Enrol(officer, late), HttpStatusCode.BadRequest, "wrong-enrolment-code");
    }

    [Fact]
    public async Task A_new_factor_ends_the_old_one_and_the_person_is_told()
    {
        var officer = await Confirmed("+77072220007");
        var secret = await Enrolled(officer.Member);
        Assert.Equal(HttpStatusCode.NoContent, (await StepUpLater(officer.Member, officer.Secret)).StatusCode); // the old one counts until then
        await market.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.NoContent, (await market.Post(officer.Member, "/v1/second-factors/confirmation", new { code = Code(secret) })).StatusCode);
        await Market.Problem(await StepUpLater(officer.Member, officer.Secret), HttpStatusCode.BadRequest, "wrong-factor-code");
        Assert.True(await market.Scalar<long>($"select count(*) from messages.message where person = '{officer.Member.Person}' and template = 'second-factor-changed'") == 2);
    }

    [Fact]
    public async Task The_database_steps_no_session_up_without_a_code()
    {
        var officer = await SignedIn("+77072220008", Role.Auditor);
        var refused = await Assert.ThrowsAsync<PostgresException>(
            () => market.AsApplication($"update identity.credential set stepped_up_at = now() where person_id = '{officer.Person}'"));
        Assert.Equal("wrong-factor-code", refused.ConstraintName);
    }

    [Fact]
    public async Task A_role_counts_from_the_second_administrators_confirmation_on()
    {
        var proposal = await Proposed("+77072220009", Role.Auditor);
        var path = $"/v1/role-proposals/{proposal["id"]}/answer";
        var person = await SignedIn("+77072220009", null);
        await Market.Problem(await market.Get(person, "/v1/role-proposals"), HttpStatusCode.Forbidden, "forbidden");

        await Market.Problem(await market.Post(Role.PlatformAdministrator, path, new { confirmed = true }), HttpStatusCode.Conflict, "second-person");
        Assert.Equal(HttpStatusCode.NoContent, (await market.Post("platform_administrator_2", path, new { confirmed = true })).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await market.Get(person, "/v1/role-proposals")).StatusCode);
        await Market.Problem(await market.Post("platform_administrator_2", path, new { confirmed = false }), HttpStatusCode.Conflict, "changed-meanwhile");
    }

    [Fact]
    public async Task Nobody_confirms_a_role_for_themselves_and_a_declined_one_gives_nothing()
    {
        var administrator = await market.NewMember(Role.PlatformAdministrator);
        var phone = await market.Within(services => services.GetRequiredService<IPeople>().PhoneOf(administrator.Person, default));
        var own = await Proposed(phone!, Role.Auditor);
        await Market.Problem(await market.Post(administrator, $"/v1/role-proposals/{own["id"]}/answer", new { confirmed = true }), HttpStatusCode.Conflict, "own-rights");

        var declined = await Proposed("+77072220010", Role.Auditor);
        Assert.Equal(HttpStatusCode.NoContent, (await market.Post("platform_administrator_2", $"/v1/role-proposals/{declined["id"]}/answer", new { confirmed = false })).StatusCode);
        await Market.Problem(await market.Get(await SignedIn("+77072220010", null), "/v1/role-proposals"), HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task Two_telephones_of_one_human_neither_confirm_for_each_other_nor_give_each_other_rights()
    {
        var proposal = await Proposed("+77072220011", Role.Auditor);
        var path = $"/v1/role-proposals/{proposal["id"]}/answer";
        var (one, other) = (market.Cast(Role.PlatformAdministrator).Person, market.Cast("platform_administrator_2").Person);
        var receiver = proposal["person"]!.GetValue<Guid>();
        foreach (var (same, code) in (IEnumerable<(string, string)>)[($"'{one}', '{other}'", "second-person"), ($"'{one}', '{receiver}'", "own-rights"), ($"'{other}', '{receiver}'", "own-rights")])
        {
            await market.Owner($"update identity.person set national_number_hash = sha256('one human') where id in ({same})");
            await Market.Problem(await market.Post("platform_administrator_2", path, new { confirmed = true }), HttpStatusCode.Conflict, code);
            await market.Owner("update identity.person set national_number_hash = null");
        }

        Assert.Equal(HttpStatusCode.NoContent, (await market.Post("platform_administrator_2", path, new { confirmed = true })).StatusCode);
    }

    [Fact]
    public async Task Outside_sandboxes_nobody_decides_whose_number_is_unknown()
    {
        var waiting = await Proposed("+77072220012", Role.ProjectOfficer);
        await market.Owner("update kernel.tenant set sandbox = false where id = 'demo'");
        try
        {
            foreach (var role in (string[])[Role.DecisionMaker, Role.Reviewer, Role.QualityManager, Role.LaboratorySupervisor, Role.PlatformAdministrator,
                Role.ProjectOfficer, Role.PayoutApprover])
            {
                await Market.Problem(await Add(role, null), HttpStatusCode.Conflict, "identity-unknown");
            }

            await Market.Problem(await market.Post("platform_administrator_2", $"/v1/role-proposals/{waiting["id"]}/answer", new { confirmed = true }),
                HttpStatusCode.Conflict, "identity-unknown");
            var refused = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication($"""
                select set_config('app.person', '{market.Cast(Role.PlatformAdministrator).Person}', false);
                insert into identity.role_assignment (person_id, role) values ('{waiting["person"]}', 'platform_administrator')
                """));
            Assert.Equal("identity-unknown", refused.ConstraintName);

            await Market.Body(await Add(Role.Sampler, null));
            await Market.Body(await Add(Role.DecisionMaker, Registry.NationalNumbers.New()));
            await Market.Body(await Add(Role.Reviewer, null)); // known from before

            // An operator's first administrators are given by nobody.
            await market.AsApplication($"insert into identity.role_assignment (person_id, role) values ('{waiting["person"]}', 'platform_administrator')");
        }
        finally
        {
            await market.Owner("update kernel.tenant set sandbox = true where id = 'demo'");
        }

        Task<HttpResponseMessage> Add(string role, string? nationalNumber) => market.Post(Role.PlatformAdministrator, "/v1/people", new
        {
            phone = "+77072220013", nationalNumber, roles = new[] { new { role, organisation = market.Cast(Role.Reviewer).Organisation } },
        });
    }

    [Fact]
    public async Task Nobody_holds_somebody_elses_key()
    {
        var officer = await market.NewMember(Role.LaboratoryAnalyst, OrganisationId.New());
        await Market.Problem(
            await market.Post(Role.PlatformAdministrator, $"/v1/people/{officer.Person}/keys", new { organisation = officer.Organisation }),
            HttpStatusCode.NotFound, "not-found");
        await Market.Problem(
            await market.Post(officer, $"/v1/people/{market.Cast(Role.Auditor).Person}/keys", new { test = true }), HttpStatusCode.NotFound, "not-found");
    }

    private async Task<Market.Member> SignedIn(string phone, string? role)
    {
        Assert.Equal(HttpStatusCode.Accepted, (await market.Post((string?)null, "/v1/phone-codes", new { phone })).StatusCode);
        var code = await market.CodeSentTo(phone);
        var session = await Market.Body(await market.Post((string?)null, "/v1/sessions", new { phone, code }));
        var person = PersonId.From(session["person"]!.GetValue<Guid>());
        if (role is not null)
        {
            await market.Within(async services =>
            {
                await services.GetRequiredService<IPeople>().Grant(person, role, null, null, null, default);
                return true;
            });
        }

        return new Market.Member(person, session["token"]!.GetValue<string>(), null);
    }

    private async Task<(Market.Member Member, string Secret)> Confirmed(string phone)
    {
        var officer = await SignedIn(phone, Role.Auditor);
        var secret = await Enrolled(officer);
        Assert.Equal(HttpStatusCode.NoContent, (await market.Post(officer, "/v1/second-factors/confirmation", new { code = Code(secret) })).StatusCode);
        return (officer, secret);
    }

    private async Task<string> Invited(Market.Member person) =>
        (await Market.Body(await Invite(market.Cast(Role.PlatformAdministrator), person)))["code"]!.GetValue<string>();

    private Task<HttpResponseMessage> Invite(Market.Member by, Market.Member person) => market.Post(by, $"/v1/people/{person.Person}/enrolment-codes");

    private async Task<string> Enrolled(Market.Member person) =>
        (await Market.Body(await Enrol(person, await Invited(person))))["secret"]!.GetValue<string>();

    private Task<HttpResponseMessage> Enrol(Market.Member person, string enrolmentCode) => market.Post(person, "/v1/second-factors", new { enrolmentCode });

    private Task<HttpResponseMessage> StepUp(Market.Member person, string code) => market.Post(person, "/v1/sessions/current/step-up", new { code });

    private async Task<HttpResponseMessage> StepUpLater(Market.Member person, string secret)
    {
        await market.Advance(TimeSpan.FromMinutes(1));
        return await StepUp(person, Code(secret));
    }

    private async Task<JsonNode> Proposed(string phone, string role) =>
        (await Market.Body(await market.Post(Role.PlatformAdministrator, "/v1/people", new { phone, roles = new[] { new { role } } })))["proposals"]![0]!;

    private string Code(string secret) => new Totp(Base32Encoding.ToBytes(secret)).ComputeTotp(market.Clock.GetUtcNow().UtcDateTime);
}
