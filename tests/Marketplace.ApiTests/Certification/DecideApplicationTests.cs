using System.Net;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

public sealed class DecideApplicationTests(Market market) : IClassFixture<Market>
{
    [Theory]
    [InlineData("potato")]
    [InlineData("milk_cow_raw")]
    public async Task A_granted_case_issues_a_certificate_whose_quantity_can_be_sold(string product)
    {
        var farm = await market.ActiveFarm();
        var story = await market.CertifiedLot(farm, product, 100_000);

        Assert.Equal(100_000, (await market.AccountOf(story.Lot)).Certified);
        var shown = await Market.Body(await market.Get((string?)null, $"/v1/certificates/{story.Serial}"));
        Assert.Equal("active", shown["state"]!.GetValue<string>());
        Assert.Equal(100_000, shown["left"]!["amount"]!.GetValue<long>());
        Assert.Equal("Sapa", shown["issuerName"]!.GetValue<string>());
        var verdict = await Market.Body(await market.Post((string?)null, "/v1/verifications", new { text = shown["label"]!.GetValue<string>() }));
        Assert.Equal("genuine", verdict["verdict"]!.GetValue<string>());
        var details = await market.ReadCase(story.Application);
        Assert.Equal(("granted", story.Serial), (details["stage"]!.GetValue<string>(), details["certificate"]!.GetValue<string>()));
        Assert.Null(details["task"]);
    }

    [Fact]
    public async Task Only_one_of_five_simultaneous_decisions_wins()
    {
        var (application, lot) = await market.CaseAwaitingDecision(await market.ActiveFarm());

        var answers = await market.Race($"select 1 from certification.application where id = '{application}' for update", 5,
            at => market.Decide(application, granted: at % 2 == 0));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        foreach (var lost in answers.Where(answer => answer.StatusCode != HttpStatusCode.OK))
        {
            await Market.Problem(lost, HttpStatusCode.Conflict, "changed-meanwhile");
        }

        Assert.Equal(1, await market.Scalar<long>($"select count(*) from certification.decision where application = '{application}'"));
        Assert.InRange((await market.AccountOf(lot)).Certified, 0, 100_000);
    }

    [Fact]
    public async Task The_same_decision_twice_issues_one_certificate()
    {
        var (application, lot) = await market.CaseAwaitingDecision(await market.ActiveFarm());
        var first = await Market.Body(await market.Decide(application, granted: true, key: "decide-once"));
        var again = await market.Decide(application, granted: true, key: "decide-once");
        Assert.Equal("true", again.Headers.GetValues("Idempotent-Replayed").Single());
        Assert.Equal(first.ToJsonString(), (await Market.Body(again)).ToJsonString());
        Assert.Equal(1, await market.Scalar<long>($"select count(*) from certification.certificate where lot = '{lot}'"));
    }

    [Fact]
    public async Task Failing_results_can_only_be_refused()
    {
        var (application, lot) = await market.CaseAwaitingDecision(await market.ActiveFarm(), failing: true);
        await Market.Problem(await market.Decide(application, granted: true), HttpStatusCode.Conflict, "results-fail");
        Assert.Equal("decision", (await market.ReadCase(application))["stage"]!.GetValue<string>());
        Assert.Equal("refused", (await Market.Body(await market.Decide(application, granted: false)))["stage"]!.GetValue<string>());
        Assert.Equal(0, (await market.AccountOf(lot)).Certified);
    }

    [Fact]
    public async Task Incomplete_results_cannot_be_granted()
    {
        var (application, _) = await market.SampledCase(await market.ActiveFarm());
        var entered = await Market.Body(await market.EnterResults(application, new[] { Market.Value("lead", 0.1) }));
        Assert.Equal("incomplete", entered["verdict"]!.GetValue<string>());
        await Market.Body(await market.Post(Role.LaboratorySupervisor, $"/v1/applications/{application}/results/approval"));
        await Market.Body(await market.Post(Role.Reviewer, $"/v1/applications/{application}/review", new { recommendGrant = true, reason = "Looks fine." }));
        await Market.Problem(await market.Decide(application, granted: true), HttpStatusCode.Conflict, "results-incomplete");
    }

    [Fact]
    public async Task A_stopped_body_issues_nothing_after_the_stop_and_again_after_its_end()
    {
        var (application, lot) = await market.CaseAwaitingDecision(await market.ActiveFarm());
        var body = market.Cast(Role.QualityManager).Organisation!.Value;
        try
        {
            // The stop waits for the row as the decision does: whoever comes after its commit is refused.
            await market.Owner($"update certification.issuance set allowed = false, reason = 'Audit.' where body = '{body}'");
            await Market.Problem(await market.Decide(application, granted: true), HttpStatusCode.Conflict, "issuance-stopped");
            Assert.Equal(0, (await market.AccountOf(lot)).Certified);
        }
        finally
        {
            Assert.Equal(HttpStatusCode.NoContent, (await market.Put(market.Cast(Role.QualityManager), $"/v1/issuance/{body}", new { allowed = true, reason = "Audit over." })).StatusCode);
        }

        await Market.Body(await market.Decide(application, granted: true));
    }

