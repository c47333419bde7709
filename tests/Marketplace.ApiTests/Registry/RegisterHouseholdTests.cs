using System.Globalization;
using System.Net;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Registry;

public sealed class RegisterHouseholdTests(Market market) : IClassFixture<Market>
{
    private static int serial = 50_000;

    private static object Form(
        string? number = null, string village = Market.Village, string name = "Aigul Serikova", string version = "2026-1", string language = "kk",
        string? phone = null, string channel = "own_session", DateTimeOffset? agentUntil = null) => new
        {
            name,
            village,
            nationalNumber = number ?? NationalNumbers.New(),
            consent = new { version, language, channel },
            members = new[] { new { name = "Timur Serikov", relation = "child" } },
            phone,
            agentUntil,
        };

    [Fact]
    public async Task A_registered_household_waits_for_a_named_officer()
    {
        var head = await market.NewMember(Role.Producer);
        var made = await Market.Body(await market.Post(head, "/v1/households", Form()));

        Assert.Equal("pending_verification", made["stage"]!.GetValue<string>());
        Assert.Matches("^H-[0-9]{6}$", made["number"]!.GetValue<string>());
        Assert.Matches(@"^\*{10}[0-9]{2}$", made["nationalNumber"]!.GetValue<string>());
        Assert.Equal("child", made["members"]![0]!["relation"]!.GetValue<string>());
        var id = made["id"]!.GetValue<Guid>();
        var tasks = await Market.Body(await market.Get(Role.OkrugAkim, "/v1/tasks?kind=confirm-household&limit=200"));
        Assert.Contains(tasks["items"]!.AsArray(), task => task!["subject"]!.GetValue<Guid>() == id);
        Assert.Equal(1, await market.Scalar<long>($"select count(*) from kernel.event where stream = '{id}' and type = 'HouseholdRegistered'"));

        await Market.Body(await market.Post(Role.OkrugAkim, $"/v1/households/{id}/confirmation"));
        var confirmed = await Market.Body(await market.Get(head, $"/v1/households/{id}"));
        Assert.Equal("active", confirmed["stage"]!.GetValue<string>());
        tasks = await Market.Body(await market.Get(Role.OkrugAkim, "/v1/tasks?kind=confirm-household&limit=200"));
        Assert.DoesNotContain(tasks["items"]!.AsArray(), task => task!["subject"]!.GetValue<Guid>() == id);
        var inbox = await Market.Body(await market.Get(head, "/v1/messages"));
        Assert.Equal("household-confirmed", inbox["items"]![0]!["template"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("village", "kz-999999999", "unknown-territory")]
    [InlineData("village", Market.District, "not-habitable")]
    [InlineData("number", "900404404464", "bad-national-number")]
    [InlineData("number", "20101199012345", "bad-national-number")]
    [InlineData("version", "1999-9", "unknown-consent-text")]
    [InlineData("language", "de", "invalid")]
    [InlineData("name", "A", "invalid")]
    [InlineData("channel", "paper", "agent-channel")]
    public async Task A_wrong_form_is_refused_at_its_member(string member, string value, string code)
    {
        var head = await market.NewMember(Role.Producer);
        var form = member switch
        {
            "village" => Form(village: value),
            "number" => Form(number: value),
            "version" => Form(version: value),
            "language" => Form(language: value),
            "name" => Form(name: value),
            _ => Form(channel: value),
        };
        var problem = await Market.Problem(await market.Post(head, "/v1/households", form), HttpStatusCode.BadRequest, code);
        Assert.NotNull(problem["errors"]![0]!["pointer"]);
        Assert.DoesNotContain("900404404464", problem.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_registers_without_signing_in_or_twice()
    {
        await Market.Problem(await market.Post((string?)null, "/v1/households", Form()), HttpStatusCode.Unauthorized, "signed-out");
        var head = await market.NewMember(Role.Producer);
        await Market.Body(await market.Post(head, "/v1/households", Form()));
        await Market.Problem(await market.Post(head, "/v1/households", Form()), HttpStatusCode.Conflict, "already-registered");
    }

    [Fact]
    public async Task A_known_national_number_is_reviewed_by_an_officer_and_says_nothing_of_the_other()
    {
        var number = NationalNumbers.New();
        var first = await market.NewMember(Role.Producer);
        var known = await Market.Body(await market.Post(first, "/v1/households", Form(number, name: "Bakyt Omarov")));
        var second = await market.NewMember(Role.Producer);
        var text = await (await market.Post(second, "/v1/households", Form(number))).Content.ReadAsStringAsync();
        Assert.Contains("merge_review", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Bakyt", text, StringComparison.Ordinal);
        Assert.DoesNotContain(known["number"]!.GetValue<string>(), text, StringComparison.Ordinal);

        var id = System.Text.Json.Nodes.JsonNode.Parse(text)!["id"]!.GetValue<Guid>();
        await Market.Problem(await market.Post(Role.OkrugAkim, $"/v1/households/{id}/confirmation"), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Body(await market.Post(
            Role.OkrugAkim, $"/v1/households/{id}/merge-review", new { keepSeparate = true, reason = "Cousins; the first typed the wrong number." }));
        await Market.Body(await market.Post(Role.OkrugAkim, $"/v1/households/{id}/confirmation"));
        Assert.Equal("active", (await Market.Body(await market.Get(second, $"/v1/households/{id}")))["stage"]!.GetValue<string>());
        await Market.Problem(
            await market.Post(Role.OkrugAkim, $"/v1/households/{id}/merge-review", new { keepSeparate = false, reason = "Too late" }),
            HttpStatusCode.Conflict, "wrong-stage");
    }

    [Fact]
    public async Task A_second_registration_of_one_person_is_closed()
    {
        var number = NationalNumbers.New();
        await Market.Body(await market.Post(await market.NewMember(Role.Producer), "/v1/households", Form(number)));
        var second = await market.NewMember(Role.Producer);
        var id = (await Market.Body(await market.Post(second, "/v1/households", Form(number))))["id"]!.GetValue<Guid>();
        await Market.Body(await market.Post(
            Role.OkrugAkim, $"/v1/households/{id}/merge-review", new { keepSeparate = false, reason = "The same person with a new telephone." }));
        await Market.Problem(await market.Get(second, $"/v1/households/{id}"), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Of_simultaneous_registrations_of_one_number_all_but_one_are_reviewed()
    {
        var number = NationalNumbers.New();
        var heads = new List<Market.Member>();
        for (var i = 0; i < 4; i++)
        {
            heads.Add(await market.NewMember(Role.Producer));
        }

        var answers = await market.Race(
            "lock table registry.household in exclusive mode", heads.Count, at => market.Post(heads[at], "/v1/households", Form(number)));
        var stages = new List<string>();
        foreach (var answer in answers)
        {
            stages.Add((await Market.Body(answer))["stage"]!.GetValue<string>());
        }

        Assert.Equal(["merge_review", "merge_review", "merge_review", "pending_verification"], stages.Order());
    }

    [Fact]
    public async Task The_same_request_twice_registers_once()
    {
        var head = await market.NewMember(Role.Producer);
        var form = Form();
        var key = Guid.NewGuid().ToString();
        var first = await Market.Body(await market.Post(head, "/v1/households", form, key));
        var again = await market.Post(head, "/v1/households", form, key);
        Assert.Equal("true", again.Headers.GetValues("Idempotent-Replayed").Single());
        Assert.Equal(first["id"]!.GetValue<Guid>(), (await Market.Body(again))["id"]!.GetValue<Guid>());
    }

    [Fact]
    public async Task A_village_agent_registers_for_somebody_with_consent_recorded()
    {
        var phone = string.Create(CultureInfo.InvariantCulture, $"+7747{Interlocked.Increment(ref serial):0000000}");
        var until = market.Clock.GetUtcNow().AddDays(200);
        var made = await Market.Body(await market.Post(Role.VillageAgent, "/v1/households", Form(phone: phone, channel: "paper", agentUntil: until)));
        var id = made["id"]!.GetValue<Guid>();
        Assert.Equal("paper", made["agents"]![0]!["channel"]!.GetValue<string>());
        Assert.Equal(id, await market.Scalar<Guid>($"select acting_for from kernel.event where stream = '{id}' and type = 'HouseholdRegistered'"));

        // The household is told, at its own telephone.
        await market.Services.SendMessages();
        var messages = await Market.Body(await market.Get(Role.PlatformAdministrator, $"/v1/sandbox/messages?phone={Uri.EscapeDataString(phone)}"));
        Assert.Equal("agent-acted", messages["items"]![0]!["template"]!.GetValue<string>());

        await Market.Problem(
            await market.Post(await market.NewMember(Role.Producer), "/v1/households", Form(phone: phone, channel: "paper")), HttpStatusCode.Forbidden, "not-an-agent");
        var elsewhere = await market.NewMember(Role.VillageAgent, territory: "kz-103200000");
        await Market.Problem(await market.Post(elsewhere, "/v1/households", Form(phone: phone, channel: "paper")), HttpStatusCode.Forbidden, "not-an-agent");
        await Market.Problem(await market.Post(Role.VillageAgent, "/v1/households", Form(phone: phone)), HttpStatusCode.BadRequest, "agent-channel");
        await Market.Problem(
            await market.Post(Role.VillageAgent, "/v1/households", Form(phone: "+79161234567", channel: "paper")), HttpStatusCode.BadRequest, "bad-phone");
        await Market.Problem(
            await market.Post(Role.VillageAgent, "/v1/households", Form(phone: phone, channel: "voice", agentUntil: until.AddYears(3))),
            HttpStatusCode.BadRequest, "bad-term");
    }

    [Fact]
    public async Task No_answer_event_message_or_row_shows_a_national_number_or_a_telephone()
    {
        var number = NationalNumbers.New();
        var phone = string.Create(CultureInfo.InvariantCulture, $"+7747{Interlocked.Increment(ref serial):0000000}");
        var iban = "KZ04838FCACQW5S3662Y";
        var head = await market.NewMember(Role.Producer);
        var texts = new List<string>();
        async Task<HttpResponseMessage> Keep(Task<HttpResponseMessage> sent)
        {
            var answer = await sent;
            texts.Add(await answer.Content.ReadAsStringAsync() + answer.Headers);
            return answer;
        }

        var made = await Market.Body(await Keep(market.Post(head, "/v1/households", Form(number))));
        var id = made["id"]!.GetValue<Guid>();
        await Keep(market.Post(Role.VillageAgent, "/v1/households", Form(number, phone: phone, channel: "voice")));
        await Keep(market.Post(head, "/v1/households", Form(number)));
        await Keep(market.Put(head, $"/v1/households/{id}/payout-account", new { iban }));
        await Keep(market.Post(Role.OkrugAkim, $"/v1/households/{id}/return", new { reasons = new[] { "The address is missing." } }));
        await Keep(market.Get(head, $"/v1/households/{id}"));
        await Keep(market.Get(Role.OkrugAkim, $"/v1/households/{id}"));
        await Keep(market.Get(Role.OkrugAkim, "/v1/households?limit=200"));
        await Keep(market.Get(Role.OkrugAkim, "/v1/tasks"));
        await Keep(market.Get(head, "/v1/messages"));
        await Keep(market.Put(head, $"/v1/households/{id}", new { name = "Aigul Serikova", village = Market.Village, nationalNumber = number }, $"\"{made["version"]}\""));
        texts.Add(await market.Scalar<string>("select coalesce(string_agg(payload, ' '), '') from kernel.event"));
        texts.Add(await market.Scalar<string>("select coalesce(string_agg(h::text, ' '), '') from registry.household h"));
        texts.Add(await market.Scalar<string>("select coalesce(string_agg(a::text, ' '), '') from registry.payout_account a"));
        texts.Add(await market.Scalar<string>("select coalesce(string_agg(m::text, ' '), '') from messages.message m"));
        texts.Add(await market.Scalar<string>("select coalesce(string_agg(t::text, ' '), '') from work.task t"));
        texts.Add(await market.Scalar<string>("select coalesce(string_agg(convert_from(body, 'UTF8'), ' '), '') from kernel.idempotency_key where body is not null"));
        Assert.All(texts, text =>
        {
            Assert.DoesNotContain(number, text, StringComparison.Ordinal);
            Assert.DoesNotContain(phone[1..], text, StringComparison.Ordinal);
            Assert.DoesNotContain(iban, text, StringComparison.Ordinal);
        });
    }
}
