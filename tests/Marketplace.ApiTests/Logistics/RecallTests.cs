using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Logistics;

/// <summary>Goods called back: held at once, everybody told, each buyer's answer counted, and ended by somebody else.</summary>
public sealed class RecallTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task Recalled_goods_stop_and_every_buyer_answers_for_what_it_was_sent()
    {
        var sent = await Sent("carrot");
        var recall = await Market.Body(await Open(Role.QualityManager, new { @class = 1, reason = "Nitrates far above the limit.", order = sent.Order }));
        var id = recall["id"]!.GetValue<Guid>();
        Assert.Matches("^RC-[0-9]{4}-[0-9]{4}$", recall["number"]!.GetValue<string>());
        Assert.Equal(new[] { sent.Gone.Value, sent.Waiting.Value }.Order(), recall["lots"]!.AsArray().Select(lot => lot!.GetValue<Guid>()).Order());
        Assert.Equal((1, 1), ((await market.AccountOf(sent.Gone)).Holds, (await market.AccountOf(sent.Waiting)).Holds));
        await Market.Problem(await market.Post(Role.CollectionOperator, $"/v1/consignments/{sent.SecondLoad}/dispatch"), HttpStatusCode.Conflict, "lot-held");
        var part = Assert.Single(recall["parts"]!.AsArray())!;
        Assert.Equal((sent.Gone.Value, 100_000L, 0), (part["lot"]!.GetValue<Guid>(), part["sent"]!["amount"]!.GetValue<long>(), recall["answeredPercent"]!.GetValue<int>()));
        foreach (var person in (PersonId[])[sent.First.Head.Person, sent.Second.Head.Person, market.Cast(Role.RetailReceiver).Person, market.Cast(Role.RetailBuyer).Person])
        {
            Assert.Equal(1, await market.Scalar<long>($"""
                select count(*) from messages.message where person = '{person.Value}' and template = 'goods-recalled' and "values"->>'number' = '{recall["number"]}'
                """));
        }

        var listed = (await Market.Body(await market.Get(Role.RetailReceiver, "/v1/recalls")))["items"]!.AsArray().Single(one => one!["id"]!.GetValue<Guid>() == id)!;
        Assert.Equal((1, "open"), (listed["class"]!.GetValue<int>(), listed["state"]!.GetValue<string>()));
        var seen = await Market.Body(await market.Get(Role.RetailReceiver, $"/v1/recalls/{id}"));
        Assert.Equal(sent.Gone.Value, Assert.Single(seen["lots"]!.AsArray())!.GetValue<Guid>());
        await Market.Problem(await market.Get("retail_buyer_2", $"/v1/recalls/{id}"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await Answer("retail_buyer_2", id, (sent.Gone, 1)), HttpStatusCode.NotFound, "not-found");
        Assert.DoesNotContain((await Market.Body(await market.Get("retail_buyer_2", "/v1/recalls")))["items"]!.AsArray(), one => one!["id"]!.GetValue<Guid>() == id);

        var second = await market.NewMember(Role.QualityManager, market.Cast(Role.QualityManager).Organisation);
        await Market.Problem(await Close(second, id, confirmed: true), HttpStatusCode.Conflict, "responses-missing");
        await market.Refused($"update logistics.recall set state = 'confirmed', closed_at = kernel.now(), closed_by = '{second.Person.Value}', report = 'Done.' where id = '{id}'", "responses-missing");
        await Market.Problem(await Answer(Role.RetailReceiver, id), HttpStatusCode.BadRequest, "parts-incomplete");
        await Market.Problem(await Answer(Role.RetailReceiver, id, (sent.Waiting, 1)), HttpStatusCode.BadRequest, "parts-incomplete");
        await Market.Problem(await Answer(Role.RetailReceiver, id, (sent.Gone, 1), (sent.Gone, 2)), HttpStatusCode.BadRequest, "parts-incomplete");
        await Market.Problem(await Answer(Role.RetailReceiver, id, (sent.Gone, 100_001)), HttpStatusCode.BadRequest, "more-than-sent");
        await market.Refused($"update logistics.recall_part set withdrawn = 100001, answered_at = kernel.now(), answered_by = gen_random_uuid() where recall_id = '{id}'", "more-than-sent");
        var answers = await market.Race($"select 1 from logistics.recall_part where recall_id = '{id}' for update", 4, rival => Answer(Role.RetailReceiver, id, (sent.Gone, 80_000 + rival)));
        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
        foreach (var late in answers.Where(answer => !answer.IsSuccessStatusCode))
        {
            await Market.Problem(late, HttpStatusCode.Conflict, "answered-already");
        }

        await market.Refused($"update logistics.recall_part set withdrawn = 1 where recall_id = '{id}'", "answered-already");
        await Market.Problem(await Close(market.Cast(Role.QualityManager), id, confirmed: true), HttpStatusCode.Conflict, "own-work");
        var ends = await market.Race($"select 1 from logistics.recall where id = '{id}' for update", 3, rival => Close(second, id, confirmed: rival != 1));
        Assert.Single(ends, end => end.IsSuccessStatusCode);
        foreach (var late in ends.Where(end => !end.IsSuccessStatusCode))
        {
            await Market.Problem(late, HttpStatusCode.Conflict, "recall-closed");
        }

        await market.Refused($"update logistics.recall set report = 'Another.' where id = '{id}'", "recall-closed");
        await market.Refused($"insert into logistics.recall_part (recall_id, lot_id, buyer_id, unit, sent) values ('{id}', '{sent.Waiting}', gen_random_uuid(), 'GRM', 1)", "recall-closed");
    }

    [Fact]
    public async Task A_false_alarm_ends_at_once_and_the_goods_are_sold_again()
    {
        var sent = await Sent("onion");
        var recall = await Market.Body(await Open(Role.QualityManager, new { @class = 2, reason = "A tip about the well.", sscc = sent.Sscc }));
        Assert.Equal(sent.Gone.Value, Assert.Single(recall["lots"]!.AsArray())!.GetValue<Guid>());
        Assert.Equal((1, 0), ((await market.AccountOf(sent.Gone)).Holds, (await market.AccountOf(sent.Waiting)).Holds));

        // Another chain has some of the same lot: each sees its own part only.
        var other = market.Cast("retail_buyer_2").Organisation;
        await market.Owner($"""
            insert into logistics.recall_part (recall_id, tenant_id, lot_id, buyer_id, unit, sent)
            values ('{recall["id"]}', 'demo', '{sent.Gone}', '{other!.Value.Value}', 'GRM', 5000)
            """);
        foreach (var (role, amount) in ((string, long)[])[(Role.RetailReceiver, 100_000), ("retail_buyer_2", 5_000)])
        {
            var own = await Market.Body(await market.Get(role, $"/v1/recalls/{recall["id"]}"));
            Assert.Equal(amount, Assert.Single(own["parts"]!.AsArray())!["sent"]!["amount"]!.GetValue<long>());
        }

        var second = await market.NewMember(Role.QualityManager, market.Cast(Role.QualityManager).Organisation);
        var ended = await Market.Body(await Close(second, recall["id"]!.GetValue<Guid>(), confirmed: false));
        Assert.Equal("lifted", ended["state"]!.GetValue<string>());
        Assert.Equal(0, (await market.AccountOf(sent.Gone)).Holds);
        await Market.Problem(await Answer(Role.RetailReceiver, recall["id"]!.GetValue<Guid>(), (sent.Gone, 0)), HttpStatusCode.Conflict, "recall-closed");
    }

    [Fact]
    public async Task A_cooperative_calls_back_what_it_sells_and_nobody_else_does()
    {
        var sent = await Sent("garlic");
        var draft = new { @class = 3, reason = "Wrong label.", sscc = sent.Sscc };
        var stranger = await market.NewMember(Role.CooperativeManager, market.Cast("retail_buyer_2").Organisation);
        await Market.Problem(await market.Post(stranger, "/v1/recalls", draft), HttpStatusCode.NotFound, "not-found");
        foreach (var role in (string[])[Role.RetailReceiver, Role.RetailBuyer, Role.Sampler, Role.OkrugAkim, Role.PlatformAdministrator, Role.CollectionOperator])
        {
            await Market.Problem(await Open(role, draft), HttpStatusCode.Forbidden, "forbidden");
        }

        await Market.Problem(await Open(Role.CooperativeManager, new { @class = 3, reason = "Wrong label." }), HttpStatusCode.BadRequest, "one-start");
        await Market.Problem(await Open(Role.CooperativeManager, new { @class = 4, reason = "Wrong label.", sscc = sent.Sscc }), HttpStatusCode.BadRequest, "invalid");
        Assert.Equal(0, (await market.AccountOf(sent.Gone)).Holds);
        var recall = await Market.Body(await Open(Role.CooperativeManager, draft));
        Assert.Single(recall["parts"]!.AsArray());
        Assert.Equal(1, (await market.AccountOf(sent.Gone)).Holds);
    }

    private async Task<Story> Sent(string product)
    {
        var (first, second) = (await market.ActiveFarm(), await market.ActiveFarm());
        var (gone, waiting) = (await market.CertifiedLot(first, product), await market.CertifiedLot(second, product));
        await market.Drain();
        var order = await market.PlacedOrder(200_000, product);
        var tenders = new Dictionary<Guid, Guid>();
        foreach (var promise in await market.PromisesOf(order))
        {
            var farm = promise["household"]!.GetValue<Guid>() == first.Household.Value ? first : second;
            await Market.Body(await market.Answer(farm, promise, 100_000));
            await market.Drain();
            tenders[promise["lot"]!.GetValue<Guid>()] = (await Market.Body(await market.Weigh(promise, 100_000)))["id"]!.GetValue<Guid>();
        }

        var load = await Load(order, tenders[gone.Lot.Value]);
        await Market.Body(await market.Post(Role.CollectionOperator, $"/v1/consignments/{load["id"]}/dispatch"));
        var next = await Load(order, tenders[waiting.Lot.Value]);
        return new Story(first, second, gone.Lot, waiting.Lot, order, load["sscc"]!.GetValue<string>(), next["id"]!.GetValue<Guid>());
    }

    private async Task<JsonNode> Load(Guid order, Guid tender) =>
        await Market.Body(await market.Post(Role.CollectionOperator, "/v1/consignments", new { order, tenders = new[] { tender } }));

    private Task<HttpResponseMessage> Open(string role, object draft) => market.Post(role, "/v1/recalls", draft);

    private Task<HttpResponseMessage> Answer(string role, Guid recall, params (LotId Lot, long Withdrawn)[] parts) =>
        market.Post(role, $"/v1/recalls/{recall}/answer", new { parts = parts.Select(part => new { lot = part.Lot, withdrawn = part.Withdrawn }) });

    private Task<HttpResponseMessage> Close(Market.Member who, Guid recall, bool confirmed) =>
        market.Post(who, $"/v1/recalls/{recall}/closure", new { confirmed, report = "Two samples were taken again." });

    private sealed record Story(Market.Farm First, Market.Farm Second, LotId Gone, LotId Waiting, Guid Order, string Sscc, Guid SecondLoad);
}
