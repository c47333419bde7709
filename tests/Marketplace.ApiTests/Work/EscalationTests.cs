using System.Net;
using Marketplace.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests.Work;

public sealed class EscalationTests(Market market) : IClassFixture<Market>
{
    private async Task<Guid> Open(Market.Member responsible, string role, OrganisationId? organisation, string? territory, TimeSpan due)
    {
        var subject = Guid.NewGuid();
        await Open(subject, responsible, role, organisation, territory, due);
        return subject;
    }

    private Task<bool> Open(Guid subject, Market.Member responsible, string role, OrganisationId? organisation, string? territory, TimeSpan due) =>
        market.Within(async services =>
        {
            await services.GetRequiredService<ITasks>().Open(
                new TaskToOpen(subject, "decide", responsible.Person, market.Clock.GetUtcNow() + due, role, organisation,
                    territory is null ? null : TerritoryCode.From(territory)), default);
            return true;
        });

    private Task<Guid> ResponsibleFor(Guid subject) =>
        market.Scalar<Guid>($"select responsible from work.task where subject = '{subject}' and closed_at is null");

    [Fact]
    public async Task A_late_task_goes_to_a_colleague_and_both_are_told()
    {
        var organisation = market.Cast(Role.DecisionMaker).Organisation;
        var colleague = await market.NewMember(Role.DecisionMaker, organisation);
        var first = market.Cast(Role.DecisionMaker);
        var subject = await Open(first, Role.DecisionMaker, organisation, null, TimeSpan.FromHours(-1));
        Assert.True(await market.Services.EscalateTasks() >= 1);

        Assert.Equal(colleague.Person.Value, await ResponsibleFor(subject));
        var hers = await Market.Body(await market.Get(colleague, "/v1/tasks?late=true"));
        var task = Assert.Single(hers["items"]!.AsArray(), item => item!["subject"]!.GetValue<Guid>() == subject);
        Assert.True(task!["late"]!.GetValue<bool>());
        Assert.Equal(1, task["escalated"]!.GetValue<int>());
        Assert.Equal(first.Person.Value, task["firstResponsible"]!.GetValue<Guid>());
        Assert.Equal(1, await market.Scalar<long>($"select count(*) from kernel.event where stream = '{task["id"]}' and type = 'TaskEscalated'"));
        Assert.Contains("task-escalated", (await Market.Body(await market.Get(colleague, "/v1/messages"))).ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("task-late", (await Market.Body(await market.Get(first, "/v1/messages"))).ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(
            "opened escalated",
            await market.Scalar<string>($"select string_agg(step::text, ' ' order by number) from work.task_history where task = '{task["id"]}'"));
    }

    [Fact]
    public async Task Without_a_colleague_it_climbs_the_territory_and_never_loses_its_person()
    {
        var akim = await market.NewMember(Role.OkrugAkim, territory: "kz-103230000");
        var district = await market.NewMember(Role.DistrictOfficer, territory: "kz-103200000");
        var subject = await Open(akim, Role.DistrictOfficer, null, "kz-103230100", TimeSpan.FromHours(-1));
        await market.Services.EscalateTasks();
        Assert.Equal(district.Person.Value, await ResponsibleFor(subject));

        var held = new HashSet<Guid> { akim.Person.Value, district.Person.Value };
        for (var i = 0; i < 6; i++)
        {
            await market.Owner($"update work.task set escalate_at = kernel.now() where subject = '{subject}'");
            await market.Services.EscalateTasks();
            held.Add(await ResponsibleFor(subject));
        }

        Assert.True(held.Count >= 3);
        Assert.Equal(1, await market.Scalar<long>($"select count(*) from work.task where subject = '{subject}' and closed_at is null and escalate_at > kernel.now()"));
    }

    [Fact]
    public async Task A_task_in_time_or_closed_stays_where_it_is()
    {
        var decider = market.Cast(Role.DecisionMaker);
        var inTime = await Open(decider, Role.DecisionMaker, decider.Organisation, null, TimeSpan.FromHours(1));
        var done = await Open(decider, Role.DecisionMaker, decider.Organisation, null, TimeSpan.FromHours(-1));
        await market.Within(async services =>
        {
            await services.GetRequiredService<ITasks>().Close(done, "decide", default);
            await services.GetRequiredService<ITasks>().Close(done, "decide", default);
            return true;
        });
        await market.Services.EscalateTasks();
        Assert.Equal(decider.Person.Value, await ResponsibleFor(inTime));
        Assert.Equal(0L, await market.Scalar<long>($"select escalated::bigint from work.task where subject = '{done}'"));
        var late = await Market.Body(await market.Get(decider, "/v1/tasks?late=true&limit=200"));
        Assert.DoesNotContain(late["items"]!.AsArray(), item => item!["subject"]!.GetValue<Guid>() == inTime);
    }

    [Fact]
    public async Task One_thing_has_one_open_task_of_a_kind()
    {
        var decider = market.Cast(Role.DecisionMaker);
        var other = await market.NewMember(Role.DecisionMaker, decider.Organisation);
        var subject = await Open(decider, Role.DecisionMaker, decider.Organisation, null, TimeSpan.FromHours(1));
        await Open(subject, other, Role.DecisionMaker, decider.Organisation, null, TimeSpan.FromHours(2));
        Assert.Equal(other.Person.Value, await ResponsibleFor(subject));
        Assert.Equal(1, await market.Scalar<long>($"select count(*) from work.task where subject = '{subject}'"));
        var twice = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => market.AsApplication($"""
            insert into work.task (subject, kind, responsible, first_responsible, escalate_to_role, deadline, escalate_at)
            values ('{subject}', 'decide', gen_random_uuid(), gen_random_uuid(), 'x', now(), now())
            """));
        Assert.Equal("task_one_open", twice.ConstraintName);
        var nobody = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => market.AsApplication(
            $"update work.task set responsible = null where subject = '{subject}'"));
        Assert.Equal("23502", nobody.SqlState);
    }

