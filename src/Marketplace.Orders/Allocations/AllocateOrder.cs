using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Orders.Promises;
using Marketplace.Orders.PurchaseOrders;

namespace Marketplace.Orders.Allocations;

/// <summary>
/// One round of an order: what is still missing is planned over the lots there are now, reserved whole, and the households are asked.
/// With nothing left to ask the order becomes firm.
/// </summary>
internal sealed class AllocateOrder(
    Database database, ILotAccounts accounts, SupplyNow supplies, INotices notices, TimeProvider time)
{
    // A plan is stale when somebody took of its lots meanwhile. Five fresh looks are enough; after that the delivery tries again later.
    private const int MostPlans = 6;

    /// <summary>Runs a round; safe to call again at any time.</summary>
    public Task Round(PurchaseOrderId id, CancellationToken cancel) => Round(id, reopen: false, cancel);

    /// <summary>Runs a round of an order that lost goods; a firm one is opened again while its cut-off is ahead.</summary>
    public Task Refill(PurchaseOrderId id, CancellationToken cancel) => Round(id, reopen: true, cancel);

    private async Task Round(PurchaseOrderId id, bool reopen, CancellationToken cancel)
    {
        // The order's row is the lock of its rounds: answers need only their promise.
        var order = await database.Find<PurchaseOrder>($"""
            select {PurchaseOrder.Columns} from orders.purchase_order o where o.id = {id} for update
            """, cancel);
        var step = reopen && order?.Stage == OrderStage.Firm ? OrderStep.Refill : OrderStep.Allocate;
        if (order is null || PurchaseOrder.Next(order.Stage, step) is not { } allocating)
        {
            return;
        }

        var lines = await database.List<MissingLine>($"""
            select l.id, l.product_code as product, l.amount, l.unit, l.max_price, l.per, l.window_to, l.delivery_territory as "to", l.min_remaining_shelf_life_days,
                   array_to_string(l.accepted_territories, ',') as accepted,
                   l.amount - coalesce(sum(case p.stage when 'offered' then p.offered else p.amount + p.tendered end), 0)::bigint as missing,
                   coalesce(count(*) filter (where p.stage = 'offered'), 0) as open
              from orders.order_line l left join orders.promise p on p.line_id = l.id
             where l.order_id = {id} group by l.id order by l.position
            """, cancel);
        var asked = 0;
        if (order.ConfirmBy > time.GetUtcNow() && lines.Any(line => line.Missing > 0))
        {
            asked = await Ask(order, lines, cancel);
        }

        var stage = PurchaseOrder.Next(allocating, OrderStep.Ask)!.Value;
        if (asked == 0 && lines.Sum(line => line.Open) == 0)
        {
            stage = PurchaseOrder.Next(stage, OrderStep.Settle)!.Value;
            if (stage == order.Stage)
            {
                return; // firm before, and nobody else to ask
            }

            await database.Execute($"""
                with moved as (
                    update orders.purchase_order set stage = {stage}, firm_at = kernel.now(), version = version + 1 where id = {id} returning id)
                select kernel.append(id, {nameof(OrderFirm)}, {Event.Text(new OrderFirm(id))}) from moved
                """, cancel);
        }
        else if (stage != order.Stage)
        {
            await database.Execute($"update orders.purchase_order set stage = {stage}, version = version + 1 where id = {id}", cancel);
        }
    }

    private async Task<int> Ask(PurchaseOrder order, List<MissingLine> lines, CancellationToken cancel)
    {
        var rule = await Rule.InForce(order.PlacedAt ?? order.CreatedAt, order.Currency, database, cancel);
        var round = 1 + await database.Value<int>($"select coalesce(max(round), 0) from orders.allocation_run where order_id = {order.Id}", cancel);
        for (var i = 0; i < MostPlans; i++)
        {
            var supply = await supplies.For(order.Id, order.Currency, lines, rule.MemoryWeeks, cancel);
            var input = PlanInput.Of(order.Id.Value, supplies.Today, lines, supply, rule);
            var plan = Allocation.Plan(input);
            if (plan.Taken.Count == 0 && round > 1)
            {
                return 0;
            }

            var parts = LotParts.Of(plan.Taken.Select(part => (LotId.From(part.Lot), part.Amount)));
            if (parts.Count > 0 && await accounts.Reserve(order.Id.Value, parts, cancel) is not null)
            {
                continue;
            }

            await Keep(order, round, rule, input, plan, supply.Lots, cancel);
            return plan.Taken.Count;
        }

        throw new InvalidOperationException($"Lots of order {order.Number} were taken faster than they could be planned.");
    }

    /// <summary>Writes the run, what it leaves out, whom it asks and what for; each in one statement.</summary>
    private async Task Keep(
        PurchaseOrder order, int round, Rule rule, AllocationInput input, AllocationPlan plan, List<Candidate> supply, CancellationToken cancel)
    {
        var run = Guid.CreateVersion7();
        var text = input.Text();
        var lots = supply.ToDictionary(candidate => candidate.Lot.Lot.Value);
        await database.Execute($"""
            insert into orders.allocation_run (id, order_id, round, input, input_sha256, cost, bound)
            values ({run}, {order.Id}, {round}, {text}, sha256(convert_to({text}, 'UTF8')), {(decimal)plan.Cost}, {(decimal)plan.Bound})
            """, cancel);
        await database.Execute($"""
            insert into orders.allocation_line (run_id, line_id, demanded, unserved)
            select {run}, * from unnest({input.Lines.Select(line => line.Id).ToArray()}, {input.Lines.Select(line => line.Demand).ToArray()},
                   {input.Lines.Select(line => plan.Unserved[line.Id]).ToArray()})
            """, cancel);
        var left = plan.LeftOut.Select(pair => (lots[pair.Key].Lot, pair.Value.Reason, pair.Value.Change)).ToList();
        await database.Execute($"""
            insert into orders.allocation_left_out (run_id, lot_id, village, product_code, available, unit, reason, change_member, change_value)
            select {run}, * from unnest({left.Select(one => one.Lot.Lot).ToArray()}, {left.Select(one => one.Lot.Village).ToArray()},
                   {left.Select(one => one.Lot.Product).ToArray()}, {left.Select(one => one.Lot.Available).ToArray()},
                   {left.Select(one => one.Lot.Unit).ToArray()}, {left.Select(one => one.Reason).ToArray()},
                   {left.Select(one => one.Change?.Member).ToArray()}, {left.Select(one => one.Change?.Value).ToArray()})
            """, cancel);
        if (plan.Taken.Count == 0)
        {
            return;
        }

        var promises = plan.Taken.Select(part => new Draft(PromiseId.New(), OrderLineId.From(part.Line), lots[part.Lot], part.Amount)).ToList();
        var byHousehold = promises.GroupBy(promise => promise.Of.Lot.Household).OrderBy(household => household.Key.Value).ToList();
        var answerBy = time.GetUtcNow().AddSeconds(rule.AnswerSeconds);
        answerBy = answerBy < order.ConfirmBy ? answerBy : order.ConfirmBy;
        await database.Execute($"""
            insert into orders.asked (order_id, household_id, asking, run_id)
            select {order.Id}, household, asking, {run}
              from unnest({byHousehold.Select(household => household.Key).ToArray()},
                   {byHousehold.Select(household => household.First().Of.Lot.Asked + 1).ToArray()}) as one (household, asking)
            """, cancel);
        await database.Execute($"""
            insert into orders.promise (id, order_id, line_id, run_id, lot_id, household_id, asking, product_code, village, unit, offered,
                   price_ten_thousandths, currency, per, answer_by)
            select id, {order.Id}, line, {run}, lot, household, asking, product, village, unit, amount, price, {order.Currency}, per, {answerBy}
              from unnest({promises.Select(one => one.Id).ToArray()}, {promises.Select(one => one.Line).ToArray()},
                   {promises.Select(one => one.Of.Lot.Lot).ToArray()}, {promises.Select(one => one.Of.Lot.Household).ToArray()},
                   {promises.Select(one => one.Of.Lot.Asked + 1).ToArray()}, {promises.Select(one => one.Of.Lot.Product).ToArray()},
                   {promises.Select(one => one.Of.Lot.Village).ToArray()}, {promises.Select(one => one.Of.Lot.Unit).ToArray()},
                   {promises.Select(one => one.Amount).ToArray()}, {promises.Select(one => one.Of.Lot.Price!.Value).ToArray()},
                   {promises.Select(one => one.Of.Lot.Per!).ToArray()})
                   as one (id, line, lot, household, asking, product, village, unit, amount, price, per)
            """, cancel);
        await database.Execute($"""
            select kernel.append(id, {nameof(LotAllocated)}, payload)
              from unnest({promises.Select(one => one.Id).ToArray()}, {promises.Select(one => Event.Text(one.Happened(order))).ToArray()}) as one (id, payload)
            """, cancel);
        await Remember(round, input, promises, cancel);
        await notices.Send([.. byHousehold.Select(household => new Notice("promise-asked", new Dictionary<string, string>
        {
            ["order"] = order.Number,
            ["quantity"] = string.Join(", ", household.GroupBy(one => one.Of.Lot.Unit)
                .Select(unit => new Quantity(unit.Sum(one => one.Amount), unit.Key).ToString())),
            ["product"] = string.Join(", ", household.Select(one => one.Of.Lot.Product.Value).Distinct()),
            ["price"] = string.Join(", ", household.Select(one => $"{one.Of.Lot.Price!.Value / 10_000m:0.##}").Distinct()),
            ["deadline"] = answerBy.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'"),
        }, household.First().Of.Head))], cancel);
    }

    /// <summary>What an equal share of the first round would have been, and what every round asked: the memory of fairness.</summary>
    private Task<int> Remember(int round, AllocationInput input, List<Draft> promises, CancellationToken cancel)
    {
        var fair = round > 1 ? [] : Fairness.Shares(input);
        var taken = promises.GroupBy(one => (one.Of.Lot.Household.Value, one.Of.Lot.Unit)).ToDictionary(one => one.Key, one => one.Sum(part => part.Amount));
        var keys = fair.Keys.Union(taken.Keys).OrderBy(key => key.Item1).ThenBy(key => key.Item2, StringComparer.Ordinal).ToList();
        var monday = supplies.Today.AddDays(-(((int)supplies.Today.DayOfWeek + 6) % 7));
        return database.Execute($"""
            insert into orders.household_share as share (household_id, unit, week, fair, taken)
            select household, unit, {monday}, fair, taken
              from unnest({keys.Select(key => key.Item1).ToArray()}, {keys.Select(key => key.Item2).ToArray()},
                   {keys.Select(key => fair.GetValueOrDefault(key)).ToArray()}, {keys.Select(key => taken.GetValueOrDefault(key)).ToArray()})
                   as one (household, unit, fair, taken)
            on conflict (tenant_id, household_id, unit, week) do update set fair = share.fair + excluded.fair, taken = share.taken + excluded.taken
            """, cancel);
    }

    private sealed record Draft(PromiseId Id, OrderLineId Line, Candidate Of, long Amount)
    {
        public LotAllocated Happened(PurchaseOrder order) => new(Id, order.Id, Of.Lot.Lot, Of.Lot.Household, new Quantity(Amount, Of.Lot.Unit),
            new UnitPrice(Of.Lot.Price!.Value, order.Currency, Of.Lot.Per!));
    }
}

internal sealed record MissingLine(
    OrderLineId Id, ProductCode Product, long Amount, string Unit, long MaxPrice, string Per, DateOnly WindowTo, TerritoryCode To, int MinRemainingShelfLifeDays,
    string Accepted, long Missing, long Open);