    [Fact]
    public async Task A_decision_that_waits_for_a_stop_issues_nothing()
    {
        var (application, _) = await market.CaseAwaitingDecision(await market.ActiveFarm());
        var body = market.Cast(Role.QualityManager).Organisation!.Value;
        var answers = await market.Race($"update certification.issuance set allowed = false, reason = 'Audit.' where body = '{body}'", 1,
            _ => market.Decide(application, granted: true));
        await market.Owner($"update certification.issuance set allowed = true where body = '{body}'");
        await Market.Problem(answers[0], HttpStatusCode.Conflict, "issuance-stopped");
        Assert.Equal(0, await market.Scalar<long>($"select count(*) from certification.certificate where application = '{application}'"));
    }

    [Fact]
    public async Task A_second_certificate_of_the_same_lot_is_above_its_ceiling()
    {
        var farm = await market.ActiveFarm();
        var story = await market.CertifiedLot(farm);
        var second = await market.Post(farm.Head, "/v1/applications", new { lot = story.Lot });
        if (second.IsSuccessStatusCode)
        {
            var id = (await Market.Body(second))["id"]!.GetValue<Guid>();
            second = await market.Post(farm.Head, $"/v1/applications/{id}/submission");
        }

        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Equal(100_000, (await market.AccountOf(story.Lot)).Certified);
    }

    [Fact]
    public async Task Nobody_with_one_part_takes_another_not_even_with_every_role()
    {
        string[] roles = [Role.IntakeOfficer, Role.Sampler, Role.LaboratoryAnalyst, Role.LaboratorySupervisor, Role.Reviewer, Role.DecisionMaker];
        string[] columns = ["intake", "sampler", "analyst", "supervisor", "reviewer", "decision_maker"];
        var (application, _) = await market.CaseAwaitingDecision(await market.ActiveFarm());
        foreach (var (one, at) in columns.Select((column, at) => (column, at)))
        {
            foreach (var role in roles.Where((_, other) => other != at))
            {
                // Two assignments in one person are refused by the table itself.
                var failure = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication(
                    $"update certification.application set {one} = '{market.Cast(role).Person}' where id = '{application}'"));
                Assert.Equal("own-work", failure.ConstraintName);
            }
        }

        foreach (var role in roles.Where(role => role != Role.DecisionMaker))
        {
            // Whoever took part is known for good, and refused before anybody asks for the assignment.
            var person = market.Cast(role).Person;
            var failure = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication($"""
                begin;
                select set_config('app.person', '{person}', true);
                insert into certification.decision (application, granted, reason) values ('{application}', true, 'Mine.');
                """));
            Assert.Equal("own-work", failure.ConstraintName);
        }

        await Market.Body(await market.Decide(application, granted: true));
    }

    [Fact]
    public async Task A_member_of_the_household_does_not_decide()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.CaseAwaitingDecision(farm);
        var failure = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication($"""
            begin;
            select set_config('app.person', '{market.Cast(Role.DecisionMaker).Person}', true), set_config('app.household', '{farm.Household}', true);
            insert into certification.decision (application, granted, reason) values ('{application}', true, 'Mine.');
            """));
        Assert.Equal("own-work", failure.ConstraintName);
    }
}

/// <summary>With further people in the body, so in a market of its own.</summary>
public sealed class DecideApplicationOfAnotherTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task Another_organisation_and_another_role_cannot_decide()
    {
        var (application, _) = await market.CaseAwaitingDecision(await market.ActiveFarm());
        var stranger = await market.NewMember(Role.DecisionMaker, market.Cast(Role.RetailBuyer).Organisation);
        var body = new { granted = true, reason = "Mine." };
        await Market.Problem(await market.Post(stranger, $"/v1/applications/{application}/decision", body), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Post(Role.Reviewer, $"/v1/applications/{application}/decision", body), HttpStatusCode.Forbidden, "forbidden");
        var colleague = await market.NewMember(Role.DecisionMaker, market.Cast(Role.DecisionMaker).Organisation);
        await Market.Problem(await market.Post(colleague, $"/v1/applications/{application}/decision", body), HttpStatusCode.Conflict, "not-assigned");
        await Market.Problem(await market.Post(Role.DecisionMaker, $"/v1/applications/{application}/decision", new { granted = true, reason = "x" }), HttpStatusCode.BadRequest, "invalid");
    }
}
