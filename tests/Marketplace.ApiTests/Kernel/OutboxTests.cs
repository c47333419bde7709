using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests.Kernel;

public sealed class OutboxTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_subscriber_added_later_gets_what_happened_before_it()
    {
        await market.DeclaredLot(await market.ActiveFarm());
        await market.Drain();
        await market.Owner("select kernel.subscribe('NewReader', 'LotDeclared')");
        await market.Owner("select kernel.subscribe('NewReader', 'LotDeclared')");
        Assert.Equal(
            await market.Scalar<long>("select count(*) from kernel.event where type = 'LotDeclared'"),
            await market.Scalar<long>("select count(*) from kernel.delivery where subscriber = 'NewReader'"));

        // An instance that does not know the subscriber leaves its deliveries to those that do.
        await market.Drain();
        Assert.NotEqual(0, await market.Scalar<long>("select count(*) from kernel.delivery where subscriber = 'NewReader'"));
    }

    [Fact]
    public async Task A_rolled_back_act_leaves_no_event()
    {
        var before = await market.Scalar<long>("select count(*) from kernel.event");
        await using (var scope = market.Services.CreateAsyncScope())
        {
            scope.ServiceProvider.GetRequiredService<CurrentActor>().Value = Actor.System("demo");
            var database = scope.ServiceProvider.GetRequiredService<Database>();
            await database.Execute($"select kernel.append({Guid.NewGuid()}, 'Nothing', '{{}}')", default);
        }

        Assert.Equal(before, await market.Scalar<long>("select count(*) from kernel.event"));
    }

    [Fact]
    public async Task Answers_are_forgotten_after_thirty_days()
    {
        var farm = await market.ActiveFarm();
        await market.DeclaredLot(farm);
        await market.Owner("update kernel.idempotency_key set created_at = now() - interval '31 days'");
        await market.DeclaredLot(farm);
        Assert.True(await market.Services.GetRequiredService<ForgetOldKeys>().Pass(default) > 0);
        Assert.Equal(1, await market.Scalar<long>("select count(*) from kernel.idempotency_key"));
    }

    [Fact]
    public async Task A_stream_of_another_tenant_takes_no_event()
    {
        var lot = await market.DeclaredLot(await market.ActiveFarm());
        await using var scope = market.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CurrentActor>().Value = Actor.System("other");
        var database = scope.ServiceProvider.GetRequiredService<Database>();
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => database.Execute($"select kernel.append({lot}, 'Forged', '{{}}')", default));
    }
}
