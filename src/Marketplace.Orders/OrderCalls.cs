using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Orders.Promises;
using Marketplace.Orders.PurchaseOrders;

namespace Marketplace.Orders;

/// <summary>What other modules ask of orders.</summary>
internal sealed class OrderCalls(Database database, INotices notices) : IOrders
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

    public async Task<IReadOnlyList<FreedPart>> EndPromises(IReadOnlyList<LotId> lots, bool wait, CancellationToken cancel)
    {
        // The promise before the lot's account, as an answer and a weighing do: the other order could deadlock with them.
        var stopped = await database.List<StoppedPromise>($"""
            with live as (
                select p.id, p.stage as before, case p.stage when 'offered' then p.offered when 'confirmed' then p.amount else p.tendered end as quantity
                  from orders.promise p
                 where p.lot_id = any ({lots.ToArray()})
                   and (p.stage in ('offered', 'confirmed') or p.stage = 'tendered' and p.stopped_at is null and not exists (
                        select from logistics.public_tender t where t.promise_id = p.id and t.accepted is not null))
                 order by p.id for update of p {(wait ? Sql.Of($"") : Sql.Of($"skip locked"))}),
            ended as (
                update orders.promise p
                   set stage = case live.before when 'tendered' then live.before else 'stopped' end, amount = 0, stopped_at = kernel.now(),
                       answered_at = coalesce(p.answered_at, kernel.now())
                  from live where p.id = live.id
                returning p.id, p.order_id, p.lot_id, p.household_id, p.product_code, p.unit, live.before, live.quantity)
            select e.id, e.order_id as "order", o.number, o.placed_by as buyer, e.lot_id as lot, e.household_id as household, e.product_code as product, e.unit,
                   e.before, e.quantity
              from ended e join orders.purchase_order o on o.id = e.order_id order by e.order_id, e.id
            """, cancel);
        var ended = stopped.FindAll(promise => promise.Before != PromiseStage.Tendered);
        await database.Execute($"""
            select kernel.append(id, {nameof(PromiseStopped)}, payload)
              from unnest({ended.Select(promise => promise.Id).ToArray()}, {ended.Select(promise => Event.Text(promise.Stopped)).ToArray()}) as one (id, payload)
            """, cancel);
        await Tell("goods-stopped", ended, cancel);
        await Tell("goods-on-the-way-stopped", stopped.Except(ended), cancel);
        return ended.ConvertAll(promise => new FreedPart(promise.Order.Value, promise.Lot,
            promise.Before == PromiseStage.Offered ? promise.Quantity : 0, promise.Before == PromiseStage.Offered ? 0 : promise.Quantity));
    }

    public async Task Clear(IReadOnlyList<LotId> lots, CancellationToken cancel) => await Tell("goods-cleared", await database.List<StoppedPromise>($"""
        with cleared as (
            update orders.promise set stopped_at = null where lot_id = any ({lots.ToArray()}) and stage = 'tendered' and stopped_at is not null
            returning id, order_id, lot_id, household_id, product_code, unit, stage, tendered)
        select c.id, c.order_id as "order", o.number, o.placed_by as buyer, c.lot_id as lot, c.household_id as household, c.product_code as product, c.unit,
               c.stage as before, c.tendered as quantity
          from cleared c join orders.purchase_order o on o.id = c.order_id order by c.order_id, c.id
        """, cancel), cancel);

    private Task Tell(string template, IEnumerable<StoppedPromise> promises, CancellationToken cancel) => notices.Send(
        [.. promises.GroupBy(promise => promise.Order).Select(order => new Notice(template, new Dictionary<string, string>
        {
            ["order"] = order.First().Number,
            ["product"] = string.Join(", ", order.Select(promise => promise.Product.Value).Distinct()),
            ["quantity"] = string.Join(", ", order.GroupBy(promise => promise.Unit)
                .Select(unit => new Quantity(unit.Sum(promise => promise.Quantity), unit.Key).ToString())),
        }, order.First().Buyer))], cancel);

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

    private sealed record StoppedPromise(
        PromiseId Id, PurchaseOrderId Order, string Number, PersonId Buyer, LotId Lot, HouseholdId Household, ProductCode Product, string Unit,
        PromiseStage Before, long Quantity)
    {
        public PromiseStopped Stopped => new(Id, Order, Lot, Household, new Quantity(Quantity, Unit));
    }
}
