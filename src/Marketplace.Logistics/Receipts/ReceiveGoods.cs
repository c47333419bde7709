using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Logistics.Consignments;

namespace Marketplace.Logistics.Receipts;

/// <summary>Writes a receipt, whether the buyer answered or silence did.</summary>
public sealed class ReceiveGoods(Database database, IOrders orders, IHouseholds households, INotices notices)
{
    /// <summary>The dispatched consignment, locked; of two receipts the second finds it received.</summary>
    internal async Task<Outcome<Arrived>> Lock(ConsignmentId id, Guid? buyer, CancellationToken cancel)
    {
        var found = await database.Find<Sent>($"""
            select id, order_id as "order", stage from logistics.consignment where id = {id} and buyer_id = {buyer} and stage <> 'loading' for update
            """, cancel);
        if (found is null)
        {
            return Refusal.NotFound;
        }

        if (Consignment.Next(found.Stage, ConsignmentStep.Receive) is null)
        {
            return new Refusal("already-received", "This consignment was received before.");
        }

        var parts = await database.List<SentPart>($"""
            select t.id as tender, t.promise_id as promise, t.lot_id as lot, t.household_id as household, t.product_code as product, t.delivered, t.unit,
                   t.price_ten_thousandths as price, t.currency, t.per
              from logistics.consignment_part p join logistics.tender t on t.id = p.tender_id where p.consignment_id = {id}
            """, cancel);
        return new Arrived(found.Id, found.Order, parts.ToDictionary(part => part.Tender));
    }

    internal async Task<Outcome<ReceiptDetails>> Write(Arrived arrived, IReadOnlyList<JudgedPart> parts, CancellationToken cancel)
    {
        var id = ReceiptId.New();
        await database.Execute($"""
            insert into logistics.receipt (id, consignment_id, order_id, received_by) values ({id}, {arrived.Id}, {arrived.Order}, {database.Actor.Person})
            """, cancel);
        foreach (var reason in parts.GroupBy(part => part.Reason))
        {
            await database.Execute($"""
                insert into logistics.receipt_part (receipt_id, tender_id, accepted, rejected, reason, detail)
                select {id}, tender, accepted, rejected, {(reason.Key is { } why ? Sql.Of($"{why}") : Sql.Of($"null"))}, nullif(detail, '')
                  from unnest({reason.Select(part => part.Of.Tender).ToArray()}, {reason.Select(part => part.Accepted).ToArray()},
                       {reason.Select(part => part.Rejected).ToArray()}, {reason.Select(part => part.Detail ?? "").ToArray()})
                       as one (tender, accepted, rejected, detail)
                """, cancel);
        }

        await database.Execute($"""
            select kernel.append(id, {nameof(LotReceived)}, payload)
              from unnest({parts.Select(part => part.Of.Promise).ToArray()}, {parts.Select(part => Event.Text(part.Happened(id, arrived.Order))).ToArray()})
                   as one (id, payload)
            """, cancel);
        if (await orders.Advance(arrived.Order, "receive", cancel) is { } refusal)
        {
            return refusal;
        }

        await database.Execute($"""
            with moved as (update logistics.consignment set stage = 'received' where id = {arrived.Id} returning id)
            select kernel.append({id}, {nameof(ReceiptRecorded)}, {Event.Text(new ReceiptRecorded(id, arrived.Order))}) from moved
            """, cancel);
        await Tell(arrived, parts, cancel);
        return (await ShowReceipt.Find(id, database, cancel))!;
    }

    private async Task Tell(Arrived arrived, IReadOnlyList<JudgedPart> parts, CancellationToken cancel)
    {
        var rejected = parts.Where(part => part.Rejected > 0).ToList();
        if (rejected.Count == 0)
        {
            return;
        }

        var cards = await households.Of([.. rejected.Select(part => part.Of.Household).Distinct()], cancel);
        var number = (await orders.Find(arrived.Order, cancel))!.Number;
        await notices.Send([.. rejected.Where(part => cards.ContainsKey(part.Of.Household)).Select(part => new Notice("goods-rejected",
            new Dictionary<string, string>
            {
                ["order"] = number,
                ["product"] = part.Of.Product.Value,
                ["quantity"] = new Quantity(part.Rejected, part.Of.Unit).ToString(),
                ["reason"] = part.Reason!.Value.ToString().ToUpperInvariant(),
            }, cards[part.Of.Household].Head))], cancel);
    }

    private sealed record Sent(ConsignmentId Id, PurchaseOrderId Order, ConsignmentStage Stage);
}

internal sealed record Arrived(ConsignmentId Id, PurchaseOrderId Order, IReadOnlyDictionary<TenderId, SentPart> Parts);

internal sealed record SentPart(
    TenderId Tender, PromiseId Promise, LotId Lot, HouseholdId Household, ProductCode Product, long Delivered, string Unit, long Price, string Currency,
    string Per);

internal sealed record JudgedPart(SentPart Of, long Accepted, long Rejected, RejectReason? Reason, string? Detail)
{
    public LotReceived Happened(ReceiptId receipt, PurchaseOrderId order) => new(receipt, Of.Promise, order, Of.Lot, Of.Household,
        new Quantity(Accepted, Of.Unit), new Quantity(Rejected, Of.Unit), new UnitPrice(Of.Price, Of.Currency, Of.Per));
}
