using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Logistics.Consignments;

/// <summary>A load for one order.</summary>
/// <param name="Order">The order.</param>
/// <param name="Tenders">1 to 1,000 weighings of this order; each travels once.</param>
public sealed record ConsignmentDraft(PurchaseOrderId Order, [MinLength(1), MaxLength(1000)] IReadOnlyList<TenderId> Tenders);

/// <summary>Puts a consignment together.</summary>
public static class LoadConsignment
{
    internal static void Map(RouteGroupBuilder consignments) => consignments.MapPost("", Handle).WithName("loadConsignment")
        .Requires(Role.CollectionOperator, Role.CooperativeManager).Moves();

    /// <summary>Put a consignment together.</summary>
    /// <remarks>400 <c>tender-unknown</c> when one is not of this order, <c>tender-twice</c>; 404 for a foreign order; 409 <c>already-loaded</c> when one
    /// travels already.</remarks>
    public static async Task<Results<Created<ConsignmentDetails>, ProblemHttpResult>> Handle(
        ConsignmentDraft draft, Database database, IOrders orders, CancellationToken cancel) =>
        Answer.Created(await Load(draft, database, orders, cancel), consignment => $"/v1/consignments/{consignment.Id}");

    internal static async Task<Outcome<ConsignmentDetails>> Load(ConsignmentDraft draft, Database database, IOrders orders, CancellationToken cancel)
    {
        if (await orders.Find(draft.Order, cancel) is not { } order || order.Applicant.Value != database.Actor.Organisation)
        {
            return Refusal.NotFound;
        }

        if (draft.Tenders.Distinct().Count() != draft.Tenders.Count)
        {
            return Refusal.Invalid("#/tenders", "tender-twice", "A weighing is named twice.");
        }

        var known = await database.Value<long>($"""
            select count(*) from logistics.tender where id = any ({draft.Tenders.ToArray()}) and order_id = {draft.Order} and applicant_id = {order.Applicant}
            """, cancel);
        if (known != draft.Tenders.Count)
        {
            return Refusal.Invalid("#/tenders", "tender-unknown", "A weighing is not of this order.");
        }

        var id = ConsignmentId.New();
        var prefix = await database.Value<string>($"""
            select sscc_prefix from logistics.rule where in_force_from <= kernel.now() order by in_force_from desc limit 1
            """, cancel);
        var serial = await database.Value<int>($"select logistics.next_unit()", cancel);
        await database.Execute($"""
            insert into logistics.consignment (id, order_id, buyer_id, applicant_id, sscc, created_by)
            values ({id}, {order.Id}, {order.Buyer}, {order.Applicant}, {Sscc.Of(prefix!, serial)}, {database.Actor.Person})
            """, cancel);

        // already-loaded is the table's constraint.
        await database.Execute($"""
            insert into logistics.consignment_part (consignment_id, tender_id)
            select {id}, tender from unnest({draft.Tenders.ToArray()}) as tender order by tender
            """, cancel);
        return await ShowConsignment.Show(id, database, cancel);
    }
}
