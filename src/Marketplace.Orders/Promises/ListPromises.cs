using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Orders.Promises;

/// <summary>What a household was asked and what it promised.</summary>
/// <param name="Id">The promise.</param>
/// <param name="Order">The order.</param>
/// <param name="OrderNumber">Its number.</param>
/// <param name="Line">The order line.</param>
/// <param name="Lot">The lot.</param>
/// <param name="Household">The household; not shown to the chain.</param>
/// <param name="Product">What.</param>
/// <param name="Village">Where it is.</param>
/// <param name="State">Its state.</param>
/// <param name="Offered">What was asked.</param>
/// <param name="Confirmed">What the household promised; absent before its answer.</param>
/// <param name="Amount">What is promised now: nothing once weighed in.</param>
/// <param name="Tendered">What was weighed in.</param>
/// <param name="Price">The frozen price.</param>
/// <param name="AnswerBy">Until when the household may answer.</param>
/// <param name="AnsweredAt">When it was answered or ended.</param>
/// <param name="StoppedAt">When the goods' certificate was suspended or withdrawn; keep goods of a tendered promise apart while it is set.</param>
public sealed record PromiseDetails(
    PromiseId Id, PurchaseOrderId Order, string OrderNumber, OrderLineId Line, LotId Lot, HouseholdId? Household, ProductCode Product, TerritoryCode Village,
    PromiseStage State, Quantity Offered, Quantity? Confirmed, Quantity Amount, Quantity Tendered, UnitPrice Price, DateTimeOffset AnswerBy,
    DateTimeOffset? AnsweredAt, DateTimeOffset? StoppedAt);

/// <summary>Lists promises.</summary>
public static class ListPromises
{
    private const string States = "^(offered|confirmed|declined|silent|stopped)$";

    internal static void Map(RouteGroupBuilder promises) => promises.MapGet("", Handle).WithName("listPromises").RequiresSignIn();

    /// <summary>List promises, newest first.</summary>
    /// <remarks>Without a filter, those of one's own household. With <c>household</c>, those of a household one acts for. With <c>order</c>, all of an
    /// order, for the chain (villages and amounts only) and the co-operative that sells. 400 <c>bad-cursor</c>; 404 for a foreign household or order.</remarks>
    /// <param name="order">Only promises of this order.</param>
    /// <param name="household">Only promises of this household.</param>
    /// <param name="state">Only promises in this state.</param>
    /// <param name="limit">1 to 200 entries.</param>
    /// <param name="cursor">From <c>next</c> of the page before.</param>
    public static async Task<Results<Ok<Page<PromiseDetails>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, IHouseholds households, Cursors cursors, CancellationToken cancel, PurchaseOrderId? order = null,
        HouseholdId? household = null, [RegularExpression(States)] string? state = null, [Range(1, 200)] int limit = 50, string? cursor = null)
    {
        var query = $"promises {order} {household} {state}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var whose = await Whose(order, household, database, households, cancel);
        if (whose.Refusal is { } refusal)
        {
            return Problems.From(refusal);
        }

        var rows = await database.List<PromiseRow>($"""
            select {PromiseRow.Columns} from orders.promise p join orders.purchase_order o on o.id = p.order_id
             where {whose.Value!.Where} {(Wire.Label<PromiseStage>(state) is { } only ? Sql.Of($"and p.stage = {only}") : Sql.Of($""))}
               {(after is { } last ? Sql.Of($"and p.id < {last}") : Sql.Of($""))}
             order by p.id desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows.ConvertAll(row => row.Details(whose.Value.ShowHousehold)), limit, query,
            promise => [promise.Id.ToString()]));
    }

    internal static Task<PromiseRow?> Find(PromiseId id, Database database, CancellationToken cancel) => database.Find<PromiseRow>($"""
        select {PromiseRow.Columns} from orders.promise p join orders.purchase_order o on o.id = p.order_id where p.id = {id}
        """, cancel);

    private static async Task<Outcome<Scope>> Whose(
        PurchaseOrderId? order, HouseholdId? household, Database database, IHouseholds households, CancellationToken cancel)
    {
        if (household is null && order is { } id)
        {
            var organisation = database.Actor.Organisation;
            return await database.Value<string>($"""
                select case when applicant_id = {organisation} then 'applicant' else 'buyer' end from orders.purchase_order
                 where id = {id} and (buyer_id = {organisation} or applicant_id = {organisation} and placed_at is not null)
                """, cancel) switch
            {
                null => Refusal.NotFound,
                var side => new Scope(Sql.Of($"p.order_id = {id}"), side == "applicant"),
            };
        }

        if (household is null && database.Actor.Household is null)
        {
            return new Scope(Sql.Of($"false"), true);
        }

        var acted = household ?? HouseholdId.From(database.Actor.Household!.Value);
        if ((await households.ToActFor(acted, cancel)).Refusal is { } refusal)
        {
            return refusal;
        }

        return new Scope(order is { } only ? Sql.Of($"p.household_id = {acted} and p.order_id = {only}") : Sql.Of($"p.household_id = {acted}"), true);
    }

    private sealed record Scope(Sql Where, bool ShowHousehold);
}

internal sealed record PromiseRow(
    PromiseId Id, PurchaseOrderId Order, string OrderNumber, OrderLineId Line, LotId Lot, HouseholdId? Household, ProductCode Product, TerritoryCode Village,
    PromiseStage Stage, string Unit, long Offered, long? Confirmed, long Amount, long Tendered, long Price, string Currency, string Per,
    DateTimeOffset AnswerBy, DateTimeOffset? AnsweredAt, DateTimeOffset? StoppedAt)
{
    public static Sql Columns => Sql.Of($"""
        p.id, p.order_id as "order", o.number as order_number, p.line_id as line, p.lot_id as lot, p.household_id as household, p.product_code as product,
        p.village, p.stage, p.unit, p.offered, p.confirmed, p.amount, p.tendered, p.price_ten_thousandths as price, p.currency, p.per, p.answer_by,
        p.answered_at, p.stopped_at
        """);

    public PromiseDetails Details(bool showHousehold) => new(Id, Order, OrderNumber, Line, Lot, showHousehold ? Household : null, Product, Village, Stage,
        new Quantity(Offered, Unit), Confirmed is { } confirmed ? new Quantity(confirmed, Unit) : null, new Quantity(Amount, Unit),
        new Quantity(Tendered, Unit), new UnitPrice(Price, Currency, Per), AnswerBy, AnsweredAt, StoppedAt);
}
