using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Certification;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

public sealed class GroupTests(Market market) : IClassFixture<Market>
{
    private const string Neighbours = "kz-615233100";

    [Fact]
    public async Task A_group_of_peers_is_certified_by_a_sample_and_sells_under_one_scope()
    {
        var (farms, members) = await PeerGroup();
        var application = await PlannedCase(farms[0], "PGS");
        var sample = (await Market.Body(await market.Get(Role.Sampler, $"/v1/applications/{application}/member-sample")))["sample"]!.AsArray();
        Assert.Equal(2, sample.Count);
        await Market.Problem(await Inspect(application, "PGS"), HttpStatusCode.Conflict, "members-unseen");
        foreach (var one in sample)
        {
            await Market.Body(await Visit(application, one!["member"]!.GetValue<Guid>()));
        }

        await Market.Body(await Inspect(application, "PGS"));
        var scope = await Granted(application);
        var shown = await Market.Body(await market.Get((string?)null, $"/v1/scope-certificates/{scope}"));
        Assert.Equal("group", Word(shown, "kind"));

        // Another member's lot, of another village, under the group's scope.
        var lot = await market.DeclaredLot(farms[2]);
        var declared = await Market.Body(await market.Post(farms[2].Head, $"/v1/scope-certificates/{scope}/batch-declarations", new { lot }));
        var certificate = await Market.Body(await market.Get((string?)null, $"/v1/certificates/{Word(declared, "certificate")}"));
        Assert.Equal((Neighbours, scope), (Word(certificate, "village"), Word(certificate, "scope")));
        var outsider = await market.ActiveFarm();
        await Market.Problem(await market.Post(outsider.Head, $"/v1/scope-certificates/{scope}/batch-declarations",
            new { lot = await market.DeclaredLot(outsider) }), HttpStatusCode.Conflict, "outside-the-scope");

        // A sanction takes the member's goods off the market at once, and nobody else's.
        var other = await market.DeclaredLot(farms[1]);
        var neighbour = Word(await Market.Body(await market.Post(farms[1].Head, $"/v1/scope-certificates/{scope}/batch-declarations", new { lot = other })), "certificate");
        await Market.Body(await market.Post(Role.CooperativeManager, $"/v1/group-members/{members[2]}/sanction", new { reason = "Bought in from outside." }));
        Assert.Equal(("suspended", "active"), (await StateOf(Word(declared, "certificate")), await StateOf(neighbour)));
        Assert.Equal((1, 0), ((await market.AccountOf(lot)).Holds, (await market.AccountOf(other)).Holds));
        await Market.Problem(await market.Post(farms[2].Head, $"/v1/scope-certificates/{scope}/batch-declarations",
            new { lot = await market.DeclaredLot(farms[2]) }), HttpStatusCode.Conflict, "outside-the-scope");

        // Readmitted, the appraisals of before count no more.
        await Market.Body(await market.Post(Role.CooperativeManager, $"/v1/group-members/{members[2]}/readmission", new { reason = "Put right." }));
        Assert.Equal("inspection_due", await Standing(members[2]));
        await Market.Body(await Report(farms[0].Head, members[2]));
        Assert.Equal("inspection_due", await Standing(members[2]));
        await Market.Body(await Report(farms[1].Head, members[2]));
        Assert.Equal("member", await Standing(members[2]));
    }

