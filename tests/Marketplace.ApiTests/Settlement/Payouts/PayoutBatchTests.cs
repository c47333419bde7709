using System.Net;
using System.Xml.Linq;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Settlement.Payouts;

namespace Marketplace.ApiTests.Settlement.Payouts;

[Collection("settlement")]
public sealed class PayoutBatchTests(SettlementDesk desk)
{
    [Fact]
    public async Task Households_without_a_usable_account_are_left_for_cash_and_named()
    {
        var story = await Story.Received(desk, 5_000, 6_000, 7_000);
        desk.Neighbours.Accounts.TryRemove(story.Households[0], out _);
        desk.Neighbours.Accounts[story.Households[1]] =
            desk.Neighbours.Accounts[story.Households[1]] with { UsableFrom = desk.Clock.GetUtcNow().AddHours(1) };
        await story.PayInFull();

        var batch = await SettlementDesk.Body<PayoutBatchDetails>(await story.Prepare());
        Assert.Equal(1, batch.Payouts);
        Assert.Equal(
            new HashSet<(HouseholdId, string)> { (story.Households[0], "no-account"), (story.Households[1], "account-too-new") },
            batch.LeftForCash.Select(left => (left.Household, left.Reason)).ToHashSet());
        Assert.Equal("409 no-usable-account", await SettlementDesk.Problem(await story.Prepare()));

        desk.Neighbours.Accounts[story.Households[1]] =
            desk.Neighbours.Accounts[story.Households[1]] with { UsableFrom = desk.Clock.GetUtcNow().AddSeconds(-1) };
        Assert.Equal(1, (await SettlementDesk.Body<PayoutBatchDetails>(await story.Prepare())).Payouts);
    }

    [Fact]
    public async Task There_is_nothing_to_pay_before_the_buyer_paid()
    {
        var story = await Story.Received(desk, 5_000);
        Assert.Equal("409 nothing-to-pay", await SettlementDesk.Problem(await story.Prepare()));
        Assert.Equal("404 not-found", await SettlementDesk.Problem(await story.Prepare(Player.In(SettlementDesk.Bazarly, Role.PayoutOfficer))));
    }

    [Fact]
    public async Task Of_five_simultaneous_batches_one_takes_the_payouts()
    {
        var story = await Story.Received(desk, 5_000, 6_000);
        await story.PayInFull();
        var answers = await desk.Race($"select 1 from settlement.payout where invoice_id = '{story.Invoice}' for update", 5, _ => story.Prepare());
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(1, await desk.Value<long>($"select count(*) from settlement.payout_batch where organisation_id = {story.Seller}"));
    }

    [Fact]
    public async Task Nobody_approves_a_batch_they_prepared()
    {
        var story = await Story.Received(desk, 5_000);
        var both = Player.In(story.Seller, Role.PayoutOfficer, Role.PayoutApprover);
        await story.PayInFull();
        var batch = (await SettlementDesk.Body<PayoutBatchDetails>(await story.Prepare(both))).Id;
        Assert.Equal("409 own-work", await SettlementDesk.Problem(await story.Approve(batch, both)));
        Assert.Equal(HttpStatusCode.Forbidden, (await story.Approve(batch, story.Officer)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await story.Approve(batch, story.Approver with { SteppedUp = false })).StatusCode);
        Assert.Equal("404 not-found", await SettlementDesk.Problem(await story.Approve(batch, Player.In(SettlementDesk.Bazarly, Role.PayoutApprover))));
        Assert.Equal(0, await story.Balance("payout_in_transit"));
        await SettlementDesk.Body<PayoutBatchDetails>(await story.Approve(batch));
        Assert.Equal(-101_888, await story.Balance("payout_in_transit"));
    }

