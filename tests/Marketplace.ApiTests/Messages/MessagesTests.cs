using System.Net;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Messages.Outgoing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Marketplace.ApiTests.Messages;

public sealed class MessagesTests(Market market) : IClassFixture<Market>
{
    private Task<bool> Send(params Notice[] notices) => market.Within(async services =>
    {
        await services.GetRequiredService<INotices>().Send(notices, default);
        return true;
    });

    private static Notice Paid(PersonId to, string amount, string? language = "en") =>
        new("paid", new Dictionary<string, string> { ["amount"] = amount, ["method"] = "cash" }, to, Language: language);

    [Fact]
    public async Task An_inbox_is_ones_own_newest_first_in_pages()
    {
        var aigul = await market.NewMember(Role.Producer);
        var bakyt = await market.NewMember(Role.Producer);
        for (var i = 1; i <= 5; i++)
        {
            await Send(Paid(aigul.Person, $"{i} KZT"), Paid(bakyt.Person, "9 KZT"));
        }

        var first = await Market.Body(await market.Get(aigul, "/v1/messages?limit=3"));
        var second = await Market.Body(await market.Get(aigul, $"/v1/messages?limit=3&cursor={Uri.EscapeDataString(first["next"]!.GetValue<string>())}"));
        Assert.Equal(
            ["You were paid 5 KZT (cash).", "You were paid 4 KZT (cash).", "You were paid 3 KZT (cash).", "You were paid 2 KZT (cash).", "You were paid 1 KZT (cash)."],
            first["items"]!.AsArray().Concat(second["items"]!.AsArray()).Select(item => item!["text"]!.GetValue<string>()));
        await Market.Problem(await market.Get(aigul, "/v1/messages?cursor=abc"), HttpStatusCode.BadRequest, "bad-cursor");
        await Market.Problem(await market.Get((string?)null, "/v1/messages"), HttpStatusCode.Unauthorized, "signed-out");
    }

    [Fact]
    public async Task What_is_rolled_back_is_never_sent()
    {
        var aigul = await market.NewMember(Role.Producer);
        await using (var scope = market.Services.CreateAsyncScope())
        {
            scope.ServiceProvider.GetRequiredService<CurrentActor>().Value = Actor.System("demo");
            await scope.ServiceProvider.GetRequiredService<INotices>().Send([Paid(aigul.Person, "1 KZT")], default);
        }

        Assert.Empty((await Market.Body(await market.Get(aigul, "/v1/messages")))["items"]!.AsArray());
    }

    [Fact]
    public async Task A_message_is_sent_once_and_a_broken_channel_loses_none()
    {
        var aigul = await market.NewMember(Role.Producer);
        await market.Services.SendMessages();
        await Send(Paid(aigul.Person, "1 KZT"), Paid(aigul.Person, "2 KZT"));
        var channel = new BreakingChannel();
        var worker = new DeliveryWorker(
            market.Services.GetRequiredService<IServiceScopeFactory>(), market.Services.GetRequiredService<NpgsqlDataSource>(),
            market.Services.GetRequiredService<Secrets>(), [channel], NullLogger<DeliveryWorker>.Instance);

        await worker.Pass(default);
        Assert.Equal(2, await market.Scalar<long>($"select count(*) from messages.message where person = '{aigul.Person}' and state = 'queued' and attempts = 1"));
        channel.Works = true;
        await market.Owner("update messages.message set next_try_at = now() where state = 'queued'");
        await Task.WhenAll(worker.Pass(default), worker.Pass(default));
        await worker.Pass(default);
        Assert.Equal(["You were paid 1 KZT (cash).", "You were paid 2 KZT (cash)."], channel.Sent.Order());
        Assert.Equal(2, await market.Scalar<long>($"select count(*) from messages.message where person = '{aigul.Person}' and state = 'sent'"));
    }

    [Fact]
    public async Task A_code_is_readable_at_once_in_a_sandbox_by_its_administrator_only()
    {
        const string Phone = "+77479990001";
        await Send(new Notice("sign-in-code", new Dictionary<string, string> { ["code"] = "271828" }, Phone: Phone, Language: "kk"));
        var path = $"/v1/sandbox/messages?phone={Uri.EscapeDataString(Phone)}";
        Assert.Contains("271828", (await Market.Body(await market.Get(Role.PlatformAdministrator, path)))["items"]![0]!["text"]!.GetValue<string>(), StringComparison.Ordinal);
        await Market.Problem(await market.Get(Role.RetailBuyer, path), HttpStatusCode.Forbidden, "forbidden");
        await Market.Problem(await market.Get(Role.PlatformAdministrator, "/v1/sandbox/messages?phone=x"), HttpStatusCode.BadRequest, "invalid");
        var foreign = await market.NewMember(Role.PlatformAdministrator, tenant: "other");
        Assert.Empty((await Market.Body(await market.Get(foreign, path)))["items"]!.AsArray());
        Assert.DoesNotContain("271828", await market.Scalar<string>("select string_agg(m::text, ' ') from messages.message m"), StringComparison.Ordinal);

        await market.Owner("update kernel.tenant set sandbox = false where id = 'other'");
        await Market.Problem(await market.Get(foreign, path), HttpStatusCode.NotFound, "not-found");
        await market.Owner("update kernel.tenant set sandbox = true where id = 'other'");
    }

    [Fact]
    public async Task The_language_is_the_tenants_own_unless_one_is_named()
    {
        var aigul = await market.NewMember(Role.Producer);
        await Send(Paid(aigul.Person, "1 KZT", null));
        Assert.Equal("kk", (await Market.Body(await market.Get(aigul, "/v1/messages")))["items"]![0]!["language"]!.GetValue<string>());
    }

    private sealed class BreakingChannel : IMessageChannel
    {
        public bool Works { get; set; }

        public List<string> Sent { get; } = [];

        public bool Serves(string tenant, bool sandbox) => tenant == "demo";

        public Task Send(OutgoingMessage message, CancellationToken cancel)
        {
            if (!Works)
            {
                throw new HttpRequestException("The operator is away.");
            }

            lock (Sent)
            {
                Sent.Add(message.Text);
            }

            return Task.CompletedTask;
        }
    }
}
