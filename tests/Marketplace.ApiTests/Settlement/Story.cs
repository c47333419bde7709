using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Settlement.Invoices;
using Marketplace.Settlement.Payments;
using Marketplace.Settlement.Payouts;

namespace Marketplace.ApiTests.Settlement;

/// <summary>One order of "Dastarkhan" from "Birlik", from its receipt onwards.</summary>
internal sealed class Story
{
    private Story(SettlementDesk desk) => Desk = desk;

    public SettlementDesk Desk { get; }

    public PurchaseOrderId Order { get; } = PurchaseOrderId.New();

    public ReceiptId Receipt { get; private set; } = ReceiptId.New();

    public List<HouseholdId> Households { get; } = [];

    public OrganisationId Seller { get; private set; }

    public Player Officer { get; private set; } = null!;

    public Player Approver { get; private set; } = null!;

    public Player Operator { get; private set; } = null!;

    public Player Finance { get; } = Player.In(SettlementDesk.Dastarkhan, Role.RetailFinance);

    public Player Auditor { get; } = Player.In(SettlementDesk.Bazarly, Role.Auditor);

    public InvoiceId Invoice { get; private set; }

    public string Stage => Desk.Neighbours.Orders[Order].Stage;

    /// <summary>Goods were received: so many grams accepted of each household, at 214.5 tenge a kilogram, in the books of a new co-operative.</summary>
    public static Task<Story> Received(SettlementDesk desk, params long[] accepted) => ReceivedAt(desk, 500, 2_145_000, accepted);

    public static async Task<Story> ReceivedAt(SettlementDesk desk, int fee, long price, params long[] accepted)
    {
        var story = new Story(desk) { Seller = OrganisationId.New() };
        desk.Neighbours.Organisations[story.Seller] = desk.Neighbours.Organisations[SettlementDesk.Birlik] with { Id = story.Seller, FeeBasisPoints = fee };
        story.Officer = Player.In(story.Seller, Role.PayoutOfficer);
        story.Approver = Player.In(story.Seller, Role.PayoutApprover);
        story.Operator = Player.In(story.Seller, Role.CollectionOperator);
        desk.Neighbours.Orders[story.Order] = new OrderCard(story.Order, "PO-000012", SettlementDesk.Dastarkhan, story.Seller, "received", "KZT", 14);
        var line = OrderLineId.New();
        var promises = new List<PromiseCard>();
        var parts = new List<ReceivedPart>();
        foreach (var amount in accepted)
        {
            var household = HouseholdId.New();
            story.Households.Add(household);
            desk.Neighbours.Households[household] = new HouseholdCard(
                household, $"H-{story.Households.Count:000000}", TerritoryCode.From("kz-1"), PersonId.From(Guid.NewGuid()), true, true, story.Seller);
            desk.Neighbours.Accounts[household] = new PayoutAccount(
                household, $"Айгүл Серікова <{story.Households.Count}> & Co", $"KZ00CANARY{story.Households.Count:0000000000}", DateTimeOffset.UnixEpoch);
            var promise = new PromiseCard(
                PromiseId.New(), story.Order, line, LotId.New(), household, ProductCode.From("potato"), 0, amount, "GRM", new UnitPrice(price, "KZT", "KGM"), 10, true);
            promises.Add(promise);
            parts.Add(new ReceivedPart(story.Receipt, promise.Id, line, promise.Lot, household, amount + 500, amount, 500, "GRM"));
        }

        desk.Neighbours.Promises[story.Order] = promises;
        desk.Neighbours.Receipts[story.Receipt] = parts;
        await story.Record();
        return story;
    }

    /// <summary>Tells Settlement of the receipt, again when called again.</summary>
    public async Task Record()
    {
        await Desk.Work(database => database.Execute($"""
            select kernel.append({Receipt}, {nameof(ReceiptRecorded)}, {Event.Text(new ReceiptRecorded(Receipt, Order))})
            """, CancellationToken.None));
        await Desk.Deliver();
        Invoice = InvoiceId.From(await Desk.Value<Guid?>($"select id from settlement.invoice where order_id = {Order} order by id limit 1") ?? Guid.NewGuid());
    }

    /// <summary>Another consignment of the same order with the same accepted amounts.</summary>
    public async Task<InvoiceId> ReceivedAgain()
    {
        var first = Desk.Neighbours.Receipts[Receipt];
        Receipt = ReceiptId.New();
        Desk.Neighbours.Receipts[Receipt] = [.. first.Select(part => part with { Receipt = Receipt })];
        await Record();
        return InvoiceId.From(await Desk.Value<Guid>($"select id from settlement.invoice where receipt_id = {Receipt}"));
    }

    public Task<InvoiceDetails> Details() => Desk.Read<InvoiceDetails>(Officer, $"/v1/invoices/{Invoice}");

    public Task<HttpResponseMessage> Pay(long minor, string? reference = null, InvoiceId? invoice = null, Player? by = null, string? key = null) => Desk.Post(
        by ?? Officer, "/v1/payments",
        new PaymentToRecord(invoice ?? Invoice, new Money(minor, "KZT"), "invoice paid", reference ?? $"BANK-{Guid.NewGuid():N}", new DateOnly(2026, 1, 5)), key);

    public async Task<PaymentDetails> PayInFull() =>
        await SettlementDesk.Body<PaymentDetails>(await Pay((await Details()).Invoice.Open.Minor));

    public Task<HttpResponseMessage> Prepare(Player? by = null) => Desk.Post(by ?? Officer, "/v1/payout-batches", new PayoutBatchToPrepare(Invoice));

    public async Task<PayoutBatchId> Prepared()
    {
        await PayInFull();
        return (await SettlementDesk.Body<PayoutBatchDetails>(await Prepare())).Id;
    }

    public Task<HttpResponseMessage> Approve(PayoutBatchId batch, Player? by = null) => Desk.Post(by ?? Approver, $"/v1/payout-batches/{batch}/approval");

    public Task<HttpResponseMessage> Execute(PayoutBatchId batch, string? reference = null, Player? by = null) => Desk.Post(
        by ?? Officer, $"/v1/payout-batches/{batch}/execution",
        new PayoutBatchExecution(reference ?? $"OUT-{Guid.NewGuid():N}", new DateOnly(2026, 1, 6)));

    public async Task<PayoutBatchId> Approved()
    {
        var batch = await Prepared();
        await SettlementDesk.Body<PayoutBatchDetails>(await Approve(batch));
        return batch;
    }

    /// <summary>A payout to pay in cash: its household has no account.</summary>
    public async Task<PayoutId> OpenPayout()
    {
        await PayInFull();
        return PayoutId.From(await Desk.Value<Guid>($"select id from settlement.payout where invoice_id = {Invoice} order by id limit 1"));
    }

    /// <summary>What the books of the seller hold on one kind of account.</summary>
    public Task<long> Balance(string purpose) => Desk.Value<long>($"""
        select coalesce(sum(e.amount), 0)::bigint from settlement.entry e join settlement.account a on a.id = e.account_id
         where a.book = {Seller} and a.purpose::text = {purpose}
        """);
}
