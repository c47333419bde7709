using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Settlement.Invoices;

namespace Marketplace.ApiTests.Settlement.Invoices;

[Collection("settlement")]
public sealed class InvoiceTests(SettlementDesk desk)
{
    [Fact]
    public async Task An_invoice_charges_what_was_accepted_and_splits_it_exactly()
    {
        var story = await Story.Received(desk, 10_001, 20_002, 30_003);
        var invoice = await story.Details();
        var line = Assert.Single(invoice.Lines);
        Assert.Equal(new Quantity(60_006, "GRM"), line.Quantity);
        Assert.Equal(1_287_129, line.Amount.Minor);
        Assert.Equal(line.Amount, invoice.Invoice.Total);
        Assert.Equal(line.Amount.Minor, invoice.Parts!.Sum(part => part.Gross.Minor));
        Assert.Equal(500, invoice.FeeBasisPoints);
        Assert.Equal(64_356, invoice.Fee!.Value.Minor);
        Assert.Equal(invoice.Invoice.IssuedOn.AddDays(14), invoice.Invoice.DueOn);
        Assert.Equal("invoiced", story.Stage);
    }

    [Fact]
    public async Task Numbers_of_a_seller_have_no_gap_and_start_anew_with_the_next_seller()
    {
        var story = await Story.Received(desk, 1_000);
        var year = (await story.Details()).Invoice.IssuedOn.Year;
        await story.ReceivedAgain();
        await story.ReceivedAgain();
        var page = await desk.Read<Page<InvoiceSummary>>(story.Officer, $"/v1/invoices?order={story.Order}");
        Assert.Equal([$"INV-{year}-000003", $"INV-{year}-000002", $"INV-{year}-000001"], page.Items.Select(one => one.Number));
        Assert.Equal($"INV-{year}-000001", (await (await Story.Received(desk, 1_000)).Details()).Invoice.Number);
    }

    [Fact]
    public async Task A_number_of_a_failed_invoice_is_used_again()
    {
        var story = await Story.Received(desk, 1_000);
        await Assert.ThrowsAsync<InvalidOperationException>(() => desk.Work<int>(async database =>
        {
            await database.Execute($"update settlement.invoice_counter set last = last + 1 where seller_id = {story.Seller}", CancellationToken.None);
            throw new InvalidOperationException("broken off");
        }));
        await story.ReceivedAgain();
        Assert.Equal(2, await desk.Value<long>($"select last from settlement.invoice_counter where seller_id = {story.Seller}"));
    }

    [Fact]
    public async Task The_same_receipt_told_twice_makes_one_invoice()
    {
        var story = await Story.Received(desk, 5_000);
        await story.Record();
        Assert.Equal(1, await desk.Value<long>($"select count(*) from settlement.invoice where receipt_id = {story.Receipt}"));
        Assert.Equal(1, await desk.Value<long>($"select last from settlement.invoice_counter where seller_id = {story.Seller}"));
    }

    [Fact]
    public async Task A_second_invoice_for_a_receipt_is_impossible_in_the_database()
    {
        var story = await Story.Received(desk, 5_000);
        var failure = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => desk.Work(database => database.Execute($"""
            insert into settlement.invoice (id, number, seller_id, buyer_id, order_id, order_number, receipt_id, currency, total, fee_basis_points, fee, issued_on, due_on)
            select gen_random_uuid(), number || 'x', seller_id, buyer_id, order_id, order_number, receipt_id, currency, total, fee_basis_points, fee, issued_on, due_on
              from settlement.invoice where id = {story.Invoice}
            """, CancellationToken.None)));
        Assert.Equal("23505", failure.SqlState);
    }

    [Fact]
    public async Task An_invoice_whose_parts_do_not_sum_to_it_fails_at_commit()
    {
        var story = await Story.Received(desk, 5_000);
        var failure = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => desk.Work(database => database.Execute($"""
            insert into settlement.invoice (id, number, seller_id, buyer_id, order_id, order_number, receipt_id, currency, total, fee_basis_points, fee, issued_on, due_on)
            select gen_random_uuid(), number || 'x', seller_id, buyer_id, order_id, order_number, gen_random_uuid(), currency, total, fee_basis_points, fee, issued_on, due_on
              from settlement.invoice where id = {story.Invoice}
            """, CancellationToken.None)));
        Assert.Equal("invoice-unbalanced", failure.ConstraintName);
    }

    [Fact]
    public async Task A_receipt_rejected_whole_makes_no_invoice()
    {
        var story = await Story.Received(desk, 0, 0);
        Assert.Equal(0, await desk.Value<long>($"select count(*) from settlement.invoice where order_id = {story.Order}"));
        Assert.Equal("received", story.Stage);
    }

    [Fact]
    public async Task A_fee_changed_later_touches_no_issued_invoice()
    {
        var story = await Story.Received(desk, 5_000);
        desk.Neighbours.Organisations[story.Seller] = desk.Neighbours.Organisations[story.Seller] with { FeeBasisPoints = 3_000 };
        Assert.Equal(500, (await story.Details()).FeeBasisPoints);
    }

    [Fact]
    public async Task The_buyer_sees_the_invoice_without_the_households()
    {
        var story = await Story.Received(desk, 5_000, 6_000);
        var seen = await desk.Read<InvoiceDetails>(story.Finance, $"/v1/invoices/{story.Invoice}");
        Assert.Single(seen.Lines);
        Assert.Null(seen.Parts);
        Assert.Null(seen.Fee);
        Assert.Null(seen.FeeBasisPoints);
        Assert.Equal(2, (await desk.Read<InvoiceDetails>(story.Auditor, $"/v1/invoices/{story.Invoice}")).Parts!.Count);
    }

    [Fact]
    public async Task Others_and_other_tenants_find_nothing()
    {
        var story = await Story.Received(desk, 5_000);
        foreach (var stranger in (Player[])[
            Player.In(SettlementDesk.Bazarly, Role.RetailFinance), story.Finance with { Tenant = "other" }, story.Officer with { Organisation = null },
            story.Auditor with { Tenant = "other" }])
        {
            Assert.Equal("404 not-found", await SettlementDesk.Problem(await desk.Get(stranger, $"/v1/invoices/{story.Invoice}")));
            Assert.Empty((await desk.Read<Page<InvoiceSummary>>(stranger, $"/v1/invoices?order={story.Order}")).Items);
        }

        var household = new Player(Guid.NewGuid(), [Role.Producer], null, story.Households[0].Value);
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, (await desk.Get(household, $"/v1/invoices/{story.Invoice}")).StatusCode);
    }

    [Fact]
    public async Task A_list_goes_on_page_by_page_and_a_made_up_cursor_is_refused()
    {
        var story = await Story.Received(desk, 1_000);
        await story.ReceivedAgain();
        var first = await desk.Read<Page<InvoiceSummary>>(story.Officer, "/v1/invoices?limit=1");
        var second = await desk.Read<Page<InvoiceSummary>>(story.Officer, $"/v1/invoices?limit=1&cursor={first.Next}");
        Assert.NotEqual(first.Items[0].Id, second.Items[0].Id);
        Assert.Null(second.Next);
        Assert.Equal("400 bad-cursor", await SettlementDesk.Problem(await desk.Get(story.Officer, "/v1/invoices?cursor=AAAA")));
        Assert.Equal("400 bad-cursor", await SettlementDesk.Problem(await desk.Get(story.Officer, $"/v1/invoices?order={story.Order}&cursor={first.Next}")));
        Assert.Equal("400 invalid", await SettlementDesk.Problem(await desk.Get(story.Officer, "/v1/invoices?limit=201")));
    }
}
