using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Oversight.Funnels;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests.Orders;

/// <summary>A household answers by short message what it was asked, nothing else happens, and every answer can be taken back.</summary>
public sealed class TextAnswerTests(Market market) : IClassFixture<Market>, IAsyncLifetime
{
    private static int messages;
    private Market.Member gateway = null!;

    public async Task InitializeAsync() => gateway = await market.NewMember(Role.MessageGateway);

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_text_promises_and_its_code_takes_the_promise_back()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm, "carrot");
        var order = await market.PlacedOrder(60_000, "carrot");
        Assert.Equal("confirmed", await Text(farm, "Иә, келісемін"));
        Assert.Equal(60_000, (await market.AccountOf(lot)).Promised);
        await market.Drain();
        Assert.Equal("firm", await market.StageOf(order));
        var code = await Code(farm, "text-confirmed");

        Assert.Equal("undone", await Text(farm, $"отмена {code}"));
        Assert.Equal((0L, 60_000L), await Held(lot));
        Assert.Equal(1, await Confirmations(lot));
        await market.Drain();
        Assert.Equal(0, await Confirmations(lot));
        Assert.Equal("confirming", await market.StageOf(order));
        Assert.Equal("wrong_code", await Text(farm, $"отмена {code}"));

        Assert.Equal("less", await Text(farm, "tek 40 kg"));
        Assert.Equal(40_000, (await market.AccountOf(lot)).Promised);
        Assert.Equal("undone", await Text(farm, $"undo {await Code(farm, "text-confirmed")}"));
        Assert.Equal((0L, 60_000L), await Held(lot));
        Assert.Equal("declined", await Text(farm, "жок, бере албайм"));
        Assert.Equal((0L, 0L), await Held(lot));
        Assert.Equal("undone", await Text(farm, $"болдырмау {await Code(farm, "text-declined")}"));
        Assert.Equal((0L, 60_000L), await Held(lot));
        Assert.Equal("confirmed", await Text(farm, "да"));
        Assert.Equal("nothing_asked", await Text(farm, "да"));

        // The funnel counts the answer that stands, and the same when it is made anew from all of them.
        await market.Drain();
        Assert.Equal(1, await Confirmations(lot));
        await market.Within(services => Funnel.Rebuild(services.GetRequiredService<Database>(), services.GetRequiredService<ChainFacts>(), default));
        Assert.Equal(1, await Confirmations(lot));
        await market.Refused($"update orders.promise set stage = 'offered', confirmed = null, amount = 0, answered_at = null, answered_by = null where order_id = '{order}'", "terms-frozen");
        await market.Refused($"update orders.inbound_text set undone_at = kernel.now() where household_id = '{farm.Household.Value}' and undone_at is not null", "undone-already");
        await market.Refused($"update orders.inbound_text set undone_at = kernel.now() - interval '1 minute' where household_id = '{farm.Household.Value}' and undone_at is null", "undone-already");
    }

    [Fact]
    public async Task What_others_were_asked_for_meanwhile_is_not_taken_back()
    {
        var (first, second) = (await market.ActiveFarm(), await market.ActiveFarm());
        var cheap = await market.SellableLot(first, "onion", 50_000, "100.0000");
        var dear = await market.SellableLot(second, "onion", 50_000, "180.0000");
        await market.PlacedOrder(50_000, "onion");
        Assert.Equal("declined", await Text(first, "нет"));
        await market.Drain();
        Assert.Equal((0L, 50_000L), await Held(dear));
        Assert.Equal("too_late", await Text(first, $"отмена {await Code(first, "text-declined")}"));
        Assert.Equal((0L, 0L), await Held(cheap));
        Assert.Equal("text-too-late", await LastReply(first));
        Assert.Equal("confirmed", await Text(second, "ооба"));
        Assert.Equal("nothing_asked", await Text(first, "да"));
    }

    [Fact]
    public async Task What_leaves_a_doubt_does_nothing_and_is_asked_back()
    {
        var farm = await market.ActiveFarm();
        var (beets, garlic) = (await market.SellableLot(farm, "beetroot"), await market.SellableLot(farm, "garlic"));
        await market.PlacedOrder(70_000, "beetroot");
        await market.PlacedOrder(30_000, "garlic");
        foreach (var text in (string[])["да", "может быть", "картошка да", "да нет", "200 кг чеснока", "отмена"])
        {
            Assert.Equal("unclear", await Text(farm, text));
            Assert.Equal("text-unclear", await LastReply(farm));
        }

        Assert.Equal("wrong_code", await Text(farm, "отмена 1234"));
        Assert.Equal(((0L, 70_000L), (0L, 30_000L)), (await Held(beets), await Held(garlic)));
        Assert.Equal("less", await Text(farm, "чеснока 20 кг"));
        Assert.Equal(((0L, 70_000L), (20_000L, 0L)), (await Held(beets), await Held(garlic)));
        Assert.Equal("confirmed", await Text(farm, "да"));
        Assert.Equal((70_000L, 0L), await Held(beets));
    }

    [Fact]
    public async Task One_message_acts_once_and_of_two_answers_one_counts()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm, "pumpkin");
        var order = await market.PlacedOrder(60_000, "pumpkin");
        var id = Next();
        var twins = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Send(id, farm, "да")));
        Assert.All(twins, outcome => Assert.Equal("confirmed", outcome));
        Assert.Equal(1, await market.Scalar<long>($"select count(*) from orders.inbound_text where message = '{id}'"));
        Assert.Equal(1, await market.Scalar<long>($"select count(*) from messages.message where person = '{farm.Head.Person.Value}' and template = 'text-confirmed'"));
        await market.Refused($"insert into orders.inbound_text (id, message, text_sealed, outcome) values (gen_random_uuid(), '{id}', '\\x00', 'unclear')", "text-known");

        Assert.Equal("undone", await Text(farm, $"отмена {await Code(farm, "text-confirmed")}"));
        var answers = new List<string>();
        await market.Race($"select 1 from orders.promise where order_id = '{order}' for update", 4, async rival =>
        {
            var answer = await Post(Next(), farm, rival % 2 == 0 ? "да" : "нет");
            lock (answers)
            {
                answers.Add(answer.GetProperty("outcome"));
            }

            return answer.Response;
        });
        Assert.Single(answers, outcome => outcome is "confirmed" or "declined");

        // Who waited for the winner is too late; who came to it after the winner's commit finds nothing asked.
        Assert.All(answers, outcome => Assert.Contains(outcome, (string[])["confirmed", "declined", "too_late", "nothing_asked"]));
        Assert.Contains(await Held(lot), ((long, long)[])[(60_000L, 0L), (0L, 0L)]);
    }

    [Fact]
    public async Task Codes_are_not_guessed_and_end_with_the_time_to_answer()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm, "cucumber");
        await market.PlacedOrder(60_000, "cucumber");
        Assert.Equal("confirmed", await Text(farm, "да"));
        var code = int.Parse(await Code(farm, "text-confirmed"), System.Globalization.CultureInfo.InvariantCulture);
        for (var i = 1; i <= 5; i++)
        {
            Assert.Equal("wrong_code", await Text(farm, $"отмена {(code + i > 9_999 ? code - i : code + i)}"));
        }

        Assert.Equal("wrong_code", await Text(farm, $"отмена {code}"));
        await market.Advance(TimeSpan.FromHours(2));
        var stranger = await market.ActiveFarm();
        Assert.Equal("wrong_code", await Text(stranger, $"отмена {code}"));
        await market.Advance(TimeSpan.FromHours(30));
        try
        {
            Assert.Equal("too_late", await Text(farm, $"отмена {code}"));
            Assert.Equal((60_000L, 0L), await Held(lot));
        }
        finally
        {
            await market.Advance(TimeSpan.FromHours(-32));
        }
    }

    [Fact]
    public async Task A_stranger_hears_nothing_and_only_the_gateway_hands_texts_in()
    {
        var body = new { id = Next(), from = "+77019999999", text = "да" };
        var sent = await market.Scalar<long>("select count(*) from messages.message");
        Assert.Equal("unknown_sender", (await Market.Body(await market.Post(gateway, "/v1/texts", body)))["outcome"]!.GetValue<string>());
        Assert.Equal(sent, await market.Scalar<long>("select count(*) from messages.message"));
        await Market.Problem(await market.Post(Role.PlatformAdministrator, "/v1/texts", body), HttpStatusCode.Forbidden, "forbidden");
        await Market.Problem(await market.Post(Role.VillageAgent, "/v1/texts", body), HttpStatusCode.Forbidden, "forbidden");
        await Market.Problem(await market.Post(gateway, "/v1/texts", new { id = Next(), from = "8 701", text = "да" }), HttpStatusCode.BadRequest, "invalid");
        await Market.Problem(await market.Post(gateway, "/v1/texts", new { id = Next(), from = "+77019999999", text = "" }), HttpStatusCode.BadRequest, "invalid");
    }

    private Task<long> Confirmations(LotId lot) =>
        market.Scalar<long>($"select count(*) from oversight.chain_step where lot_id = '{lot}' and step = 'confirmed'");

    private static string Next() => $"sms-{Interlocked.Increment(ref messages)}";

    private Task<string> Text(Market.Farm farm, string text) => Send(Next(), farm, text);

    private async Task<string> Send(string id, Market.Farm farm, string text) => (await Post(id, farm, text)).GetProperty("outcome");

    private async Task<Answer> Post(string id, Market.Farm farm, string text)
    {
        var phone = await market.Within(services => services.GetRequiredService<IPeople>().PhoneOf(farm.Head.Person, default));
        var response = await market.Post(gateway, "/v1/texts", new { id, from = phone, text });
        return new Answer(response, await Market.Body(response));
    }

    private Task<string> Code(Market.Farm farm, string template) => market.Scalar<string>($"""
        select "values"->>'code' from messages.message where person = '{farm.Head.Person.Value}' and template = '{template}' order by id desc limit 1
        """);

    private Task<string> LastReply(Market.Farm farm) =>
        market.Scalar<string>($"select template from messages.message where person = '{farm.Head.Person.Value}' order by id desc limit 1");

    private async Task<(long Promised, long Reserved)> Held(LotId lot)
    {
        var account = await market.AccountOf(lot);
        return (account.Promised, account.Reserved);
    }

    private sealed record Answer(HttpResponseMessage Response, JsonNode Body)
    {
        public string GetProperty(string name) => Body[name]!.GetValue<string>();
    }
}