    [Fact]
    public async Task Self_approval_is_impossible_in_the_database()
    {
        var story = await Story.Received(desk, 5_000);
        var batch = await story.Prepared();
        var failure = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => desk.Work(database => database.Execute($"""
            update settlement.payout_batch set stage = 'approved', approved_by = prepared_by, approved_at = now() where id = {batch}
            """, CancellationToken.None)));
        Assert.Equal("own-work", failure.ConstraintName);
        failure = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => desk.Work(database => database.Execute($"""
            update settlement.payout_batch set stage = 'approved', prepared_by = gen_random_uuid(), approved_by = prepared_by, approved_at = now() where id = {batch}
            """, CancellationToken.None)));
        Assert.Equal("wrong-stage", failure.ConstraintName);
    }

    [Fact]
    public async Task A_batch_is_approved_once()
    {
        var story = await Story.Received(desk, 5_000);
        var batch = await story.Prepared();
        var answers = await desk.Race($"select 1 from settlement.payout_batch where id = '{batch}' for update", 5, _ => story.Approve(batch));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(-101_888, await story.Balance("payout_in_transit"));
        Assert.Equal("409 wrong-stage", await SettlementDesk.Problem(await story.Approve(batch)));
    }

    [Fact]
    public async Task A_batch_executes_once_and_closes_its_entries()
    {
        var story = await Story.Received(desk, 5_000, 6_000);
        var batch = await story.Approved();
        var answers = await desk.Race(
            $"select 1 from settlement.payout_batch where id = '{batch}' for update", 5, at => story.Execute(batch, $"OUT-{batch}-{at}"));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal("409 wrong-stage", await SettlementDesk.Problem(await story.Execute(batch)));
        Assert.Equal(0, await story.Balance("payout_in_transit"));
        Assert.Equal(0, await story.Balance("household_payable"));
        Assert.Equal(-await story.Balance("applicant_fee"), await story.Balance("bank_clearing"));
        Assert.Equal("paid_out", story.Stage);
        Assert.Equal(2, await desk.Value<long>($"""
            select count(*) from kernel.event e join settlement.payout p on p.id = e.stream where p.batch_id = {batch} and e.type = 'HouseholdPaid'
            """));
        Assert.Equal(2, desk.Neighbours.Sent.Count(notice => story.Households.Any(one => desk.Neighbours.Households[one].Head == notice.Person)));
    }

    [Fact]
    public async Task A_batch_executes_only_after_approval_and_not_under_a_known_reference()
    {
        var story = await Story.Received(desk, 5_000);
        var batch = await story.Prepared();
        Assert.Equal("409 wrong-stage", await SettlementDesk.Problem(await story.Execute(batch)));
        await SettlementDesk.Body<PayoutBatchDetails>(await story.Approve(batch));
        await SettlementDesk.Body<PayoutBatchDetails>(await story.Execute(batch, "OUT-1"));

        var invoice = await story.ReceivedAgain();
        await SettlementDesk.Body<object>(await story.Pay(107_250, invoice: invoice));
        var next = await SettlementDesk.Body<PayoutBatchDetails>(await desk.Post(story.Officer, "/v1/payout-batches", new PayoutBatchToPrepare()));
        await SettlementDesk.Body<PayoutBatchDetails>(await story.Approve(next.Id));
        Assert.Equal("409 execution-known", await SettlementDesk.Problem(await story.Execute(next.Id, "OUT-1")));
        Assert.Equal("400 in-future", await SettlementDesk.Problem(await desk.Post(
            story.Officer, $"/v1/payout-batches/{next.Id}/execution", new PayoutBatchExecution("OUT-2", new DateOnly(2999, 1, 1)))));
        Assert.Equal("400 invalid", await SettlementDesk.Problem(await desk.Post(
            story.Officer, $"/v1/payout-batches/{next.Id}/execution", new PayoutBatchExecution("", new DateOnly(2026, 1, 1)))));
        Assert.Equal("404 not-found", await SettlementDesk.Problem(await story.Execute(next.Id, by: Player.In(SettlementDesk.Bazarly, Role.PayoutOfficer))));
    }

    [Fact]
    public async Task The_bank_file_pays_every_household_to_the_account_seen_when_prepared()
    {
        var story = await Story.Received(desk, 5_000, 6_000);
        var batch = await story.Prepared();
        Assert.Equal("409 wrong-stage", await SettlementDesk.Problem(await File(story.Officer)));
        await SettlementDesk.Body<PayoutBatchDetails>(await story.Approve(batch));
        desk.Neighbours.Accounts[story.Households[0]] = desk.Neighbours.Accounts[story.Households[0]] with { Iban = "KZ99SOMEBODYELSE00" };

        using var answer = await File(story.Officer);
        Assert.Equal("application/xml", answer.Content.Headers.ContentType?.MediaType);
        var text = await answer.Content.ReadAsStringAsync();
        XNamespace pain = BankFile.Namespace;
        var root = XDocument.Parse(text).Root!;
        Assert.Equal(["KZ00CANARY0000000001", "KZ00CANARY0000000002"], root.Descendants(pain + "CdtrAcct").Select(one => one.Value).Order());
        Assert.Equal(["Айгүл Серікова <1> & Co", "Айгүл Серікова <2> & Co"], root.Descendants(pain + "Cdtr").Select(one => one.Value).Order());
        Assert.Equal("2241.52", root.Descendants(pain + "CtrlSum").First().Value);
        Assert.Equal(2_241.52m, root.Descendants(pain + "InstdAmt").Sum(one => decimal.Parse(one.Value, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(text, await (await File(story.Approver)).Content.ReadAsStringAsync());

        Assert.Equal(HttpStatusCode.Forbidden, (await File(story.Officer with { SteppedUp = false })).StatusCode);
        Assert.Equal("404 not-found", await SettlementDesk.Problem(await File(Player.In(SettlementDesk.Bazarly, Role.PayoutOfficer))));
        desk.Neighbours.Organisations[story.Seller] = desk.Neighbours.Organisations[story.Seller] with { Iban = null };
        Assert.Equal("409 no-payer-account", await SettlementDesk.Problem(await File(story.Officer)));

        Task<HttpResponseMessage> File(Player player) => desk.Get(player, $"/v1/payout-batches/{batch}/pain.001");
    }

    [Fact]
    public async Task No_account_and_no_name_is_in_events_logs_or_columns()
    {
        var story = await Story.Received(desk, 5_000, 6_000);
        var batch = await story.Approved();
        (await desk.Get(story.Officer, $"/v1/payout-batches/{batch}/pain.001")).EnsureSuccessStatusCode();
        await SettlementDesk.Body<PayoutBatchDetails>(await story.Execute(batch));

        Assert.Equal(0, await desk.Value<long>($"select count(*) from kernel.event where payload ~ 'CANARY|Айгүл|KZ86125'"));
        Assert.DoesNotContain(desk.Log.Lines, line => line.Contains("CANARY", StringComparison.Ordinal) || line.Contains("Айгүл", StringComparison.Ordinal));
        Assert.Equal(0, await desk.Value<long>($"""
            select count(*) from settlement.payout where position('CANARY'::bytea in account_sealed) > 0 or to_jsonb(payout)::text ~ 'CANARY|Айгүл'
            """));
        Assert.Equal(0, await desk.Value<long>($"select count(*) from kernel.idempotency_key where position('CANARY'::bytea in coalesce(body, '')) > 0"));
    }

    [Fact]
    public async Task Hundreds_of_households_are_settled_in_a_handful_of_statements()
    {
        var story = await Story.Received(desk, [.. Enumerable.Range(1, 400).Select(at => 1_000L + at)]);
        var batch = await story.Approved();
        await SettlementDesk.Body<PayoutBatchDetails>(await story.Execute(batch));
        Assert.Equal(400, await desk.Value<long>($"select count(*) from settlement.payout where batch_id = {batch} and stage = 'executed'"));
        var first = await desk.Read<Page<PayoutDetails>>(story.Officer, $"/v1/payouts?stage=executed&invoice={story.Invoice}&limit=200");
        var second = await desk.Read<Page<PayoutDetails>>(story.Officer, $"/v1/payouts?stage=executed&invoice={story.Invoice}&limit=200&cursor={first.Next}");
        Assert.Equal(400, first.Items.Concat(second.Items).Select(payout => payout.Id).Distinct().Count());
        Assert.Null(second.Next);
        Assert.Equal("400 unknown-stage", await SettlementDesk.Problem(await desk.Get(story.Officer, "/v1/payouts?stage=gone")));
    }
}
