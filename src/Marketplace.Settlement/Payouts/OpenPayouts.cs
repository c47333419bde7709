using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Settlement.Invoices;
using Marketplace.Settlement.Ledger;

namespace Marketplace.Settlement.Payouts;

/// <summary>Lets the households have what a paid invoice earned them: the hold becomes payable, one payout each.</summary>
internal static class OpenPayouts
{
    public static async Task<Outcome<int>> For(Invoice invoice, Database database, CancellationToken cancel)
    {
        // A household whose whole part rounds to nothing has no payout.
        var earned = await database.List<Earned>($"""
            insert into settlement.payout (organisation_id, invoice_id, order_id, household_id, amount, currency)
            select {invoice.SellerId}, {invoice.Id}, {invoice.OrderId}, household_id, sum(net)::bigint, {invoice.Currency}
              from settlement.invoice_part where invoice_id = {invoice.Id}
             group by household_id having sum(net) > 0 order by household_id
            returning household_id, amount
            """, cancel);
        var release = Transfer.Of(invoice.SellerId, "release", invoice.Id.Value, earned.SelectMany(one => (Posting[])
        [
            Posting.Of(one.HouseholdId, Purpose.HouseholdHold, new Money(one.Amount, invoice.Currency)),
            Posting.Of(one.HouseholdId, Purpose.HouseholdPayable, new Money(-one.Amount, invoice.Currency)),
        ]));
        return await release.Post(database, cancel) is { } refusal ? refusal : earned.Count;
    }

    private sealed record Earned(HouseholdId HouseholdId, long Amount);
}

/// <summary>Tells Orders how far the money is.</summary>
internal static class OrderProgress
{
    /// <summary>The order is paid once every invoice of it is.</summary>
    public static async Task Paid(PurchaseOrderId order, Database database, IOrders orders, CancellationToken cancel)
    {
        await Lock([order], database, cancel);
        if (await database.Value<bool>($"select bool_and(stage = 'paid') from settlement.invoice where order_id = {order}", cancel))
        {
            // Money that arrived is recorded whatever the order thinks of it, so a refusal here is not one of the payment.
            await orders.Advance(order, "pay", cancel);
        }
    }

    /// <summary>An order is paid out once every invoice is paid and every household has its money.</summary>
    public static async Task PaidOut(IReadOnlyCollection<PurchaseOrderId> touched, Database database, IOrders orders, CancellationToken cancel)
    {
        await Lock(touched, database, cancel);
        var done = await database.List<Done>($"""
            select i.order_id from settlement.invoice i where i.order_id = any({touched.Select(order => order.Value).ToArray()})
             group by i.order_id
            having bool_and(i.stage = 'paid')
               and not exists (select from settlement.payout p where p.order_id = i.order_id and p.stage not in ('executed', 'cash'))
             order by i.order_id
            """, cancel);
        foreach (var order in done)
        {
            await orders.Advance(order.OrderId, "pay_out", cancel);
        }
    }

    /// <summary>The last two payments or payouts of an order wait for each other here, so that one of them sees that all is done.</summary>
    private static Task<int> Lock(IReadOnlyCollection<PurchaseOrderId> touched, Database database, CancellationToken cancel) => database.Execute($"""
        select from settlement.invoice where order_id = any({touched.Select(order => order.Value).ToArray()}) order by id for update
        """, cancel);

    private sealed record Done(PurchaseOrderId OrderId);
}