    [Fact]
    public async Task Two_passes_at_once_escalate_once()
    {
        var organisation = market.Cast(Role.Reviewer).Organisation;
        await market.NewMember(Role.Reviewer, organisation);
        await market.NewMember(Role.Reviewer, organisation);
        var subject = await Open(market.Cast(Role.Reviewer), Role.Reviewer, organisation, null, TimeSpan.FromHours(-1));
        await Task.WhenAll(market.Services.EscalateTasks(), market.Services.EscalateTasks(), market.Services.EscalateTasks());
        Assert.Equal(1L, await market.Scalar<long>($"select escalated::bigint from work.task where subject = '{subject}'"));
    }

    [Fact]
    public async Task Tasks_are_ones_own_in_pages_and_foreign_ones_are_not_there()
    {
        var member = await market.NewMember(Role.Sampler, market.Cast(Role.Sampler).Organisation);
        for (var i = 0; i < 5; i++)
        {
            await Open(member, Role.Sampler, member.Organisation, Market.Village, TimeSpan.FromHours(5 - i));
        }

        var first = await Market.Body(await market.Get(member, "/v1/tasks?limit=3"));
        var second = await Market.Body(await market.Get(member, $"/v1/tasks?limit=3&cursor={Uri.EscapeDataString(first["next"]!.GetValue<string>())}"));
        var all = first["items"]!.AsArray().Concat(second["items"]!.AsArray()).Select(item => item!["deadline"]!.GetValue<DateTimeOffset>()).ToList();
        Assert.Equal(5, all.Count);
        Assert.Equal(all.Order(), all);
        Assert.Empty((await Market.Body(await market.Get(await market.NewMember(Role.Sampler), "/v1/tasks")))["items"]!.AsArray());
        var akims = await Market.Body(await market.Get(Role.OkrugAkim, "/v1/tasks?scope=territory&limit=200"));
        Assert.True(akims["items"]!.AsArray().Count >= 5);
        await Market.Problem(await market.Get((string?)null, "/v1/tasks"), HttpStatusCode.Unauthorized, "signed-out");
        await Market.Problem(await market.Get(member, "/v1/tasks?limit=0"), HttpStatusCode.BadRequest, "invalid");
        await Market.Problem(await market.Get(member, "/v1/tasks?cursor=abc"), HttpStatusCode.BadRequest, "bad-cursor");
    }
}
