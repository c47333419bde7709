using System.Net;
using System.Text.Json.Nodes;
using Marketplace.ApiTests.Registry;
using Marketplace.Cli.Draws;
using Marketplace.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

/// <summary>Who may work on a case: interests, households, one human behind two telephones, qualifications.</summary>
public sealed class PeopleOfCasesTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task An_interest_declared_while_assigned_hands_the_part_over_and_its_person_is_not_drawn_again()
    {
        var farm = await market.ActiveFarm();
        var two = await Two(Role.Reviewer);
        var (application, _) = await market.AcceptedCase(farm);
        var first = two[Assigned(await market.ReadCase(application), "reviewer")];
        var declared = await Market.Body(await market.Post(first, "/v1/interests", new { kind = "kinship", household = farm.Household }));
        Assert.Equal(first.Person.Value, declared["recordedBy"]!.GetValue<Guid>());

        var second = Assigned(await market.ReadCase(application), "reviewer");
        Assert.NotEqual(first.Person.Value, second);
        var draws = (await Market.Body(await market.Get(farm.Head, $"/v1/applications/{application}/draw")))["draws"]!.AsArray();
        Assert.Equal(["submission", "acceptance", "interest"], draws.Select(draw => draw!["cause"]!.GetValue<string>()));
        Assert.Contains("case-handed-over", (await Market.Body(await market.Get(Role.QualityManager, "/v1/messages"))).ToJsonString(), StringComparison.Ordinal);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(second, Assigned(await market.ReadCase((await market.AcceptedCase(farm)).Application), "reviewer"));
        }

        await Market.Problem(await Reassign(application, "reviewer", first), HttpStatusCode.Conflict, "conflict-of-interest");
        await market.Refused($"update certification.application set reviewer = '{first.Person}' where id = '{application}'", "conflict-of-interest");
        await market.Owner($"update identity.role_assignment set valid_until = now() where person_id = '{two.Values.Single(one => one.Person != market.Cast(Role.Reviewer).Person).Person}'");
    }

    [Fact]
    public async Task The_quality_manager_records_an_interest_of_others_with_a_reason_and_sees_them()
    {
        var farm = await market.RegisteredFarm();
        var sampler = market.Cast(Role.Sampler);
        var of = new { kind = "finance", household = farm.Household, person = sampler.Person };
        await Market.Problem(await market.Post(Role.QualityManager, "/v1/interests", of), HttpStatusCode.BadRequest, "interest-reason-missing");
        await Market.Problem(await market.Post(Role.Reviewer, "/v1/interests", of), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(
            await market.Post(Role.QualityManager, "/v1/interests", new { of.kind, of.household, person = market.Cast(Role.RetailBuyer).Person, reason = "Heard." }),
            HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Post(sampler, "/v1/interests", new { kind = "other" }), HttpStatusCode.BadRequest, "one-subject");
        await Market.Problem(
            await market.Post(sampler, "/v1/interests", new { kind = "other", territory = Market.Village, from = "2199-01-01" }), HttpStatusCode.BadRequest, "bad-dates");
        await Market.Body(await market.Post(Role.QualityManager, "/v1/interests", new { of.kind, of.household, of.person, reason = "A loan." }));

        Assert.Single((await Market.Body(await market.Get(Role.QualityManager, $"/v1/interests?scope=organisation&person={sampler.Person}")))["items"]!.AsArray());
        Assert.Single((await Market.Body(await market.Get(sampler, "/v1/interests")))["items"]!.AsArray());
        Assert.Empty((await Market.Body(await market.Get(Role.Reviewer, $"/v1/interests?scope=organisation&person={sampler.Person}")))["items"]!.AsArray());
        await market.Refused($"select set_config('app.person', '{sampler.Person}', false); " + Interest(market.Cast(Role.Reviewer).Person, "household", farm.Household.Value), "not-assigned");
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication("delete from certification.interest"))).SqlState);
    }

    [Fact]
    public async Task Two_telephones_of_one_human_are_one_person_in_a_case()
    {
        var (application, _) = await market.CaseAwaitingDecision(await market.ActiveFarm());
        var reviewer = market.Cast(Role.Reviewer);
        var double1 = await market.NewMember(Role.DecisionMaker, reviewer.Organisation);
        var number = NationalNumbers.New();
        await Known(reviewer, number);
        await Known(double1, number);
        await Market.Problem(await AddAgain(double1, NationalNumbers.New()), HttpStatusCode.Conflict, "number-differs");
        await Market.Problem(await AddAgain(double1, "123"), HttpStatusCode.BadRequest, "bad-national-number");

        await Market.Problem(await Reassign(application, "decision_maker", double1), HttpStatusCode.Conflict, "own-work");
        await market.Refused($"update certification.application set decision_maker = '{double1.Person}' where id = '{application}'", "own-work");
        await market.Refused(Acting(double1) + $"insert into certification.decision (application, granted, reason) values ('{application}', true, 'Mine.')", "own-work");
        Assert.Equal(0, await market.Scalar<long>($"select count(*) from kernel.event where payload like '%{number}%'"));
        Assert.Equal(0, await market.Scalar<long>($"select count(*) from identity.person p where to_jsonb(p)::text like '%{number}%'"));
        await market.Owner($"update identity.role_assignment set valid_until = now() where person_id = '{double1.Person}'");
    }

    [Fact]
    public async Task Two_accounts_of_one_human_that_act_at_once_do_not_pass_each_other()
    {
        var (application, _) = await market.SubmittedCase(await market.ActiveFarm());
        var (left, right) = (await market.NewMember(Role.Auditor), await market.NewMember(Role.Auditor));
        await market.Owner($"update identity.person set national_number_hash = sha256('one human') where id in ('{left.Person}', '{right.Person}')");
        await using var one = await Open(left, $"select certification.take_part('{application}', '{left.Person}', 'reviewer')");
        var other = Task.Run(async () =>
        {
            await using var two = await Open(right, $"select certification.take_part('{application}', '{right.Person}', 'decision_maker')");
        });
        for (var i = 0; i < 400 && !other.IsCompleted && !await market.Scalar<bool>("select exists (select from pg_locks where not granted)"); i++)
        {
            await Task.Delay(10);
        }

        await using var commit = new NpgsqlCommand("commit", one);
        await commit.ExecuteNonQueryAsync();
        Assert.Equal("own-work", (await Assert.ThrowsAsync<PostgresException>(() => other)).ConstraintName);
    }

    [Fact]
    public async Task The_people_of_a_household_and_of_its_applicant_do_not_work_on_its_case()
    {
        var number = NationalNumbers.New();
        var phone = "+77059990001";
        await market.Post((string?)null, "/v1/phone-codes", new { phone, language = "kk" });
        var session = await Market.Body(await market.Post((string?)null, "/v1/sessions", new { phone, code = await market.CodeSentTo(phone) }));
        var head = new Market.Member(PersonId.From(session["person"]!.GetValue<Guid>()), session["token"]!.GetValue<string>(), null);
        var made = await Market.Body(await market.Post(head, "/v1/households", new
        {
            name = "Aigul Serikova", village = Market.Village, nationalNumber = NationalNumbers.New(), consent = new { version = "2026-1", language = "kk" },
            members = new[] { new { name = "Dana Serikova", relation = "child", nationalNumber = number } },
        }));
        Assert.DoesNotContain(number, made.ToJsonString(), StringComparison.Ordinal);
        var farm = new Market.Farm(HouseholdId.From(made["id"]!.GetValue<Guid>()), head);
        await Market.Body(await market.Post(Role.OkrugAkim, $"/v1/households/{farm.Household}/confirmation"));
        await Market.Body(await market.Put(head, $"/v1/households/{farm.Household}/applicant", new { organisation = market.Cast(Role.CooperativeManager).Organisation }));
        await Market.Body(await market.Post(Role.CooperativeManager, $"/v1/households/{farm.Household}/applicant-acceptance"));

        var body = market.Cast(Role.Sampler).Organisation;
        var daughter = await market.NewMember(Role.Sampler, body);
        await Known(daughter, number);
        var headsOther = await market.NewMember(Role.Sampler, body);
        await market.Owner($"""
            update identity.person set national_number_hash = (select national_number_index from registry.household where id = '{farm.Household}') where id = '{headsOther.Person}'
            """);
        var seller = await market.NewMember(Role.Sampler, body);
        await market.Within(async services =>
        {
            await services.GetRequiredService<IPeople>().Grant(seller.Person, Role.CollectionOperator, market.Cast(Role.CooperativeManager).Organisation, null, null, default);
            return true;
        });
        try
        {
            var (application, _) = await market.AcceptedCase(farm);
            Assert.Equal(market.Cast(Role.Sampler).Person.Value, Assigned(await market.ReadCase(application), "sampler"));
            await Market.Problem(await Reassign(application, "sampler", daughter), HttpStatusCode.Conflict, "own-work");
            await Market.Problem(await Reassign(application, "sampler", headsOther), HttpStatusCode.Conflict, "own-work");
            await Market.Problem(await Reassign(application, "sampler", seller), HttpStatusCode.Conflict, "conflict-of-interest");
            await Market.Problem(await Reassign(application, "sampler", null), HttpStatusCode.Conflict, "no-eligible-person");
        }
        finally
        {
            await market.Owner($"update identity.role_assignment set valid_until = now() where person_id in ('{daughter.Person}', '{headsOther.Person}', '{seller.Person}')");
        }
    }

    [Fact]
    public async Task Only_the_qualified_are_drawn_once_two_persons_registered_somebody()
    {
        var two = await Two(Role.Sampler);
        var extra = two.Values.Single(one => one.Person != market.Cast(Role.Sampler).Person);
        var grant = new { person = extra.Person, scheme = "PLANT", part = "sampler", evidence = "Course of 40 hours.", territory = Market.District };
        await Market.Problem(await market.Post(Role.Reviewer, "/v1/qualifications", grant), HttpStatusCode.Forbidden, "forbidden");
        await Market.Problem(
            await market.Post(Role.QualityManager, "/v1/qualifications", new { person = market.Cast(Role.Reviewer).Person, grant.scheme, grant.part, grant.evidence }),
            HttpStatusCode.Conflict, "not-eligible");
        var id = (await Market.Body(await market.Post(Role.QualityManager, "/v1/qualifications", grant)))["id"]!.GetValue<Guid>();
        await Market.Problem(await market.Post(Role.QualityManager, $"/v1/qualifications/{id}/confirmation"), HttpStatusCode.Conflict, "second-person");
        await market.Refused(Acting(market.Cast(Role.QualityManager)) + $"update certification.qualification set confirmed_by = '{market.Cast(Role.QualityManager).Person}' where id = '{id}'", "second-person");
        await Market.Body(await market.Post(Role.PlatformAdministrator, $"/v1/qualifications/{id}/confirmation"));
        await Market.Problem(await market.Post(Role.PlatformAdministrator, $"/v1/qualifications/{id}/confirmation"), HttpStatusCode.Conflict, "changed-meanwhile");

        var (application, _) = await market.AcceptedCase(await market.ActiveFarm());
        var draws = (await Market.Body(await market.Get(Role.Auditor, $"/v1/applications/{application}/draw")))["draws"]!.AsArray();
        var candidates = draws[1]!["parts"]!.AsArray().Single(part => part!["part"]!.GetValue<string>() == "sampler")!["candidates"]!.AsArray();
        Assert.Equal((extra.Person.Value, 0), (Assert.Single(candidates)!["person"]!.GetValue<Guid>(), candidates[0]!["tier"]!.GetValue<int>()));
        await Market.Problem(await Reassign(application, "sampler", market.Cast(Role.Sampler)), HttpStatusCode.Conflict, "not-qualified");
        await market.Refused($"update certification.application set sampler = '{market.Cast(Role.Sampler).Person}' where id = '{application}'", "not-qualified");

        await Market.Body(await market.Post(Role.QualityManager, $"/v1/qualifications/{id}/withdrawal"));
        await Market.Body(await Reassign(application, "sampler", market.Cast(Role.Sampler)));
        await market.Owner($"update identity.role_assignment set valid_until = now() where person_id = '{extra.Person}'");
    }

    [Fact]
    public async Task A_draw_is_committed_before_told_after_and_replays()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.AcceptedCase(farm);
        var colleague = await market.NewMember(Role.Sampler, market.Cast(Role.Sampler).Organisation);
        await market.Refused($"update certification.application set sampler = '{colleague.Person}' where id = '{application}'", "not-drawn");
        await market.Owner($"update identity.role_assignment set valid_until = now() where person_id = '{colleague.Person}'");
        await market.Refused("insert into certification.draw_reveal (day, seed) select day, '\\x00'::bytea || sha256('x') from certification.draw_day limit 0; insert into certification.draw_reveal (day, seed) values (certification.today(), sha256('x'))", "draw-not-committed");
        await market.Refused($"""
            insert into certification.draw_day (day, commitment) values (certification.today() + 5, sha256('x'));
            insert into certification.draw (application, number, day, seed, cause, parts) values ('{application}', 9, certification.today() + 5, repeat('0', 64), 'named', '[]')
            """, "draw-not-committed");
        foreach (var table in (string[])["draw", "draw_day", "draw_reveal", "unfilled_part"])
        {
            Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication($"delete from certification.{table}"))).SqlState);
        }

        var stranger = await market.ActiveFarm();
        await Market.Problem(await market.Get(stranger.Head, $"/v1/applications/{application}/draw"), HttpStatusCode.NotFound, "not-found");
        var before = await Draws(application, farm);
        Assert.Equal(2, before.Draws.Count);
        Assert.All(before.Draws, draw => Assert.Null(draw.DaySeed));
        Assert.All(before.Draws, draw => Assert.Null(Marketplace.Certification.DrawReplay.Fault(before.Application, draw)));
        var published = await Market.Body(await market.Get((string?)null, "/v1/draw-commitments"));
        Assert.Contains(before.Draws[0].Commitment, published.ToJsonString(), StringComparison.Ordinal);

        await market.Advance(TimeSpan.FromDays(1));
        try
        {
            await market.Services.DrawDays();
            var after = await Draws(application, farm);
            Assert.All(after.Draws, draw => Assert.NotNull(draw.DaySeed));
            Assert.All(after.Draws, draw => Assert.Null(Marketplace.Certification.DrawReplay.Fault(after.Application, draw)));

            var folder = Directory.CreateTempSubdirectory("draws");
            var (file, days) = (Path.Combine(folder.FullName, "draw.json"), Path.Combine(folder.FullName, "days.json"));
            var text = await (await market.Get(farm.Head, $"/v1/applications/{application}/draw")).Content.ReadAsStringAsync();
            await File.WriteAllTextAsync(file, text);
            await File.WriteAllTextAsync(days, published.ToJsonString());
            Assert.Equal(0, await DrawCommand.Build().Parse($"verify {file} --commitments {days}").InvokeAsync());
            await File.WriteAllTextAsync(file, text.Replace(after.Draws[1].Seed, after.Draws[0].Seed, StringComparison.Ordinal));
            Assert.Equal(1, await DrawCommand.Build().Parse($"verify {file}").InvokeAsync());
            folder.Delete(recursive: true);
        }
        finally
        {
            await market.Advance(TimeSpan.FromDays(-1));
        }
    }

    private async Task<Marketplace.Certification.ApplicationDraws> Draws(Guid application, Market.Farm farm) =>
        System.Text.Json.JsonSerializer.Deserialize<Marketplace.Certification.ApplicationDraws>(
            (await Market.Body(await market.Get(farm.Head, $"/v1/applications/{application}/draw"))).ToJsonString(), Market.Wire)!;

    private async Task<Dictionary<Guid, Market.Member>> Two(string role)
    {
        var one = market.Cast(role);
        var other = await market.NewMember(role, one.Organisation);
        return new() { [one.Person.Value] = one, [other.Person.Value] = other };
    }

    private Task<HttpResponseMessage> Reassign(Guid application, string part, Market.Member? to) =>
        market.Post(Role.QualityManager, $"/v1/applications/{application}/assignment", new { part, person = to?.Person });

    /// <summary>The administrator adds what is known of a person already there.</summary>
    private async Task Known(Market.Member member, string number) => await Market.Body(await AddAgain(member, number));

    private async Task<HttpResponseMessage> AddAgain(Market.Member member, string nationalNumber)
    {
        var phone = await market.Within(services => services.GetRequiredService<IPeople>().PhoneOf(member.Person, default));
        return await market.Post(Role.PlatformAdministrator, "/v1/people", new { phone, roles = new[] { new { role = Role.Auditor } }, nationalNumber });
    }

    private async Task<NpgsqlConnection> Open(Market.Member member, string sql)
    {
        var connection = new NpgsqlConnection(market.OwnerConnection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"begin; select set_config('app.tenant', 'demo', true), set_config('app.person', '{member.Person}', true); {sql}", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private static Guid Assigned(JsonNode application, string part) => application["people"]![part]!.GetValue<Guid>();

    private static string Acting(Market.Member member) => $"begin; select set_config('app.person', '{member.Person}', true);";

    internal static string Interest(PersonId person, string column, Guid of) => $"""
        insert into certification.interest (id, person, kind, {column}, valid_from, reason, recorded_by)
        values (gen_random_uuid(), '{person}', 'kinship', '{of}', certification.today(), 'Test.', '{person}')
        """;
}

/// <summary>Everybody has an interest here, so in a market of its own.</summary>
public sealed class ConflictOfInterestTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task Acting_in_a_case_of_ones_interest_is_refused_by_the_database_for_every_part()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.AcceptedCase(farm);
        (string Role, string Sql)[] acts =
        [
            (Role.IntakeOfficer, $"insert into certification.completeness (application, number, complete, missing) values ('{application}', 7, true, array[]::text[])"),
            (Role.Sampler, $"insert into certification.sample (id, application, number, taken_at, amount, unit, seal_number) values (gen_random_uuid(), '{application}', 1, now(), 500, 'GRM', 'S-7')"),
            (Role.LaboratoryAnalyst, $"insert into certification.result_entry (application, number, sample) values ('{application}', 1, gen_random_uuid())"),
            (Role.LaboratorySupervisor, $"insert into certification.result_approval (application, entry, verdict, findings) values ('{application}', 1, 'pass', '[]')"),
            (Role.Reviewer, $"insert into certification.review (application, recommend_grant, reason) values ('{application}', true, 'Fine.')"),
            (Role.DecisionMaker, $"insert into certification.decision (application, granted, reason) values ('{application}', true, 'Fine.')"),
        ];
        foreach (var (role, _) in acts)
        {
            var person = market.Cast(role).Person;
            await market.Owner($"select set_config('app.person', '{person}', false); {PeopleOfCasesTests.Interest(person, "household", farm.Household.Value)}");
        }

        foreach (var (role, sql) in acts)
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication($"begin; select set_config('app.person', '{market.Cast(role).Person}', true); {sql}"));
            Assert.Equal((role, "conflict-of-interest"), (role, refused.ConstraintName));
        }

        await Market.Problem(await market.TakeSample(application), HttpStatusCode.Conflict, "conflict-of-interest");
        var (next, _) = await market.DraftedCase(farm);
        await Market.Problem(await market.Post(farm.Head, $"/v1/applications/{next}/submission"), HttpStatusCode.Conflict, "no-eligible-person");
    }
}
