using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Logistics.Consignments;

/// <summary>Sends a consignment off.</summary>
public static class DispatchConsignment
{
    internal static void Map(RouteGroupBuilder consignments) => consignments.MapPost("/{id}/dispatch", Handle).WithName("dispatchConsignment")
        .Requires(Role.CollectionOperator, Role.CooperativeManager).Moves();

    /// <summary>Send a consignment off.</summary>
    /// <remarks>Every lot's certificate must be live now; its serial and the lot's expiry go on the despatch lines. 409 <c>wrong-stage</c> when it left
    /// already or the order is not firm; 409 <c>certificate-not-live</c>.</remarks>
    public static async Task<Results<Ok<ConsignmentDetails>, ProblemHttpResult>> Handle(
        ConsignmentId id, Database database, IOrders orders, ICertificates certificates, ILots lots, ILotAccounts accounts,
        TimeProvider time, CancellationToken cancel) =>
        Answer.Ok(await Dispatch(id, database, orders, certificates, lots, accounts, time, cancel));

    internal static async Task<Outcome<ConsignmentDetails>> Dispatch(
        ConsignmentId id, Database database, IOrders orders, ICertificates certificates, ILots lots, ILotAccounts accounts, TimeProvider time,
        CancellationToken cancel)
    {
        var consignment = await database.Find<Loaded>($"""
            select order_id as "order", stage from logistics.consignment where id = {id} and applicant_id = {database.Actor.Organisation} for update
            """, cancel);
        if (consignment is null)
        {
            return Refusal.NotFound;
        }

        if (Consignment.Next(consignment.Stage, ConsignmentStep.Dispatch) is not { } next)
        {
            return new Refusal("wrong-stage", $"A consignment that is {consignment.Stage} cannot leave.");
        }

        var parts = await database.List<LoadedPart>($"""
            select p.tender_id as tender, t.lot_id as lot from logistics.consignment_part p join logistics.tender t on t.id = p.tender_id
             where p.consignment_id = {id} order by p.tender_id
            """, cancel);
        var ids = parts.Select(part => part.Lot).Distinct().ToArray();
        if (await accounts.Leaving(ids, cancel) is { } stopped)
        {
            return stopped;
        }

        var live = (await certificates.LiveFor(ids, time.GetUtcNow(), cancel)).GroupBy(card => card.Lot)
            .ToDictionary(lot => lot.Key, lot => lot.OrderByDescending(card => card.ValidUntil).First().Serial);
        if (ids.Any(lot => !live.ContainsKey(lot)))
        {
            return new Refusal("certificate-not-live", "A lot has no live certificate now.");
        }

        var cards = await lots.Of(ids, cancel);
        await database.Execute($"""
            update logistics.consignment_part p set certificate_serial = one.serial, expires_on = one.expires_on
              from unnest({parts.Select(part => part.Tender).ToArray()}, {parts.Select(part => live[part.Lot]).ToArray()},
                   {parts.Select(part => cards[part.Lot].ExpiresOn).ToArray()}) as one (tender, serial, expires_on)
             where p.consignment_id = {id} and p.tender_id = one.tender
            """, cancel);
        if (await orders.Advance(consignment.Order, "dispatch", cancel) is { } refusal)
        {
            return refusal;
        }

        await database.Execute($"""
            with moved as (update logistics.consignment set stage = {next}, dispatched_at = kernel.now() where id = {id} returning id)
            select kernel.append(id, {nameof(ConsignmentDispatched)}, {Event.Text(new ConsignmentDispatched(id, consignment.Order))}) from moved
            """, cancel);
        return await ShowConsignment.Show(id, database, cancel);
    }

    private sealed record Loaded(PurchaseOrderId Order, ConsignmentStage Stage);

    private sealed record LoadedPart(TenderId Tender, LotId Lot);
}
