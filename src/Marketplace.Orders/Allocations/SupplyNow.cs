using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Orders.Allocations;

/// <summary>Reads what households could give an order now.</summary>
internal sealed class SupplyNow(Database database, IHouseholds households, ITerritories territories, TimeProvider time)
{
    public DateOnly Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    /// <summary>The lots that may be asked for now, with what the order already knows of them.</summary>
    public async Task<Reachable> For(PurchaseOrderId order, string currency, List<MissingLine> lines, int memoryWeeks, CancellationToken cancel)
    {
        var rows = await database.List<SellableLot>($"""
            select v.lot_id as lot, v.household_id as household, v.product_code as product, v.village, v.step as unit, v.available, v.ready_on, v.expires_on,
                   case when v.currency = {currency} then v.price_ten_thousandths end as price, v.per,
                   coalesce((select max(a.asking) from orders.asked a where a.order_id = {order} and a.household_id = v.household_id), 0)::int as asked,
                   exists (select from orders.promise p where p.order_id = {order} and p.lot_id = v.lot_id
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
}

internal sealed record SellableLot(
    LotId Lot, HouseholdId Household, ProductCode Product, TerritoryCode Village, string Unit, long Available, DateOnly ReadyOn, DateOnly ExpiresOn,
    long? Price, string? Per, int Asked, bool Answered, long Deficit);

internal sealed record Candidate(SellableLot Lot, PersonId Head, IReadOnlyList<string> Path);

/// <summary>What may be asked for, and how far it is from each village to each place goods go to, in kilometres; unknown ones are left out.</summary>
internal sealed record Reachable(List<Candidate> Lots, IReadOnlyDictionary<(string Village, string To), int> Kilometres);
