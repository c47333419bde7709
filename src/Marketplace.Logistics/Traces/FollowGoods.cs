using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Logistics.Receipts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Logistics.Traces;

/// <summary>Goods followed back to where they grew and on to everywhere they went.</summary>
/// <param name="Lots">The lots they are of, in order of id.</param>
/// <param name="Moves">Every weighing of these lots the reader may see, with its consignment and receipt; in order of time.</param>
public sealed record GoodsTrace(IReadOnlyList<TracedLot> Lots, IReadOnlyList<TracedMove> Moves);

/// <summary>A lot in a trace.</summary>
/// <param name="Lot">The lot.</param>
/// <param name="Product">What.</param>
/// <param name="Village">Where it grew.</param>
/// <param name="Household">Whose it is; shown to the household, the co-operative that sells and the quality manager.</param>
/// <param name="ReadyOn">First day it could be handed in.</param>
/// <param name="ExpiresOn">Last day of its shelf life.</param>
/// <param name="Declared">What the household declared.</param>
/// <param name="Weighed">What was weighed in of it, over the moves shown.</param>
/// <param name="Accepted">What buyers accepted of it, over the moves shown.</param>
/// <param name="Rejected">What they rejected.</param>
public sealed record TracedLot(
    LotId Lot, ProductCode Product, TerritoryCode Village, HouseholdId? Household, DateOnly ReadyOn, DateOnly ExpiresOn, Quantity Declared, Quantity Weighed,
    Quantity Accepted, Quantity Rejected);

/// <summary>One weighed part of a lot on its way.</summary>
/// <param name="Tender">The weighing.</param>
/// <param name="Lot">Of which lot.</param>
/// <param name="Order">For which order.</param>
/// <param name="Quantity">What travels.</param>
/// <param name="WeighedAt">When it was weighed.</param>
/// <param name="CollectionPoint">Where it was weighed; absent when not recorded.</param>
/// <param name="Consignment">The consignment; absent while it waits at the point.</param>
/// <param name="Sscc">The logistic unit's code.</param>
/// <param name="CertificateSerial">The certificate that was live at dispatch.</param>
/// <param name="DispatchedAt">When it left; absent before.</param>
/// <param name="Buyer">To whom it goes.</param>
/// <param name="ReceivedAt">When it was received; absent before.</param>
/// <param name="Accepted">What the buyer accepted.</param>
/// <param name="Rejected">What the buyer rejected.</param>
/// <param name="Reason">Why.</param>
public sealed record TracedMove(
    TenderId Tender, LotId Lot, PurchaseOrderId Order, Quantity Quantity, DateTimeOffset WeighedAt, Guid? CollectionPoint, ConsignmentId? Consignment,
    string? Sscc, string? CertificateSerial, DateTimeOffset? DispatchedAt, OrganisationId? Buyer, DateTimeOffset? ReceivedAt, Quantity? Accepted,
    Quantity? Rejected, RejectReason? Reason);

/// <summary>GET /v1/traces.</summary>
public static class FollowGoods
{
    private static readonly Refusal OneStart = Refusal.Invalid("#/lot", "one-start", "Name one of lot, certificate, sscc and order.");
    /// <summary>Who watches over safety and sees goods and recalls whole.</summary>
    internal static readonly IReadOnlyList<string> Watching = [Role.QualityManager, Role.DistrictOfficer, Role.ProjectOfficer, Role.Auditor];

    internal static void Map(RouteGroupBuilder traces) => traces.MapGet("", Handle).WithName("followGoods").RequiresSignIn();

    /// <summary>Follow goods back to their lots and on to everywhere these went, in one call.</summary>
    /// <remarks>From one lot, certificate, logistic unit or order. A household sees its own lots, a co-operative what it sells, a chain what was sent to it;
    /// quality managers, district officers, the project office and auditors see all of it. 400 <c>one-start</c>; 404 when nothing of it is the reader's.</remarks>
    /// <param name="lot">The lot.</param>
    /// <param name="certificate">Serial of a certificate.</param>
    /// <param name="sscc">Code of a logistic unit, 18 digits.</param>
    /// <param name="order">The order.</param>
    public static async Task<Results<Ok<GoodsTrace>, ProblemHttpResult>> Handle(
        Database database, ILots lots, ICertificates certificates, CancellationToken cancel, LotId? lot = null,
        [TextLength(20)] string? certificate = null, [RegularExpression("^[0-9]{18}$")] string? sscc = null, PurchaseOrderId? order = null) =>
        Answer.Ok(await Follow(new TraceStart(lot, certificate, sscc, order), database, lots, certificates, cancel));