    [Fact]
    public async Task A_groups_members_are_visited_by_a_sample_a_year_and_a_critical_finding_stops_the_member_only()
    {
        var (farms, members) = await PeerGroup();
        var application = await PlannedCase(farms[0], "PGS");
        foreach (var one in (await Market.Body(await market.Get(Role.Sampler, $"/v1/applications/{application}/member-sample")))["sample"]!.AsArray())
        {
            await Market.Body(await Visit(application, one!["member"]!.GetValue<Guid>()));
        }

        await Market.Body(await Inspect(application, "PGS"));
        var scope = await Granted(application);
        await market.Surveil();
        Assert.Equal(0L, await Visits());
        await market.Owner("update identity.credential set expires_at = expires_at + interval '5 years'");
        await market.Advance(TimeSpan.FromDays(336));
        try
        {
            await market.Surveil();
            await market.Surveil();
            Assert.Equal(2L, await Visits());
            var visit = await market.Scalar<Guid>("select id from certification.surveillance where scope is not null order by id limit 1");
            var at = Array.FindIndex(farms, farm => farm.Household.Value == (market.Scalar<Guid>($"select household from certification.surveillance where id = '{visit}'").Result));
            var lot = await market.DeclaredLot(farms[at]);
            var mine = Word(await Market.Body(await market.Post(farms[at].Head, $"/v1/scope-certificates/{scope}/batch-declarations", new { lot })), "certificate");
            object[] answers = [Market.Answer("inputs-permitted"), Market.Answer("kept-apart")];
            await Market.Body(await market.Post(Role.Sampler, $"/v1/surveillance-visits/{visit}/record", new
            {
                visitedAt = market.Clock.GetUtcNow().AddMilliseconds(-1), place = "The field.", reason = "Seen.", acknowledged = true, answers,
                findings = (object[])[Market.Finding("critical")],
            }));
            Assert.Equal(("suspended", "sanctioned"), (await StateOf(mine), await Standing(members[at])));
            Assert.Equal("active", Word(await Market.Body(await market.Get((string?)null, $"/v1/scope-certificates/{scope}")), "state"));
            await Market.Body(await market.Post(Role.QualityManager, $"/v1/surveillance-visits/{visit}/ruling", new { confirmed = false, reason = "Mistaken." }));
            Assert.Equal(("active", "inspection_due"), (await StateOf(mine), await Standing(members[at])));
        }
        finally
        {
            await market.Advance(TimeSpan.FromDays(-336));
        }

        Task<long> Visits() => market.Scalar<long>($"""
            select count(*) from certification.surveillance v join certification.surveillance_cause c on c.surveillance = v.id and c.reason = 'regular'
              join certification.scope s on s.id = v.scope where s.number = '{scope}' and v.announced
            """);
    }

    [Fact]
    public async Task Peers_are_of_the_group_and_of_another_village()
    {
        var (farms, members) = await PeerGroup();
        var (near, far) = (await market.ActiveFarm(), await market.ActiveFarm(Neighbours));
        await Market.Problem(await Report(far.Head, members[0]), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await Report(farms[1].Head, members[0]), HttpStatusCode.Conflict, "not-a-peer");
        await Market.Problem(await Report(farms[0].Head, members[0]), HttpStatusCode.Conflict, "own-work");
        await Market.Problem(await Report(market.Cast(Role.CooperativeManager), members[0]), HttpStatusCode.Conflict, "not-a-peer");
        var joining = await Invited(near, "PGS");
        await Market.Problem(await Report(farms[2].Head, joining), HttpStatusCode.Conflict, "wrong-state");
        await Market.Body(await market.Post(near.Head, $"/v1/group-members/{joining}/acceptance"));
        await Market.Problem(await Report(farms[2].Head, joining, market.Clock.GetUtcNow().AddHours(1)), HttpStatusCode.Conflict, "visit-in-future");
        await Market.Problem(await Report(farms[2].Head, joining, market.Clock.GetUtcNow().AddDays(-1)), HttpStatusCode.Conflict, "visit-too-early");

        // The same peer twice is one peer.
        await Market.Body(await Report(farms[2].Head, joining));
        await Market.Body(await Report(farms[2].Head, joining));
        Assert.Equal("inspection_due", await Standing(joining));
        await Market.Body(await Report(farms[3].Head, joining));
        Assert.Equal("member", await Standing(joining));

        // One that finds something wrong undoes the appraisals before it.
        await Market.Body(await market.Post(farms[2].Head, $"/v1/group-members/{joining}/inspections",
            new { visitedAt = Now, accepted = false, reason = "Sprayed." }));
        Assert.Equal("inspection_due", await Standing(joining));
    }

