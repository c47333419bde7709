using System.Net;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Settlement.Invoices;
using Marketplace.Settlement.Payments;

namespace Marketplace.ApiTests.Settlement.Payments;

[Collection("settlement")]
public sealed class RecordPaymentTests(SettlementDesk desk)
{
    [Fact]
    public async Task Parts_add_up_and_the_last_one_opens_the_payouts()
    {
        var story = await Story.Received(desk, 5_000, 5_000); // 214,500 tiyin
        var first = await SettlementDesk.Body<PaymentDetails>(await story.Pay(200_000));
        Assert.Equal((14_500L, InvoiceStage.Issued, 0), (first.Open.Minor, first.Stage, first.Payouts));
        Assert.Equal("invoiced", story.Stage);
        Assert.Equal(0, await story.Balance("household_payable"));

        var last = await SettlementDesk.Body<PaymentDetails>(await story.Pay(14_500));
        Assert.Equal((0L, InvoiceStage.Paid, 2), (last.Open.Minor, last.Stage, last.Payouts));
        Assert.Equal("paid", story.Stage);
        Assert.Equal(214_500, await story.Balance("bank_clearing"));
        Assert.Equal(0, await story.Balance("buyer_receivable"));
        Assert.Equal(0, await story.Balance("household_hold"));
        Assert.Equal(-203_775, await story.Balance("household_payable"));
        Assert.Equal(1, await desk.Value<long>($"select count(*) from kernel.event where stream = {story.Invoice} and type = 'InvoicePaid'"));
    }

    [Fact]
    public async Task More_than_is_open_is_refused()
    {
        var story = await Story.Received(desk, 5_000);
        Assert.Equal("409 overpaid", await SettlementDesk.Problem(await story.Pay(107_251)));
        await story.PayInFull();
        Assert.Equal("409 overpaid", await SettlementDesk.Problem(await story.Pay(1)));
        Assert.Equal(107_250, await story.Balance("bank_clearing"));
    }

    [Fact]
    public async Task A_bank_reference_is_recorded_once()
    {
        var story = await Story.Received(desk, 5_000);
        await SettlementDesk.Body<PaymentDetails>(await story.Pay(1_000, "BANK-7"));
        Assert.Equal("409 payment-known", await SettlementDesk.Problem(await story.Pay(1_000, "BANK-7")));
        Assert.Equal(1_000, await story.Balance("bank_clearing"));
    }

    [Fact]
    public async Task Of_six_simultaneous_full_payments_one_counts()
    {
        var story = await Story.Received(desk, 5_000);
        var answers = await desk.Race(
            $"select 1 from settlement.invoice where id = '{story.Invoice}' for update", 6, at => story.Pay(107_250, $"BANK-{story.Invoice}-{at}"));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(107_250, await story.Balance("bank_clearing"));
        Assert.Equal(1, await desk.Value<long>($"select count(*) from settlement.payout where invoice_id = {story.Invoice}"));
    }

    [Fact]
    public async Task Of_six_simultaneous_copies_of_one_statement_line_one_counts()
    {
        var story = await Story.Received(desk, 5_000);
        var answers = await desk.Race(
            $"select 1 from settlement.invoice where id = '{story.Invoice}' for update", 6, _ => story.Pay(1_000, $"BANK-{story.Invoice}"));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(1_000, await story.Balance("bank_clearing"));
    }

    [Fact]
    public async Task One_reference_for_two_invoices_at_once_is_refused_by_the_database()
    {
        var story = await Story.Received(desk, 5_000);
        var failure = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => desk.Work(database => database.Execute($"""
            insert into settlement.payment (id, invoice_id, seller_id, channel, amount, currency, payer_reference, bank_reference, received_on)
            select gen_random_uuid(), {story.Invoice}, {story.Seller}, 'bank', 1, 'KZT', 'x', 'twice', current_date from generate_series(1, 2)
            """, CancellationToken.None)));
        Assert.Equal("payment-known", failure.ConstraintName);
    }

    [Fact]
    public async Task The_same_key_gets_the_first_answer_again()
    {
        var story = await Story.Received(desk, 5_000);
        var body = new PaymentToRecord(story.Invoice, new Money(1_000, "KZT"), "x", "BANK-9", new DateOnly(2026, 1, 5));
        var first = await desk.Post(story.Officer, "/v1/payments", body, "key-1");
        var second = await desk.Post(story.Officer, "/v1/payments", body, "key-1");
        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
        Assert.True(second.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal("422 key-reused", await SettlementDesk.Problem(await desk.Post(story.Officer, "/v1/payments", body with { BankReference = "BANK-10" }, "key-1")));
        Assert.Equal(1_000, await story.Balance("bank_clearing"));
    }

    [Theory]
    [InlineData(0, "KZT", "x", "2026-01-05", "400 not-positive")]
    [InlineData(-5, "KZT", "x", "2026-01-05", "400 not-positive")]
    [InlineData(long.MaxValue, "KZT", "x", "2026-01-05", "409 overpaid")]
    [InlineData(5, "KGS", "x", "2026-01-05", "400 wrong-currency")]
    [InlineData(5, "KZT", "", "2026-01-05", "400 invalid")]
    [InlineData(5, "KZT", "x", "2199-01-05", "400 in-future")]
    public async Task Bad_input_is_named_and_nothing_is_booked(long minor, string currency, string reference, string on, string problem)
    {
        var story = await Story.Received(desk, 5_000);
        var body = new PaymentToRecord(story.Invoice, new Money(minor, currency), reference, $"BANK-{story.Invoice}", DateOnly.Parse(on));
        Assert.Equal(problem, await SettlementDesk.Problem(await desk.Post(story.Officer, "/v1/payments", body)));
        Assert.Equal(0, await story.Balance("bank_clearing"));
    }

    [Fact]
    public async Task Only_the_sellers_officer_records_payments()
    {
        var story = await Story.Received(desk, 5_000);
        Assert.Equal("404 not-found", await SettlementDesk.Problem(await story.Pay(1, by: Player.In(SettlementDesk.Bazarly, Role.PayoutOfficer))));
        Assert.Equal("404 not-found", await SettlementDesk.Problem(await story.Pay(1, by: story.Officer with { Tenant = "other" })));
        Assert.Equal("404 not-found", await SettlementDesk.Problem(await story.Pay(1, invoice: InvoiceId.New())));
        Assert.Equal(HttpStatusCode.Forbidden, (await story.Pay(1, by: story.Approver)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await story.Pay(1, by: story.Finance)).StatusCode);
    }

    [Fact]
    public async Task An_order_of_two_invoices_is_paid_when_both_are()
    {
        var story = await Story.Received(desk, 5_000);
        var second = await story.ReceivedAgain();
        var first = InvoiceId.From(await desk.Value<Guid>($"select id from settlement.invoice where order_id = {story.Order} and id <> {second}"));
        await SettlementDesk.Body<PaymentDetails>(await story.Pay(107_250, invoice: first));
        Assert.Equal("invoiced", story.Stage);
        await SettlementDesk.Body<PaymentDetails>(await story.Pay(107_250, invoice: second));
        Assert.Equal("paid", story.Stage);
    }
}
