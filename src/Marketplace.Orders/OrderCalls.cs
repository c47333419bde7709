using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Orders.Promises;
using Marketplace.Orders.PurchaseOrders;

namespace Marketplace.Orders;

/// <summary>What other modules ask of orders.</summary>
internal sealed class OrderCalls(Database database) : IOrders
{
    public async Task<OrderCard?> Find(PurchaseOrderId order, CancellationToken cancel)
    {
        var row = await database.Find<PurchaseOrder>($"select {PurchaseOrder.Columns} from orders.purchase_order o where o.id = {order}", cancel);
        return row is null ? null : new OrderCard(row.Id, row.Number, row.Buyer, row.Applicant,
            JsonNamingPolicy.SnakeCaseLower.ConvertName(row.Stage.ToString()), row.Currency, row.PaymentTermDays);
    }

    public async Task<IReadOnlyList<PromiseCard>> LockPromises(IReadOnlyCollection<PromiseId> promises, CancellationToken cancel) =>
        Cards(await database.List<Row>($"""
            select {Columns} from orders.promise p join orders.order_line l on l.id = p.line_id
             where p.id = any ({promises.ToArray()}) order by p.id for update of p
            """, cancel));

    public async Task<IReadOnlyList<PromiseCard>> PromisesOf(PurchaseOrderId order, CancellationToken cancel) =>
        Cards(await database.List<Row>($"""
            select {Columns} from orders.promise p join orders.order_line l on l.id = p.line_id where p.order_id = {order} order by p.id
            """, cancel));

    public async Task Tendered(PromiseId promise, long weighed, CancellationToken cancel)
    {
        if (await database.Execute($"""
            update orders.promise set stage = 'tendered', amount = 0, tendered = {weighed} where id = {promise} and stage = 'confirmed'
            """, cancel) == 0)
        {
            throw new RefusedException(new Refusal("already-weighed", "These goods were weighed before."));
        }
    }

    public async Task<Refusal?> Advance(PurchaseOrderId order, string step, CancellationToken cancel)
    {
        var row = await database.Find<PurchaseOrder>($"""
            select {PurchaseOrder.Columns} from orders.purchase_order o where o.id = {order} for update
            """, cancel);
        if (row is null)
        {
            return Refusal.NotFound;
        }

        OrderStep? known = step switch
        {
            "dispatch" => OrderStep.Dispatch,
            "receive" => OrderStep.Receive,
            "invoice" => OrderStep.Invoice,
            "pay" => OrderStep.Pay,
            "pay_out" => OrderStep.PayOut,
            _ => null,
        };
        if (known is not { } one || PurchaseOrder.Next(row.Stage, one) is not { } next)
        {
            return PurchaseOrder.WrongStage(row.Stage);
        }

        if (next != row.Stage)
        {
            await database.Execute($"update orders.purchase_order set stage = {next}, version = version + 1 where id = {order}", cancel);
        }

        return null;
    }

    private static Sql Columns => Sql.Of($"""
        p.id, p.order_id as "order", p.line_id as line, p.lot_id as lot, p.household_id as household, p.product_code as product, p.amount, p.tendered, p.unit,
        p.price_ten_thousandths as price, p.currency, p.per, l.tolerance_percent, p.stage
        """);

    private static List<PromiseCard> Cards(List<Row> rows) => rows.ConvertAll(row => new PromiseCard(row.Id, row.Order, row.Line, row.Lot, row.Household,
        row.Product, row.Amount, row.Tendered, row.Unit, new UnitPrice(row.Price, row.Currency, row.Per), row.TolerancePercent,
        row.Stage is PromiseStage.Confirmed or PromiseStage.Tendered));

    private sealed record Row(
        PromiseId Id, PurchaseOrderId Order, OrderLineId Line, LotId Lot, HouseholdId Household, ProductCode Product, long Amount, long Tendered, string Unit,
        long Price, string Currency, string Per, int TolerancePercent, PromiseStage Stage);
}