    [Fact]
    public async Task The_groups_own_inspector_needs_a_second_person()
    {
        var farm = await market.ActiveFarm();
        var member = await Invited(farm, "ORG-SCOPE");
        await Market.Problem(await market.Post(Role.CooperativeManager, $"/v1/group-members/{member}/acceptance"), HttpStatusCode.Conflict, "own-invitation");
        await Market.Body(await market.Post(farm.Head, $"/v1/group-members/{member}/acceptance"));
        await Refused(Role.CooperativeManager, $"update certification.group_member set state = 'member' where id = '{member}'", "not-inspected");
        await Market.Body(await Report(market.Cast(Role.CooperativeManager), member));
        await Market.Problem(await Approve(market.Cast(Role.CooperativeManager), member, 1), HttpStatusCode.Conflict, "second-person");
        Assert.Equal("inspection_due", await Standing(member));
        var stranger = await market.NewMember(Role.CooperativeManager, market.Cast(Role.RetailBuyer).Organisation);
        await Market.Problem(await Approve(stranger, member, 1), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await Report(stranger, member), HttpStatusCode.NotFound, "not-found");
        var second = await market.NewMember(Role.CooperativeManager, market.Cast(Role.CooperativeManager).Organisation);
        await Market.Body(await Approve(second, member, 1));
        Assert.Equal("member", await Standing(member));
        await Market.Problem(await Approve(second, member, 1), HttpStatusCode.Conflict, "wrong-state");

        // By the database itself, too.
        await Market.Body(await Report(market.Cast(Role.CooperativeManager), member));
        await Refused(Role.CooperativeManager, $"""
            update certification.member_inspection set approved = true, approved_by = kernel.person(), approved_at = now() where member = '{member}' and number = 2
            """, "second-person");
        await Refused(Role.CooperativeManager, $"""
            update certification.member_inspection set approved = true, approved_by = '{second.Person}', approved_at = now() where member = '{member}' and number = 2
            """, "not-assigned");
        await Refused(Role.Sampler, $"update certification.group_member set state = 'invited' where id = '{member}'", "wrong-state");

        // A year later the inspection is due again.
        await market.Past($"update certification.member_inspection set visited_at = now() - interval '366 days' where member = '{member}'", "certification.member_inspection");
        Assert.Equal("inspection_due", await Standing(member));
    }

