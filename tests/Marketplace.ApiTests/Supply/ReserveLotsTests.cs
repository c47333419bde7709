using System.Net;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Supply;

public sealed class ReserveLotsTests(Market market) : IClassFixture<Market>
{
    private Market.Member Buyer => market.Cast(Role.RetailBuyer);

    [Fact]
    public async Task A_reservation_holds_the_quantity_and_its_release_gives_it_back()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm, amount: 100_000);

        var made = await Market.Body(await market.Reserve(Buyer, lot, 60_000));
        Assert.Equal(60_000, (await market.AccountOf(lot)).Reserved);
        await Market.Problem(await market.Reserve(Buyer, lot, 40_001), HttpStatusCode.Conflict, "not-available");

        var path = $"/v1/reservations/{made["id"]}/release";
        Assert.Equal(HttpStatusCode.NoContent, (await market.Post(Buyer, path)).StatusCode);
        await Market.Problem(await market.Post(Buyer, path), HttpStatusCode.Conflict, "wrong-stage");
        Assert.Equal(0, (await market.AccountOf(lot)).Reserved);
        Assert.Equal(await market.AccountOf(lot), await market.MovesOf(lot));
    }

    [Fact]
    public async Task Only_one_of_many_buyers_gets_the_last_kilogram()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm, amount: 1_000);

        var answers = await market.Race(
            $"select 1 from supply.lot_account where lot_id = '{lot}' for update", 12, _ => market.Reserve(Buyer, lot, 1_000));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(11, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        Assert.Equal(1_000, (await market.AccountOf(lot)).Reserved);
    }

    [Fact]
    public async Task A_hold_that_commits_first_wins_over_every_waiting_reservation()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm);

        var answers = await market.Race(
            $"update supply.lot_account set hold_count = hold_count + 1 where lot_id = '{lot}'", 4, _ => market.Reserve(Buyer, lot, 1_000));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode));
    }

    [Fact]
    public async Task All_parts_are_held_or_none()
    {
        var farm = await market.ActiveFarm();
        var full = await market.SellableLot(farm, amount: 5_000);
        var small = await market.SellableLot(farm, amount: 1_000);

        var answer = await market.Post(Buyer, "/v1/reservations", new { parts = new[] { new { lot = full, amount = 5_000 }, new { lot = small, amount = 1_001 } } });

        await Market.Problem(answer, HttpStatusCode.Conflict, "not-available");
        Assert.Equal(0, (await market.AccountOf(full)).Reserved);
        Assert.Equal(0, (await market.AccountOf(small)).Reserved);
    }

    [Fact]
    public async Task What_is_not_certified_or_no_longer_certified_is_not_sold()
    {
        var farm = await market.ActiveFarm();
        var declared = await market.DeclaredLot(farm);
        var expired = await market.SellableLot(farm, days: 1);
        await market.Owner($"update supply.lot_account set sellable_until = kernel.now() - interval '1 second' where lot_id = '{expired}'");

        await Market.Problem(await market.Reserve(Buyer, declared, 1_000), HttpStatusCode.Conflict, "not-available");
        await Market.Problem(await market.Reserve(Buyer, expired, 1_000), HttpStatusCode.Conflict, "not-available");
    }

    [Fact]
    public async Task The_same_key_reserves_once_and_another_body_is_refused()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm);
        var key = Guid.NewGuid().ToString();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => market.Reserve(Buyer, lot, 700, key)));

        var bodies = await Task.WhenAll(answers.Select(async answer => (await Market.Body(answer)).ToJsonString()));
        Assert.Single(bodies.Distinct());
        Assert.Equal(19, answers.Count(answer => answer.Headers.Contains("Idempotent-Replayed")));
        Assert.Equal(700, (await market.AccountOf(lot)).Reserved);
        await Market.Problem(await market.Reserve(Buyer, lot, 701, key), HttpStatusCode.UnprocessableEntity, "key-reused");
    }

    [Fact]
    public async Task A_refused_request_leaves_nothing_behind_and_may_be_repeated()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm, amount: 1_000);
        var key = Guid.NewGuid().ToString();
        var first = await Market.Body(await market.Reserve(Buyer, lot, 1_000));
        await Market.Problem(await market.Reserve(Buyer, lot, 500, key), HttpStatusCode.Conflict, "not-available");

        await market.Post(Buyer, $"/v1/reservations/{first["id"]}/release");

        await Market.Body(await market.Reserve(Buyer, lot, 500, key));
        Assert.Equal(500, (await market.AccountOf(lot)).Reserved);
    }

    [Fact]
    public async Task Reservations_end_by_themselves_once()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm, days: 60);
        await Market.Body(await market.Reserve(Buyer, lot, 1_000));
        await market.Advance(TimeSpan.FromHours(25));

        await Task.WhenAll(market.EndReservations(), market.EndReservations());

        Assert.Equal(0, (await market.AccountOf(lot)).Reserved);
        Assert.Equal(await market.AccountOf(lot), await market.MovesOf(lot));
    }

    [Fact]
    public async Task A_buyer_cannot_hoard()
    {
        var buyer = await market.NewMember(Role.RetailBuyer, OrganisationId.New());
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm);
        await Market.Body(await market.Reserve(buyer, lot, 1));
        await market.Owner($"update supply.buyer_hold set cap = 1 where organisation_id = '{buyer.Organisation}'");

        await Market.Problem(await market.Reserve(buyer, lot, 1), HttpStatusCode.Conflict, "too-many-reservations");
        Assert.Equal(1, (await market.AccountOf(lot)).Reserved);
    }

    [Fact]
    public async Task Another_chains_reservation_is_not_there()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm);
        var made = await Market.Body(await market.Reserve(Buyer, lot, 1));
        var rival = market.Cast("retail_buyer_2");

        await Market.Problem(await market.Get(rival, $"/v1/reservations/{made["id"]}"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Post(rival, $"/v1/reservations/{made["id"]}/release"), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Another_tenants_lot_is_not_available()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm);
        var stranger = await market.NewMember(Role.RetailBuyer, OrganisationId.New(), tenant: "other");

        await Market.Problem(await market.Reserve(stranger, lot, 1), HttpStatusCode.Conflict, "not-available");
    }

    [Theory]
    [InlineData("""{"parts": []}""", "invalid")]
    [InlineData("""{"parts": [null]}""", "malformed")]
    [InlineData("""{"parts": [{"lot": "0199c0de-0000-7000-8000-000000000000", "amount": 0}]}""", "invalid")]
    [InlineData("""{"parts": [{"lot": "0199c0de-0000-7000-8000-000000000000", "amount": -5}]}""", "invalid")]
    [InlineData("""{"parts": [{"lot": "0199c0de-0000-7000-8000-000000000000", "amount": 1000000000001}]}""", "invalid")]
    [InlineData("""{"parts": [{"lot": "0199c0de-0000-7000-8000-000000000000", "amount": 1}], "hours": 25}""", "invalid")]
    [InlineData("""{"parts": [{"lot": "0199c0de-0000-7000-8000-000000000000", "amount": 1}, {"lot": "0199c0de-0000-7000-8000-000000000000", "amount": 1}]}""", "lot-twice")]
    [InlineData("""{"parts": [{"lot": "not-a-lot", "amount": 1}]}""", "malformed")]
    [InlineData("""{"parts": [{"lot": "0199c0de-0000-7000-8000-000000000000", "amount": "1"}]}""", "malformed")]
    [InlineData("""{"parts": [{"lot": "0199c0de-0000-7000-8000-000000000000", "amount": 1, "price": 1}]}""", "malformed")]
    [InlineData("""{"parts": [{"lot": "0199c0de-0000-7000-8000-000000000000", "amount": 1}], "parts": []}""", "malformed")]
    [InlineData("""{}""", "malformed")]
    [InlineData("""{"parts": """, "malformed")]
    [InlineData("""[]""", "malformed")]
    public async Task Bad_input_is_refused_with_a_code(string body, string code) =>
        await Market.Problem(await market.Post(Buyer, "/v1/reservations", body), HttpStatusCode.BadRequest, code);

    [Fact]
    public async Task Without_a_key_or_with_an_endless_one_nothing_moves()
    {
        var farm = await market.ActiveFarm();
        var lot = await market.SellableLot(farm);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/reservations")
        {
            Content = new StringContent($$"""{"parts": [{"lot": "{{lot}}", "amount": 1}]}""", System.Text.Encoding.UTF8, "application/json"),
        };

        await Market.Problem(await market.As(Buyer).SendAsync(request), HttpStatusCode.BadRequest, "idempotency-key-required");
        await Market.Problem(await market.Reserve(Buyer, lot, 1, new string('k', 256)), HttpStatusCode.BadRequest, "idempotency-key-required");
        Assert.Equal(0, (await market.AccountOf(lot)).Reserved);
    }

    [Fact]
    public async Task Only_buyers_reserve()
    {
        foreach (var role in Role.All.Except([Role.RetailBuyer, Role.Producer]))
        {
            await Market.Problem(await market.Post(role, "/v1/reservations", "{}"), HttpStatusCode.Forbidden, "forbidden");
        }

        await Market.Problem(await market.Post((string?)null, "/v1/reservations", "{}"), HttpStatusCode.Unauthorized, "signed-out");
    }
}
