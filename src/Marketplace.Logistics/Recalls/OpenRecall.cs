using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Logistics.Traces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Logistics.Recalls;

/// <summary>Goods to call back: all lots of one lot, certificate, logistic unit or order.</summary>
/// <param name="Class">1 (danger to health), 2 (possible danger) or 3 (no danger).</param>
/// <param name="Reason">Why, as households and buyers will read it; 2 to 100 characters.</param>
/// <param name="Lot">The lot; or</param>
/// <param name="Certificate">serial of a certificate; or</param>
/// <param name="Sscc">code of a logistic unit, 18 digits; or</param>
/// <param name="Order">the order.</param>
public sealed record RecallDraft(
    [Range(1, 3)] int Class, [TextLength(100, MinimumLength = 2)] string Reason, LotId? Lot = null, [TextLength(20)] string? Certificate = null,
    [RegularExpression("^[0-9]{18}$")] string? Sscc = null, PurchaseOrderId? Order = null);

/// <summary>POST /v1/recalls.</summary>
public static class OpenRecall
{
    internal static void Map(RouteGroupBuilder recalls) => recalls.MapPost("", Handle).WithName("openRecall").InPersonOnly()
        .Requires(Role.QualityManager, Role.CooperativeManager).Moves();

    /// <summary>Call goods back.</summary>
    /// <remarks>In one step the lots are held, what was reserved and promised of them ends, what is on its way is flagged, and households and every buyer that
    /// was sent some are told. The quality manager calls back any goods, a co-operative what it sells. 400 <c>one-start</c>; 404 when nothing is found.</remarks>
    public static async Task<Results<Created<RecallDetails>, ProblemHttpResult>> Handle(
        RecallDraft draft, Database database, ILots lots, ICertificates certificates, IStoppedGoods goods, IHouseholds households, IPeople people, INotices notices,
        CancellationToken cancel) =>
        Answer.Created(await Open(draft, database, lots, certificates, goods, households, people, notices, cancel), recall => $"/v1/recalls/{recall.Id}");

    private static async Task<Outcome<RecallDetails>> Open(
        RecallDraft draft, Database database, ILots lots, ICertificates certificates, IStoppedGoods goods, IHouseholds households, IPeople people, INotices notices,
        CancellationToken cancel)
    {
        var trace = await FollowGoods.Follow(new TraceStart(draft.Lot, draft.Certificate, draft.Sscc, draft.Order), database, lots, certificates, cancel);
        if (trace.Refusal is { } refused)
        {
            return refused;
        }

        // Held first: what is still being answered, loaded or sent waits here, and is in the list of who has goods or does not leave.
        List<LotId> recalled = [.. trace.Value!.Lots.Select(lot => lot.Lot)];
        if (await goods.Stop(recalled, draft.Reason, cancel) is { } busy)
        {
            return busy;
        }

        var (id, actor) = (RecallId.New(), database.Actor);
        await database.Execute($"""
            insert into logistics.recall (id, number, class, reason, organisation_id, opened_by)
            values ({id}, logistics.next_recall(), {draft.Class}, {draft.Reason}, {actor.Organisation}, {actor.Person})
            """, cancel);
        await database.Execute($"insert into logistics.recall_lot (recall_id, lot_id) select {id}, lot from unnest({recalled.ToArray()}) as lot", cancel);
        await database.Execute($"""
            insert into logistics.recall_part (recall_id, lot_id, buyer_id, unit, sent)
            select {id}, t.lot_id, c.buyer_id, t.unit, sum(coalesce(r.accepted, t.delivered))
              from logistics.tender t join logistics.consignment_part p on p.tender_id = t.id join logistics.consignment c on c.id = p.consignment_id
              left join logistics.receipt_part r on r.tender_id = t.id
             where t.lot_id = any({recalled.ToArray()}) and c.stage <> 'loading'
             group by t.lot_id, c.buyer_id, t.unit having sum(coalesce(r.accepted, t.delivered)) > 0
            """, cancel);
        await database.Execute($"""
            select kernel.append({id}, {nameof(RecallOpened)}, {Event.Text(new RecallOpened(id, draft.Class, recalled))})
            """, cancel);
        var recall = (await ShowRecall.Show(id, database, cancel)).Value!;
        await Tell(recall, trace.Value.Lots, lots, households, people, notices, cancel);
        return recall;
    }

    private static async Task Tell(
        RecallDetails recall, IReadOnlyList<TracedLot> traced, ILots lots, IHouseholds households, IPeople people, INotices notices, CancellationToken cancel)
    {
        var cards = await lots.Of(recall.Lots, cancel);
        var homes = await households.Of([.. cards.Values.Select(card => card.Household).Distinct()], cancel);
        var told = new HashSet<PersonId>(homes.Values.Select(home => home.Head));
        foreach (var buyer in recall.Parts.Select(part => part.Buyer).Distinct())
        {
            told.UnionWith(await people.Holding(Role.RetailReceiver, buyer, null, cancel));
            told.UnionWith(await people.Holding(Role.RetailBuyer, buyer, null, cancel));
        }

        var values = new Dictionary<string, string>
        {
            ["number"] = recall.Number,
            ["product"] = string.Join(", ", traced.Select(lot => lot.Product.Value).Distinct().Order(StringComparer.Ordinal)),
            ["reason"] = recall.Reason,
        };
        await notices.Send([.. told.OrderBy(person => person.Value).Select(person => new Notice("goods-recalled", values, person))], cancel);
    }
}
