using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Logistics.Tenders;

/// <summary>Goods on the scale.</summary>
/// <param name="Promise">The promise they are handed in for; it is weighed once.</param>
/// <param name="Gross">With their packaging, in the promise's unit.</param>
/// <param name="Tare">The packaging alone.</param>
/// <param name="CollectionPoint">Where; may be left out where the co-operative has no more than one.</param>
/// <param name="ClientId">Made by the device, so that a weighing sent twice counts once.</param>
/// <param name="CapturedAt">When it was weighed, for devices that were offline; not in the future.</param>
public sealed record TenderDraft(
    PromiseId Promise, Quantity Gross, Quantity Tare, Guid? CollectionPoint = null, Guid? ClientId = null, DateTimeOffset? CapturedAt = null);

/// <summary>The slip of a weighing.</summary>
/// <param name="Id">The tender.</param>
/// <param name="Promise">The promise.</param>
/// <param name="Order">The order.</param>
/// <param name="Lot">The lot.</param>
/// <param name="Household">Whose goods.</param>
/// <param name="Product">What.</param>
/// <param name="CollectionPoint">Where.</param>
/// <param name="Gross">With packaging.</param>
/// <param name="Tare">The packaging alone.</param>
/// <param name="Net">Gross less tare.</param>
/// <param name="Delivered">What the promise takes: the net weight, no more than was promised.</param>
/// <param name="HandedBack">What of the net weight goes back to the household.</param>
/// <param name="RunningTotal">What the household has delivered of this product for this order so far, this one included.</param>
/// <param name="Price">The frozen price.</param>
/// <param name="WeighedAt">When it was recorded.</param>
public sealed record TenderSlip(
    TenderId Id, PromiseId Promise, PurchaseOrderId Order, LotId Lot, HouseholdId Household, ProductCode Product, Guid? CollectionPoint, Quantity Gross,
    Quantity Tare, Quantity Net, Quantity Delivered, Quantity HandedBack, Quantity RunningTotal, UnitPrice Price, DateTimeOffset WeighedAt);

/// <summary>Weighs goods in.</summary>
public static class WeighTender
{
    internal static void Map(RouteGroupBuilder tenders) =>
        tenders.MapPost("", Handle).WithName("weighTender").Requires(Role.CollectionOperator).Moves();

    /// <summary>Weigh goods in at a collection point.</summary>
    /// <remarks>A lower weight shortens the promise at once, a higher one within the tolerance is handed back. 400 <c>unit-mismatch</c>,
    /// <c>net-not-positive</c>, <c>captured-in-future</c>, <c>collection-point-unknown</c>, <c>collection-point-required</c>; 409 <c>not-confirmed</c>,
    /// <c>wrong-stage</c>, <c>above-tolerance</c>, <c>already-weighed</c>, <c>lot-held</c>, <c>client-id-reused</c>.</remarks>
    public static async Task<Results<Created<TenderSlip>, ProblemHttpResult>> Handle(
        TenderDraft draft, Database database, IOrders orders, ILotAccounts accounts, IHouseholds households, INotices notices, TimeProvider time,
        CancellationToken cancel) =>
        Answer.Created(await Weigh(draft, database, orders, accounts, households, notices, time, cancel), slip => $"/v1/tenders/{slip.Id}");