    internal static async Task<Outcome<GoodsTrace>> Follow(
        TraceStart start, Database database, ILots lots, ICertificates certificates, CancellationToken cancel)
    {
        if (!start.IsOne)
        {
            return OneStart;
        }

        var actor = database.Actor;
        var all = actor.Roles.Overlaps(Watching);
        var begun = await Lots(start, all, database, certificates, cancel);
        var moves = await database.List<Move>($"""
            select t.id as tender, t.lot_id as lot, t.order_id as "order", t.delivered, t.unit, t.weighed_at, t.collection_point_id as collection_point,
                   c.id as consignment, c.sscc, p.certificate_serial, c.dispatched_at, c.buyer_id as buyer, x.received_at, r.accepted, r.rejected, r.reason,
                   t.household_id as household, t.applicant_id as applicant
              from logistics.tender t
              left join logistics.consignment_part p on p.tender_id = t.id
              left join logistics.consignment c on c.id = p.consignment_id
              left join logistics.receipt_part r on r.tender_id = t.id
              left join logistics.receipt x on x.id = r.receipt_id
             where t.lot_id = any({begun.ToArray()}) and {Visible(actor, all)}
             order by t.weighed_at, t.id
            """, cancel);
        var known = await lots.Of([.. moves.Select(move => move.Lot).Concat(begun).Distinct()], cancel);
        var shown = known.Values.Where(card => all || card.Household.Value == actor.Household || moves.Exists(move => move.Lot == card.Id))
            .OrderBy(card => card.Id.Value);
        var byLot = moves.ToLookup(move => move.Lot);
        List<TracedLot> traced = [.. shown.Select(card => Traced(card, byLot[card.Id].ToList(), actor))];
        return traced.Count == 0 ? Refusal.NotFound : new GoodsTrace(traced, moves.ConvertAll(move => move.Wire()));
    }

    /// <summary>The lots where the trace begins; those of a unit or order only as far as the reader may see it.</summary>
    private static async Task<IReadOnlyList<LotId>> Lots(TraceStart start, bool all, Database database, ICertificates certificates, CancellationToken cancel)
    {
        if (start.Lot is { } lot)
        {
            return [lot];
        }

        if (start.Certificate is { } serial)
        {
            return await certificates.LotOf(serial, cancel) is { } certified ? [certified] : [];
        }

        return await database.List<LotId>($"""
            select distinct t.lot_id from logistics.tender t
              left join logistics.consignment_part p on p.tender_id = t.id left join logistics.consignment c on c.id = p.consignment_id
             where {(start.Sscc is { } sscc ? Sql.Of($"c.sscc = {sscc}") : Sql.Of($"t.order_id = {start.Order}"))} and {Visible(database.Actor, all)}
            """, cancel);
    }

    private static Sql Visible(Actor actor, bool all) => all ? Sql.Of($"true") : Sql.Of($"""
        (t.household_id = {actor.Household} or t.applicant_id = {actor.Organisation} or c.buyer_id = {actor.Organisation} and c.stage <> 'loading')
        """);

    private static TracedLot Traced(LotCard card, List<Move> moves, Actor actor)
    {
        var named = card.Household.Value == actor.Household || actor.Roles.Contains(Role.QualityManager)
            || moves.Exists(move => move.Applicant.Value == actor.Organisation);
        Quantity Sum(Func<Move, long?> part) => new(moves.Sum(part) ?? 0, card.Declared.Unit);
        return new TracedLot(card.Id, card.Product, card.Village, named ? card.Household : null, card.ReadyOn, card.ExpiresOn, card.Declared,
            Sum(move => move.Delivered), Sum(move => move.Accepted), Sum(move => move.Rejected));
    }

    private sealed record Move(
        TenderId Tender, LotId Lot, PurchaseOrderId Order, long Delivered, string Unit, DateTimeOffset WeighedAt, Guid? CollectionPoint,
        ConsignmentId? Consignment, string? Sscc, string? CertificateSerial, DateTimeOffset? DispatchedAt, OrganisationId? Buyer, DateTimeOffset? ReceivedAt,
        long? Accepted, long? Rejected, RejectReason? Reason, HouseholdId Household, OrganisationId Applicant)
    {
        public TracedMove Wire() => new(Tender, Lot, Order, new Quantity(Delivered, Unit), WeighedAt, CollectionPoint, Consignment, Sscc, CertificateSerial,
            DispatchedAt, Buyer, ReceivedAt, Part(Accepted), Part(Rejected), Reason);

        private Quantity? Part(long? amount) => amount is { } known ? new Quantity(known, Unit) : null;
    }
}

/// <summary>Where a trace begins.</summary>
internal sealed record TraceStart(LotId? Lot, string? Certificate, string? Sscc, PurchaseOrderId? Order)
{
    public bool IsOne => ((bool[])[Lot is not null, Certificate is not null, Sscc is not null, Order is not null]).Count(named => named) == 1;
}
