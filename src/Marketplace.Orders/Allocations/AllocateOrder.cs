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
    Database database, ILotAccounts accounts, IHouseholds households, ITerritories territories, INotices notices, TimeProvider time)
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
        var rule = (await database.Find<Rule>($"""
            select extract(epoch from answer_within)::bigint as answer_seconds, memory_weeks, surcharges[1] as first, surcharges[2] as second,
                   surcharges[3] as third, freshness_per_day, household_cap_percent, least_grm, least_mlt, least_h87, village_surcharge,
                   case {order.Currency} when 'KZT' then lot_kzt else lot_kgs end as per_lot,
                   case {order.Currency} when 'KZT' then village_kzt else village_kgs end as per_village,
                   case {order.Currency} when 'KZT' then tonne_km_kzt else tonne_km_kgs end as per_tonne_km
              from orders.rule where in_force_from <= {order.PlacedAt ?? order.CreatedAt} order by in_force_from desc limit 1
            """, cancel))!;
        var round = 1 + await database.Value<int>($"select coalesce(max(round), 0) from orders.allocation_run where order_id = {order.Id}", cancel);
        for (var i = 0; i < MostPlans; i++)
        {
            var supply = await Supply(order, lines, rule.MemoryWeeks, cancel);
            var input = PlanInput.Of(order.Id.Value, Today, lines, supply, rule);
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

    private DateOnly Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    /// <summary>The lots that may be asked for now, with what the order already knows of them.</summary>
    private async Task<Reachable> Supply(PurchaseOrder order, List<MissingLine> lines, int memoryWeeks, CancellationToken cancel)
    {
        var rows = await database.List<SellableLot>($"""
            select v.lot_id as lot, v.household_id as household, v.product_code as product, v.village, v.step as unit, v.available, v.ready_on, v.expires_on,
                   case when v.currency = {order.Currency} then v.price_ten_thousandths end as price, v.per,
                   coalesce((select max(a.asking) from orders.asked a where a.order_id = {order.Id} and a.household_id = v.household_id), 0)::int as asked,
                   exists (select from orders.promise p where p.order_id = {order.Id} and p.lot_id = v.lot_id
                                  and (p.stage in ('declined', 'silent', 'cancelled') or p.confirmed < p.offered)) as answered,
                   coalesce((select sum(s.fair) - sum(s.taken) from orders.household_share s
                              where s.household_id = v.household_id and s.unit = v.step
                                and s.week >= {Today.AddDays(-7 * memoryWeeks)}), 0)::bigint as deficit
              from supply.public_sellable_lot v
             where v.tenant_id = kernel.tenant() and v.product_code = any ({lines.Select(line => line.Product).Distinct().ToArray()})
               and not v.held and v.sellable_until > kernel.now()
             order by v.lot_id
            """, cancel);
        var cards = await households.Of([.. rows.Select(row => row.Household).Distinct()], cancel);
        TerritoryCode[] goals = [.. lines.Select(line => line.To).Distinct()];
        TerritoryCode[] villages = [.. rows.Select(row => row.Village).Distinct()];
        var places = await territories.Places([.. villages.Union(goals)], cancel);
        var apart = from village in villages from goal in goals
                    where places.ContainsKey(village) && places.ContainsKey(goal)
                    let kilometres = Roads.Kilometres(places[village], places[goal]) where kilometres is not null
                    select ((village.Value, goal.Value), kilometres.Value);
        return new Reachable([.. rows.Where(row => cards.TryGetValue(row.Household, out var card) && card.MayBeAllocated)
            .Select(row => new Candidate(row, cards[row.Household].Head,
                places.TryGetValue(row.Village, out var place) ? [.. place.Path.Select(code => code.Value)] : [row.Village.Value]))],
            apart.ToDictionary());
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
        var monday = Today.AddDays(-(((int)Today.DayOfWeek + 6) % 7));
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

/// <summary>The figures in force; costs in minor units of the order's currency.</summary>
internal sealed record Rule(
    long AnswerSeconds, int MemoryWeeks, int First, int Second, int Third, int FreshnessPerDay, int? HouseholdCapPercent, long LeastGrm, long LeastMlt,
    long LeastH87, int VillageSurcharge, long PerLot, long PerVillage, long PerTonneKm)
{
    /// <summary>The least amount asked of a lot of a unit.</summary>
    public long Least(string unit) => unit switch { "GRM" => LeastGrm, "MLT" => LeastMlt, _ => LeastH87 };
}

internal sealed record MissingLine(
    OrderLineId Id, ProductCode Product, long Amount, string Unit, long MaxPrice, string Per, DateOnly WindowTo, TerritoryCode To, int MinRemainingShelfLifeDays,
    string Accepted, long Missing, long Open);

internal sealed record SellableLot(
    LotId Lot, HouseholdId Household, ProductCode Product, TerritoryCode Village, string Unit, long Available, DateOnly ReadyOn, DateOnly ExpiresOn,
    long? Price, string? Per, int Asked, bool Answered, long Deficit);

internal sealed record Candidate(SellableLot Lot, PersonId Head, IReadOnlyList<string> Path);

/// <summary>What may be asked for, and how far it is from each village to each place goods go to, in kilometres; unknown ones are left out.</summary>
internal sealed record Reachable(List<Candidate> Lots, IReadOnlyDictionary<(string Village, string To), int> Kilometres);
