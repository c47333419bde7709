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

/// <summary>State of a recall.</summary>
[DatabaseEnum("logistics.recall_state")]
public enum RecallState
{
    /// <summary>The goods are held; buyers are asked what became of theirs.</summary>
    Open,

    /// <summary>A false alarm: the goods may be sold again.</summary>
    Lifted,

    /// <summary>The goods stay off the market; every buyer has answered.</summary>
    Confirmed,
}

/// <summary>A recall.</summary>
/// <param name="Id">The recall.</param>
/// <param name="Number">Its number, for example <c>RC-2026-0001</c>.</param>
/// <param name="Class">1 (danger to health), 2 (possible danger) or 3 (no danger).</param>
/// <param name="Reason">Why.</param>
/// <param name="State">Its state.</param>
/// <param name="OpenedAt">Since when the goods are held.</param>
/// <param name="ClosedAt">When it ended; absent while open.</param>
/// <param name="Report">How it ended; absent while open.</param>
/// <param name="Lots">The lots; for a chain, those it was sent.</param>
/// <param name="Parts">What each buyer was sent, and what became of it; a chain sees its own.</param>
/// <param name="AnsweredPercent">Share of the parts shown that are answered, 0 to 100; 100 when nothing was sent to anybody.</param>
public sealed record RecallDetails(
    RecallId Id, string Number, int Class, string Reason, RecallState State, DateTimeOffset OpenedAt, DateTimeOffset? ClosedAt, string? Report,
    IReadOnlyList<LotId> Lots, IReadOnlyList<RecalledPart> Parts, int AnsweredPercent);

/// <summary>Goods of a recalled lot at a buyer.</summary>
/// <param name="Lot">The lot.</param>
/// <param name="Buyer">The buyer.</param>
/// <param name="Sent">What was sent and not rejected.</param>
/// <param name="Withdrawn">What the buyer took off its shelves; absent before its answer. The rest was sold.</param>
/// <param name="AnsweredAt">When it answered.</param>
public sealed record RecalledPart(LotId Lot, OrganisationId Buyer, Quantity Sent, Quantity? Withdrawn, DateTimeOffset? AnsweredAt);

/// <summary>A recall in a list.</summary>
/// <param name="Id">The recall.</param>
/// <param name="Number">Its number.</param>
/// <param name="Class">1 to 3.</param>
/// <param name="Reason">Why.</param>
/// <param name="State">Its state.</param>
/// <param name="OpenedAt">Since when.</param>
public sealed record RecallSummary(RecallId Id, string Number, int Class, string Reason, RecallState State, DateTimeOffset OpenedAt);

/// <summary>Reads recalls.</summary>
public static class ShowRecall
{
    internal static void Map(RouteGroupBuilder recalls)
    {
        recalls.MapGet("", HandleList).WithName("listRecalls").RequiresSignIn();
        recalls.MapGet("/{id}", Handle).WithName("showRecall").RequiresSignIn();
    }

    /// <summary>List recalls, newest first.</summary>
    /// <remarks>The organisation that opened one sees it, a chain those of goods it was sent, and who watches over safety all. 400 <c>bad-cursor</c>.</remarks>
    /// <param name="limit">1 to 200 entries.</param>
    /// <param name="cursor">From <c>next</c> of the page before.</param>
    public static async Task<Results<Ok<Page<RecallSummary>>, ProblemHttpResult>> HandleList(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, [Range(1, 200)] int limit = 50, string? cursor = null)
    {
        const string Query = "recalls";
        if (!cursors.After(Query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var rows = await database.List<RecallSummary>($"""
            select r.id, r.number, r.class::int as class, r.reason, r.state, r.opened_at from logistics.recall r
             where {Visible(database.Actor)} {(after is { } last ? Sql.Of($"and r.id < {last}") : Sql.Of($""))} order by r.id desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, Query, one => [one.Id.ToString()]));
    }

    /// <summary>Read a recall with what became of the goods.</summary>
    public static async Task<Results<Ok<RecallDetails>, ProblemHttpResult>> Handle(RecallId id, Database database, CancellationToken cancel) =>
        Answer.Ok(await Show(id, database, cancel));

    internal static async Task<Outcome<RecallDetails>> Show(RecallId id, Database database, CancellationToken cancel)
    {
        var actor = database.Actor;
        if (await database.Find<Row>($"""
            select r.id, r.number, r.class::int as class, r.reason, r.state, r.opened_at, r.closed_at, r.report, {Whole(actor)} as whole
              from logistics.recall r where r.id = {id} and {Visible(actor)}
            """, cancel) is not { } recall)
        {
            return Refusal.NotFound;
        }

        var parts = await database.List<Part>($"""
            select p.lot_id as lot, p.buyer_id as buyer, p.sent, p.withdrawn, p.unit, p.answered_at from logistics.recall_part p
             where p.recall_id = {id} and ({recall.Whole} or p.buyer_id = {actor.Organisation}) order by p.buyer_id, p.lot_id
            """, cancel);
        var lots = recall.Whole
            ? await database.List<LotId>($"select lot_id from logistics.recall_lot where recall_id = {id} order by lot_id", cancel)
            : [.. parts.Select(part => part.Lot)];
        return new RecallDetails(recall.Id, recall.Number, recall.Class, recall.Reason, recall.State, recall.OpenedAt, recall.ClosedAt, recall.Report, lots,
            parts.ConvertAll(part => part.Wire()), parts.Count == 0 ? 100 : 100 * parts.Count(part => part.AnsweredAt is not null) / parts.Count);
    }

    private static Sql Whole(Actor actor) => Sql.Of($"({actor.Roles.Overlaps(FollowGoods.Watching)} or r.organisation_id = {actor.Organisation})");

    private static Sql Visible(Actor actor) => Sql.Of($"""
        ({Whole(actor)} or exists (select from logistics.recall_part v where v.recall_id = r.id and v.buyer_id = {actor.Organisation}))
        """);

    private sealed record Row(
        RecallId Id, string Number, int Class, string Reason, RecallState State, DateTimeOffset OpenedAt, DateTimeOffset? ClosedAt, string? Report, bool Whole);

    private sealed record Part(LotId Lot, OrganisationId Buyer, long Sent, long? Withdrawn, string Unit, DateTimeOffset? AnsweredAt)
    {
        public RecalledPart Wire() =>
            new(Lot, Buyer, new Quantity(Sent, Unit), Withdrawn is { } amount ? new Quantity(amount, Unit) : null, AnsweredAt);
    }
}