    internal static async Task<Outcome<TenderSlip>> Weigh(
        TenderDraft draft, Database database, IOrders orders, ILotAccounts accounts, IHouseholds households, INotices notices, TimeProvider time,
        CancellationToken cancel)
    {
        // The promise's row is the lock: of two weighings of one promise the second finds it weighed.
        var promise = (await orders.LockPromises([draft.Promise], cancel)).SingleOrDefault();
        var order = promise is null ? null : await orders.Find(promise.Order, cancel);
        if (promise is null || order is null || order.Applicant.Value != database.Actor.Organisation)
        {
            return Refusal.NotFound;
        }

        if (draft.ClientId is { } client && await ListTenders.OfClient(client, database, cancel) is { } before)
        {
            return before.Promise == draft.Promise && before.Gross == draft.Gross && before.Tare == draft.Tare
                ? before
                : new Refusal("client-id-reused", "This client id was used for another weighing.");
        }

        if (promise.Tendered > 0)
        {
            return new Refusal("already-weighed", "These goods were weighed before.");
        }

        if (!promise.Confirmed || promise.Amount == 0)
        {
            return new Refusal("not-confirmed", "The household has not promised these goods.");
        }

        if (order.Stage is not ("confirming" or "firm" or "dispatched" or "received" or "invoiced" or "paid" or "paid_out"))
        {
            return new Refusal("wrong-stage", "Goods are not taken in for this order now.");
        }

        var point = await Point(draft, order.Applicant, database, cancel);
        if ((Wrong(draft, promise, time.GetUtcNow()) ?? point.Refusal) is { } refusal)
        {
            return refusal;
        }

        var net = draft.Gross.Amount - draft.Tare.Amount;
        if ((Int128)net * 100 > (Int128)promise.Amount * (100 + promise.TolerancePercent))
        {
            return new Refusal("above-tolerance", "This weighs more than was promised and tolerated.");
        }

        var delivered = Math.Min(net, promise.Amount);
        var id = TenderId.New();
        if (await accounts.Tender(id.Value, promise.Lot, promise.Amount, delivered, cancel) is { } held)
        {
            return held;
        }

        await orders.Tendered(promise.Id, delivered, cancel);
        var happened = new LotTendered(id, promise.Id, promise.Order, promise.Lot, promise.Household, new Quantity(delivered, promise.Unit));
        await database.Execute($"""
            with weighed as (
                insert into logistics.tender (id, client_id, promise_id, order_id, line_id, lot_id, household_id, applicant_id, collection_point_id,
                       product_code, unit, gross, tare, net, delivered, price_ten_thousandths, currency, per, captured_at, weighed_by)
                values ({id}, {draft.ClientId}, {promise.Id}, {promise.Order}, {promise.Line}, {promise.Lot}, {promise.Household}, {order.Applicant},
                       {point.Value!.Id}, {promise.Product}, {promise.Unit}, {draft.Gross.Amount}, {draft.Tare.Amount}, {net}, {delivered},
                       {promise.Price.TenThousandths}, {promise.Price.Currency}, {promise.Price.Per}, {draft.CapturedAt}, {database.Actor.Person})
                returning promise_id)
            select kernel.append(promise_id, {nameof(LotTendered)}, {Event.Text(happened)}) from weighed
            """, cancel);
        var slip = (await ListTenders.Find(id, database, cancel))!;
        if ((await households.Of([promise.Household], cancel)).TryGetValue(promise.Household, out var card))
        {
            await notices.Send([new Notice("goods-weighed", new Dictionary<string, string>
            {
                ["order"] = order.Number,
                ["product"] = promise.Product.Value,
                ["net"] = slip.Delivered.ToString(),
                ["total"] = slip.RunningTotal.ToString(),
            }, card.Head)], cancel);
        }

        return slip;
    }

    private static Refusal? Wrong(TenderDraft draft, PromiseCard promise, DateTimeOffset now) => draft switch
    {
        _ when draft.Gross.Unit != promise.Unit => Refusal.Invalid("#/gross", "unit-mismatch", $"These goods are measured in {promise.Unit}."),
        _ when draft.Tare.Unit != promise.Unit => Refusal.Invalid("#/tare", "unit-mismatch", $"These goods are measured in {promise.Unit}."),
        _ when draft.Gross.Amount <= draft.Tare.Amount => Refusal.Invalid("#/gross", "net-not-positive", "The goods weigh more than their packaging."),
        _ when draft.CapturedAt > now => Refusal.Invalid("#/capturedAt", "captured-in-future", "The weighing cannot be in the future."),
        _ => null,
    };

    private static async Task<Outcome<WeighedAt>> Point(TenderDraft draft, OrganisationId applicant, Database database, CancellationToken cancel)
    {
        if (draft.CollectionPoint is { } named)
        {
            return await database.Find<WeighedAt>($"select id from logistics.collection_point where id = {named} and organisation_id = {applicant}", cancel)
                is { } known ? known : Refusal.Invalid("#/collectionPoint", "collection-point-unknown", "There is no such collection point.");
        }

        var all = await database.List<WeighedAt>($"select id from logistics.collection_point where organisation_id = {applicant} limit 2", cancel);
        return all.Count > 1
            ? Refusal.Invalid("#/collectionPoint", "collection-point-required", "Name the collection point.")
            : all.FirstOrDefault() ?? new WeighedAt(null);
    }

    private sealed record WeighedAt(Guid? Id);
}
