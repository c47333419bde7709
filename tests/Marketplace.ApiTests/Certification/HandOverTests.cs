using System.Net;
using Marketplace.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests.Certification;

public sealed class HandOverTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task Whoever_leaves_gives_parts_and_tasks_to_others_and_the_quality_manager_gets_what_nobody_can_take()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.AcceptedCase(farm);
        var old = market.Cast(Role.Sampler);
        var colleague = await market.NewMember(Role.Sampler, old.Organisation);
        Assert.Equal(0, await market.Services.HandOverCases());

        // A term that ends.
        await market.Owner($"update identity.role_assignment set valid_until = now() + interval '2 hours' where person_id = '{old.Person}' and role = 'sampler'");
        Assert.Equal(0, await market.Services.HandOverCases());
        await market.Advance(TimeSpan.FromHours(3));
        Assert.Equal(1, await market.Services.HandOverCases());
        Assert.Equal(0, await market.Services.HandOverCases());
        Assert.Equal(colleague.Person.Value, await Assigned(application));
        Assert.Equal(colleague.Person.Value, await Responsible(application));
        Assert.Equal("opened reassigned", await market.Scalar<string>($"""
            select string_agg(h.step::text, ' ' order by h.number) from work.task_history h join work.task t on t.id = h.task where t.subject = '{application}' and t.kind = 'take-sample'
            """));
        Assert.Contains("case-handed-over", (await Market.Body(await market.Get(Role.QualityManager, "/v1/messages"))).ToJsonString(), StringComparison.Ordinal);

        // The role of the next one is ended, and nobody is left.
        Assert.Equal(HttpStatusCode.NoContent, (await market.As(Role.PlatformAdministrator).DeleteAsync($"/v1/people/{colleague.Person}/roles/sampler")).StatusCode);
        Assert.Equal(0, await market.Services.HandOverCases());
        Assert.Equal(market.Cast(Role.QualityManager).Person.Value, await Responsible(application));
        Assert.Contains("case-without-person", (await Market.Body(await market.Get(Role.QualityManager, "/v1/messages"))).ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(0, await market.Services.HandOverCases());
        Assert.Equal(1, await market.Scalar<long>($"select count(*) from certification.unfilled_part where application = '{application}'"));

        var third = await market.NewMember(Role.Sampler, old.Organisation);
        await Market.Body(await market.Post(Role.QualityManager, $"/v1/applications/{application}/assignment", new { part = "sampler" }));
        Assert.Equal(third.Person.Value, await Assigned(application));
        Assert.Equal(third.Person.Value, await Responsible(application));
        Assert.Equal("submission acceptance hand_over reassignment", await market.Scalar<string>(
            $"select string_agg(cause::text, ' ' order by number) from certification.draw where application = '{application}'"));
    }

    [Fact]
    public async Task An_akim_who_leaves_hands_waiting_households_to_the_next()
    {
        var akim = await market.NewMember(Role.OkrugAkim, territory: "kz-103230000");
        var district = await market.NewMember(Role.DistrictOfficer, territory: "kz-103200000");
        var farm = await market.RegisteredFarm("kz-103230100");
        Assert.Equal(akim.Person.Value, await Responsible(farm.Household.Value));
        Assert.Equal(0, await market.Services.HandOverTasks());

        // A task that nobody can take, due before all others, holds up none of them.
        await market.Owner($"""
            insert into work.task select (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'subject', gen_random_uuid(), 'role', 'sampler',
                   'organisation', gen_random_uuid(), 'territory', null, 'territory_path', '[]'::jsonb, 'deadline', t.deadline - interval '1 day'))).*
              from work.task t where t.subject = '{farm.Household}' and t.closed_at is null
            """);
        await market.As(Role.PlatformAdministrator).DeleteAsync($"/v1/people/{akim.Person}/roles/{Role.OkrugAkim}");
        await market.Owner("update identity.role_assignment set valid_until = now() where role in ('project_officer', 'platform_administrator') and valid_until is null");
        Assert.Equal(1, await market.Services.HandOverTasks());
        Assert.Equal(0, await market.Services.HandOverTasks());
        await market.Owner("update identity.role_assignment set valid_until = null where role in ('project_officer', 'platform_administrator')");
        Assert.Equal(1, await market.Services.HandOverTasks());
        Assert.Equal(district.Person.Value, await Responsible(farm.Household.Value));
        Assert.Contains("task-handed-over", (await Market.Body(await market.Get(district, "/v1/messages"))).ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(2, await market.Scalar<long>("select count(*) from kernel.event where type = 'TaskHandedOver'"));
    }

    [Fact]
    public async Task Nobody_has_the_same_part_for_a_household_too_often_in_a_row()
    {
        await market.Owner("insert into certification.draw_rule values (now(), 1)");
        await market.NewMember(Role.Reviewer, market.Cast(Role.Reviewer).Organisation);
        var farm = await market.ActiveFarm();
        var reviewers = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            var (application, _) = await market.AcceptedCase(farm);
            reviewers.Add((await market.ReadCase(application))["people"]!["reviewer"]!.GetValue<Guid>());
        }

        Assert.All(reviewers.Zip(reviewers.Skip(1)), pair => Assert.NotEqual(pair.First, pair.Second));
    }

    private async Task<Guid> Assigned(Guid application) => (await market.ReadCase(application))["people"]!["sampler"]!.GetValue<Guid>();

    private Task<Guid> Responsible(Guid subject) => market.Scalar<Guid>($"select responsible from work.task where subject = '{subject}' and closed_at is null");
}