    [Fact]
    public async Task The_register_is_the_groups_own()
    {
        var farm = await market.ActiveFarm();
        var member = await Invited(farm, "BRAND");
        await Market.Problem(await Invite(farm, "BRAND"), HttpStatusCode.Conflict, "member-already");
        await Market.Problem(await Invite(farm, "PLANT-BATCH"), HttpStatusCode.Conflict, "no-scheme");
        await Market.Problem(await Invite(await market.RegisteredFarm(), "BRAND"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get((await market.ActiveFarm()).Head, $"/v1/group-members/{member}"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get(Role.RetailBuyer, $"/v1/group-members/{member}"), HttpStatusCode.NotFound, "not-found");
        Assert.Equal("invited", await Standing(member));
        await Market.Body(await market.Post(farm.Head, $"/v1/group-members/{member}/exit"));
        await Market.Problem(await market.Post(farm.Head, $"/v1/group-members/{member}/acceptance"), HttpStatusCode.Conflict, "wrong-state");
        Assert.NotEqual(member, await Invited(farm, "BRAND"));
    }

    [Fact]
    public async Task Nobody_chooses_which_members_are_seen()
    {
        var (farms, members) = await PeerGroup();
        var application = await PlannedCase(farms[0], "PGS");
        var draw = await Market.Body(await market.Get(Role.Auditor, $"/v1/applications/{application}/member-sample"));
        Guid[] candidates = [.. draw["candidates"]!.AsArray().Select(one => one!.GetValue<Guid>())];
        Assert.Superset(candidates.ToHashSet(), members.ToHashSet().Intersect(candidates).ToHashSet());
        Guid[] drawn = [.. draw["sample"]!.AsArray().Select(one => one!["member"]!.GetValue<Guid>())];
        Assert.Equal(MemberSample.First(candidates, Word(draw, "seed")), drawn);
        Assert.Equal((int)Math.Ceiling(Math.Sqrt(candidates.Length)), drawn.Length);
        await Market.Problem(await Visit(application, candidates.Except(drawn).First()), HttpStatusCode.Conflict, "not-in-the-sample");
        await Market.Body(await Visit(application, drawn[0], accepted: false));
        await Market.Problem(await Visit(application, drawn[0]), HttpStatusCode.Conflict, "member-seen");
        foreach (var member in drawn.Skip(1))
        {
            await Market.Body(await Visit(application, member));
        }

        // What a visit found is found: the inspection cannot pass it over.
        await Market.Problem(await Inspect(application, "PGS"), HttpStatusCode.Conflict, "outcome-findings");
        await Refused(Role.Sampler, $"""
            insert into certification.member_draw (application, day, seed, candidates, drawn)
            select '{application}', day, seed, candidates, drawn[1:1] from certification.member_draw where application = '{application}'
            """, "no-members");
    }

    [Fact]
    public async Task A_group_without_members_is_not_evaluated()
    {
        var farm = await market.ActiveFarm();
        var application = await CaseAtPlanning(farm, "BRAND", [Market.Answer("member-register")]);
        await Market.Problem(await market.PlanEvaluation(application), HttpStatusCode.Conflict, "no-members");
    }

    /// <summary>Four households of two villages, each appraised by both of the other village.</summary>
    private async Task<(Market.Farm[] Farms, Guid[] Members)> PeerGroup()
    {
        Market.Farm[] farms = [await market.ActiveFarm(), await market.ActiveFarm(), await market.ActiveFarm(Neighbours), await market.ActiveFarm(Neighbours)];
        var members = new Guid[farms.Length];
        for (var at = 0; at < farms.Length; at++)
        {
            members[at] = await Invited(farms[at], "PGS");
            await Market.Body(await market.Post(farms[at].Head, $"/v1/group-members/{members[at]}/acceptance"));
        }

        for (var at = 0; at < farms.Length; at++)
        {
            await Market.Body(await Report(farms[at < 2 ? 2 : 0].Head, members[at]));
            await Market.Body(await Report(farms[at < 2 ? 3 : 1].Head, members[at]));
            Assert.Equal("member", await Standing(members[at]));
        }

        // A group of this test alone: what others of the class registered is out of it.
        await market.Past(
            $"update certification.group_member set state = 'left' where scheme = 'PGS' and id <> all ('{"{"}{string.Join(',', members)}{"}"}')", "certification.group_member");
        return (farms, members);
    }

    private async Task<Guid> PlannedCase(Market.Farm farm, string scheme)
    {
        var application = await CaseAtPlanning(farm, scheme, [Market.Answer("member-register"), Market.Answer("no-relatives")]);
        await Market.Body(await market.PlanEvaluation(application));
        return application;
    }

    private async Task<Guid> CaseAtPlanning(Market.Farm farm, string scheme, object[] answers)
    {
        var lot = await market.DeclaredLot(farm);
        var application = (await Market.Body(await market.Post(farm.Head, "/v1/applications", new { lot, scheme })))["id"]!.GetValue<Guid>();
        await Market.Body(await market.Post(farm.Head, $"/v1/applications/{application}/submission"));
        await Market.Body(await market.Accept(application));
        await Market.Body(await market.ReviewDocuments(application, [], answers));
        return application;
    }

    private Task<HttpResponseMessage> Inspect(Guid application, string scheme) =>
        market.Post(Role.Sampler, $"/v1/applications/{application}/inspection", new
        {
            visitedAt = Now, place = "The co-operative's office.", reason = "Seen on the spot.", acknowledged = true, accepted = true,
            answers = scheme == "PGS" ? [Market.Answer("inputs-permitted"), Market.Answer("kept-apart")] : Array.Empty<object>(),
        });

    private async Task<string> Granted(Guid application)
    {
        await Market.Body(await market.Post(Role.Reviewer, $"/v1/applications/{application}/review", new { recommendGrant = true, reason = "Seen the file." }));
        return Word(await Market.Body(await market.Decide(application, granted: true)), "scope");
    }

    private Task<HttpResponseMessage> Visit(Guid application, Guid member, bool accepted = true) =>
        market.Post(Role.Sampler, $"/v1/applications/{application}/member-visits", new { member, visitedAt = Now, accepted, reason = "Seen on the spot." });

    private Task<HttpResponseMessage> Invite(Market.Farm farm, string scheme) =>
        market.Post(Role.CooperativeManager, "/v1/group-members", new { household = farm.Household, scheme });

    private async Task<Guid> Invited(Market.Farm farm, string scheme) => (await Market.Body(await Invite(farm, scheme)))["id"]!.GetValue<Guid>();

    private Task<HttpResponseMessage> Report(Market.Member by, Guid member, DateTimeOffset? visitedAt = null) =>
        market.Post(by, $"/v1/group-members/{member}/inspections", new { visitedAt = visitedAt ?? Now, accepted = true, reason = "Keeps the rules." });

    private Task<HttpResponseMessage> Approve(Market.Member by, Guid member, int number) =>
        market.Post(by, $"/v1/group-members/{member}/inspections/{number}/approval", new { approved = true });

    private async Task<string> Standing(Guid member) => Word(await Market.Body(await market.Get(Role.CooperativeManager, $"/v1/group-members/{member}")), "state");

    private async Task<string> StateOf(string serial) => Word(await Market.Body(await market.Get((string?)null, $"/v1/certificates/{serial}")), "state");

    private DateTimeOffset Now => market.Clock.GetUtcNow().AddMilliseconds(-2);

    private async Task Refused(string role, string sql, string code) => Assert.Equal(code, (await Assert.ThrowsAsync<PostgresException>(() =>
        market.AsApplication($"begin; select set_config('app.person', '{market.Cast(role).Person}', true);{sql}"))).ConstraintName);

    private static string Word(JsonNode node, string member) => node[member]!.GetValue<string>();
}
