using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Logistics.CollectionPoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Logistics.Tenders;

/// <summary>Lists weighings.</summary>
public static class ListTenders
{
    internal static void Map(RouteGroupBuilder tenders)
    {
        tenders.MapGet("", Handle).WithName("listTenders").RequiresSignIn();
        tenders.MapGet("/{id}", HandleOne).WithName("showTender").RequiresSignIn();
    }

    /// <summary>List weighings, newest first.</summary>
    /// <remarks>The co-operative sees those it took in, a household its own; with <c>household</c>, those of a household one acts for.
    /// 400 <c>bad-cursor</c>; 404 for a foreign household.</remarks>
    /// <param name="order">Only weighings for this order.</param>
    /// <param name="household">Only weighings of this household.</param>
    /// <param name="limit">1 to 200 entries.</param>
    /// <param name="cursor">From <c>next</c> of the page before.</param>
    public static async Task<Results<Ok<Page<TenderSlip>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, IHouseholds households, Cursors cursors, CancellationToken cancel, PurchaseOrderId? order = null,
        HouseholdId? household = null, [Range(1, 200)] int limit = 50, string? cursor = null)
    {
        var query = $"tenders {order} {household}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var whose = Own(database.Actor);
        if (household is { } acted)
        {
            if ((await households.ToActFor(acted, cancel)).Refusal is { } refusal)
            {
                return Problems.From(refusal);
            }

            whose = Sql.Of($"t.household_id = {acted}");
        }

        var rows = await database.List<TenderRow>($"""
            select {TenderRow.Columns} from logistics.tender t
             where {whose} {(order is { } only ? Sql.Of($"and t.order_id = {only}") : Sql.Of($""))}
               {(after is { } last ? Sql.Of($"and t.id < {last}") : Sql.Of($""))}
             order by t.id desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows.ConvertAll(row => row.Slip()), limit, query, slip => [slip.Id.ToString()]));
    }

    /// <summary>Read one weighing.</summary>
    /// <remarks>404 unless it is the co-operative's or the household's own.</remarks>
    public static async Task<Results<Ok<TenderSlip>, ProblemHttpResult>> HandleOne(TenderId id, Database database, CancellationToken cancel)
    {
        var row = await database.Find<TenderRow>($"select {TenderRow.Columns} from logistics.tender t where t.id = {id} and {Own(database.Actor)}", cancel);
        return row is null ? Problems.From(Refusal.NotFound) : TypedResults.Ok(row.Slip());
    }

    internal static async Task<TenderSlip?> Find(TenderId id, Database database, CancellationToken cancel) =>
        (await database.Find<TenderRow>($"select {TenderRow.Columns} from logistics.tender t where t.id = {id}", cancel))?.Slip();

    internal static async Task<TenderSlip?> OfClient(Guid client, Database database, CancellationToken cancel) =>
        (await database.Find<TenderRow>($"select {TenderRow.Columns} from logistics.tender t where t.client_id = {client}", cancel))?.Slip();

    private static Sql Own(Actor actor) => Sql.Of($"(t.applicant_id = {actor.Organisation} or t.household_id = {actor.Household})");
}

internal sealed record TenderRow(
    TenderId Id, PromiseId Promise, PurchaseOrderId Order, LotId Lot, HouseholdId Household, ProductCode Product, Guid? Point, string Unit, long Gross,
    long Tare, long Net, long Delivered, long Total, long Price, string Currency, string Per, DateTimeOffset WeighedAt)
{
    public static Sql Columns => Sql.Of($"""
        t.id, t.promise_id as promise, t.order_id as "order", t.lot_id as lot, t.household_id as household, t.product_code as product,
        t.collection_point_id as point, t.unit, t.gross, t.tare, t.net, t.delivered,
        (select sum(o.delivered)::bigint from logistics.tender o where o.household_id = t.household_id and o.order_id = t.order_id
            and o.product_code = t.product_code and o.id <= t.id) as total,
        t.price_ten_thousandths as price, t.currency, t.per, t.weighed_at
        """);

    public TenderSlip Slip() => new(Id, Promise, Order, Lot, Household, Product, Point, new Quantity(Gross, Unit), new Quantity(Tare, Unit),
        new Quantity(Net, Unit), new Quantity(Delivered, Unit), new Quantity(Net - Delivered, Unit), new Quantity(Total, Unit),
        new UnitPrice(Price, Currency, Per), WeighedAt);
}
