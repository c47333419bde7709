using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Orders.PurchaseOrders;

/// <summary>Reads one order.</summary>
public static class ShowOrder
{
    internal static void Map(RouteGroupBuilder orders) => orders.MapGet("/{id}", Handle).WithName("showOrder").RequiresSignIn();

    /// <summary>Read an order and how firm it is.</summary>
    /// <remarks>For the chain, and once placed for the co-operative that sells. 404 for anybody else.</remarks>
    public static async Task<Results<Ok<OrderDetails>, ProblemHttpResult>> Handle(
        PurchaseOrderId id, HttpContext http, Database database, CancellationToken cancel) =>
        Answer.Versioned(http, await Show(id, database, cancel), order => order.Version);

    internal static async Task<Outcome<OrderDetails>> Show(PurchaseOrderId id, Database database, CancellationToken cancel)
    {
        var order = await database.Find<PurchaseOrder>($"""
            select {PurchaseOrder.Columns} from orders.purchase_order o where o.id = {id} and {PurchaseOrder.Readable(database.Actor)}
            """, cancel);
        if (order is null)
        {
            return Refusal.NotFound;
        }

        var lines = await database.List<Line>($"""
            select l.id, l.position, l.product_code as product, l.amount, l.unit, l.tolerance_percent, l.max_price, l.currency, l.per, l.delivery_place,
                   l.delivery_territory, l.window_from, l.window_to, l.min_remaining_shelf_life_days,
                   array_to_string(l.accepted_territories, ',') as accepted,
                   coalesce(sum(p.offered) filter (where p.stage = 'offered'), 0)::bigint as offered,
                   coalesce(sum(p.amount), 0)::bigint as confirmed, coalesce(sum(p.tendered), 0)::bigint as tendered
              from orders.order_line l left join orders.promise p on p.line_id = l.id
             where l.order_id = {id} group by l.id order by l.position
            """, cancel);
        return new OrderDetails(order.Id, order.Number, order.Buyer, order.Applicant, order.Stage, order.Currency, order.PaymentTermDays, order.ConfirmBy,
            order.MinimumFillPercent, new Money(order.ValueAtMaximum, order.Currency), order.PlacedAt is null ? null : Fill(lines), order.CreatedAt,
            order.PlacedAt, order.FirmAt, order.CancelledAt, order.Version, [.. lines.Select(line => line.Details())]);
    }

    private static int Fill(List<Line> lines)
    {
        Int128 ordered = 0, filled = 0;
        foreach (var line in lines)
        {
            var steps = Units.Find(line.Per)!.Steps;
            ordered += (Int128)line.MaxPrice * line.Amount * 1_000_000 / steps;
            filled += (Int128)line.MaxPrice * Math.Min(line.Amount, line.Confirmed + line.Tendered) * 1_000_000 / steps;
        }

        return ordered == 0 ? 0 : (int)(filled * 100 / ordered);
    }

    private sealed record Line(
        OrderLineId Id, int Position, ProductCode Product, long Amount, string Unit, int TolerancePercent, long MaxPrice, string Currency, string Per,
        string DeliveryPlace, TerritoryCode DeliveryTerritory, DateOnly WindowFrom, DateOnly WindowTo, int MinRemainingShelfLifeDays, string Accepted,
        long Offered, long Confirmed, long Tendered)
    {
        public OrderLineDetails Details() => new(Id, Position, Product, new Quantity(Amount, Unit), TolerancePercent, new UnitPrice(MaxPrice, Currency, Per),
            DeliveryPlace, DeliveryTerritory, WindowFrom, WindowTo, MinRemainingShelfLifeDays,
            [.. Accepted.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(TerritoryCode.From)],
            new Quantity(Offered, Unit), new Quantity(Confirmed, Unit), new Quantity(Tendered, Unit),
            new Quantity(Math.Max(0, Amount - Offered - Confirmed - Tendered), Unit));
    }
}
