using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Orders.Promises;
using Marketplace.Orders.PurchaseOrders;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Orders.Allocations;

/// <summary>How an order was spread over lots, and why lots were left out.</summary>
/// <param name="Order">The order.</param>
/// <param name="Runs">One for each round that asked somebody; the first one always.</param>
public sealed record OrderAllocation(PurchaseOrderId Order, IReadOnlyList<AllocationRunDetails> Runs);

/// <summary>One round of allocation.</summary>
/// <param name="Round">1, 2, 3 …; later ones refill what was not promised.</param>
/// <param name="RunAt">When.</param>
/// <param name="InputSha256">SHA-256 of the stored input, hexadecimal: the plan can be computed again from it.</param>
/// <param name="Cost">Goods, transport, freshness, fixed costs and fairness terms of the plan, in 1/10,000 of the currency unit.</param>
/// <param name="Bound">No plan that leaves as little unserved costs less; in 1/10,000 of the currency unit.</param>
/// <param name="Lines">Per line, what was wanted and what no plan could serve.</param>
/// <param name="Taken">What was asked of which lot.</param>
/// <param name="LeftOut">Lots nothing was taken from, with one reason each; at most 1,000 are shown.</param>
public sealed record AllocationRunDetails(
    int Round, DateTimeOffset RunAt, string InputSha256, decimal Cost, decimal Bound, IReadOnlyList<AllocationLineDetails> Lines, IReadOnlyList<AllocationTaken> Taken,
    IReadOnlyList<AllocationLeftOut> LeftOut);

/// <summary>What a round did for a line.</summary>
/// <param name="Line">The line.</param>
/// <param name="Demanded">What was missing before the round.</param>
/// <param name="Unserved">What no plan over the lots of that moment could serve: a proven least, in sum over the lines of a unit.</param>
public sealed record AllocationLineDetails(OrderLineId Line, Quantity Demanded, Quantity Unserved);

/// <summary>A part of a lot that was asked for.</summary>
/// <param name="Promise">The promise it became.</param>
/// <param name="Line">The line.</param>
/// <param name="Lot">The lot.</param>
/// <param name="Village">Where it is.</param>
/// <param name="Quantity">How much.</param>
/// <param name="Price">The lot's asking price, frozen.</param>
/// <param name="Stage">What became of it.</param>
public sealed record AllocationTaken(
    PromiseId Promise, OrderLineId Line, LotId Lot, TerritoryCode Village, Quantity Quantity, UnitPrice Price, PromiseStage Stage);

/// <summary>A lot nothing was taken from.</summary>
/// <param name="Lot">The lot.</param>
/// <param name="Village">Where it is.</param>
/// <param name="Product">What it is.</param>
/// <param name="Available">What it had.</param>
/// <param name="Reason"><c>no-line</c>, <c>no-price</c>, <c>ready-after-window</c>, <c>expires-before-window</c>, <c>unreachable</c>,
/// <c>price-above-band</c>, <c>price</c>, <c>lot-cost</c>, <c>village-not-visited</c>, <c>below-minimum</c>, <c>fair-share-used</c>,
/// <c>household-cap</c>, <c>point-full</c>, <c>already-promised</c>, <c>already-asked</c> or <c>lost-tie</c>.</param>
/// <param name="Change">The smallest change that would have included it; absent when nothing of the lot would.</param>
public sealed record AllocationLeftOut(
    LotId Lot, TerritoryCode Village, ProductCode Product, Quantity Available, string Reason, AllocationChange? Change);

/// <summary>The smallest change that would have included a lot.</summary>
/// <param name="Member"><c>price</c>, <c>readyOn</c>, <c>expiresOn</c> or <c>amount</c>.</param>
/// <param name="Value">A price of the lot's own unit such as <c>148.2000</c>, a day, or an amount in steps.</param>
public sealed record AllocationChange(string Member, string Value);

/// <summary>Explains an allocation.</summary>
public static class ShowAllocation
{
    internal static void Map(RouteGroupBuilder orders) => orders.MapGet("/{id}/allocation", Handle).WithName("showAllocation").RequiresSignIn();

    /// <summary>Read how an order was allocated.</summary>
    /// <remarks>For the chain and the co-operative that sells: villages and amounts, no names. 404 for anybody else.</remarks>
    public static async Task<Results<Ok<OrderAllocation>, ProblemHttpResult>> Handle(PurchaseOrderId id, Database database, CancellationToken cancel) =>
        Answer.Ok(await Show(id, database, cancel));

    internal static async Task<Outcome<OrderAllocation>> Show(PurchaseOrderId id, Database database, CancellationToken cancel)
    {
        if (!await database.Value<bool>($"""
            select exists (select from orders.purchase_order o where o.id = {id} and {PurchaseOrder.Readable(database.Actor)})
            """, cancel))
        {
            return Refusal.NotFound;
        }

        var runs = await database.List<Run>($"""
            select id, round, run_at, encode(input_sha256, 'hex') as hash, cost, bound from orders.allocation_run where order_id = {id} order by round
            """, cancel);
        var lines = (await database.List<Line>($"""
            select a.run_id as run, a.line_id as of, a.demanded, a.unserved, l.unit
              from orders.allocation_line a join orders.order_line l on l.id = a.line_id where l.order_id = {id} order by l.position
            """, cancel)).ToLookup(line => line.Run);
        var taken = (await database.List<Taken>($"""
            select run_id as run, id, line_id as line, lot_id as lot, village, offered, unit, price_ten_thousandths as price, currency, per, stage
              from orders.promise where order_id = {id} order by id
            """, cancel)).ToLookup(part => part.Run);
        var left = (await database.List<LeftOut>($"""
            select f.run_id as run, f.lot_id as lot, f.village, f.product_code as product, f.available, f.unit, f.reason, f.change_member, f.change_value
              from orders.allocation_run r cross join lateral (
                   select * from orders.allocation_left_out o where o.run_id = r.id order by o.lot_id limit 1000) f
             where r.order_id = {id}
            """, cancel)).ToLookup(lot => lot.Run);
        return new OrderAllocation(id, [.. runs.Select(run => new AllocationRunDetails(run.Round, run.RunAt, run.Hash, run.Cost, run.Bound,
            [.. lines[run.Id].Select(line => new AllocationLineDetails(line.Of, new Quantity(line.Demanded, line.Unit), new Quantity(line.Unserved, line.Unit)))],
            [.. taken[run.Id].Select(part => new AllocationTaken(part.Id, part.Line, part.Lot, part.Village, new Quantity(part.Offered, part.Unit),
                new UnitPrice(part.Price, part.Currency, part.Per), part.Stage))],
            [.. left[run.Id].Select(lot => new AllocationLeftOut(lot.Lot, lot.Village, lot.Product, new Quantity(lot.Available, lot.Unit), lot.Reason,
                lot.ChangeMember is { } member ? new AllocationChange(member, lot.ChangeValue!) : null))]))]);
    }

    private sealed record Run(Guid Id, int Round, DateTimeOffset RunAt, string Hash, decimal Cost, decimal Bound);

    private sealed record Line(Guid Run, OrderLineId Of, long Demanded, long Unserved, string Unit);

    private sealed record Taken(
        Guid Run, PromiseId Id, OrderLineId Line, LotId Lot, TerritoryCode Village, long Offered, string Unit, long Price, string Currency, string Per,
        PromiseStage Stage);

    private sealed record LeftOut(Guid Run, LotId Lot, TerritoryCode Village, ProductCode Product, long Available, string Unit, string Reason,
        string? ChangeMember, string? ChangeValue);
}
