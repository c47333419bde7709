using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Logistics.Recalls;

/// <summary>What became of recalled goods at one buyer.</summary>
/// <param name="Parts">One for every lot it was sent.</param>
public sealed record RecallAnswer([MaxLength(1000)] IReadOnlyList<WithdrawnPart> Parts);

/// <summary>What became of one lot's goods.</summary>
/// <param name="Lot">The lot.</param>
/// <param name="Withdrawn">Taken off the shelves, from 0 to what was sent; the rest was sold.</param>
public sealed record WithdrawnPart(LotId Lot, [Range(0L, Quantity.Largest)] long Withdrawn);

/// <summary>POST /v1/recalls/{id}/answer.</summary>
public static class AnswerRecall
{
    internal static void Map(RouteGroupBuilder recalls) => recalls.MapPost("/{id}/answer", Handle).WithName("answerRecall")
        .Requires(Role.RetailReceiver, Role.RetailBuyer).Moves();

    /// <summary>Say what became of recalled goods.</summary>
    /// <remarks>By the chain that was sent some, once, for all of its lots. 400 <c>parts-incomplete</c>, <c>more-than-sent</c>; 409 <c>answered-already</c>,
    /// <c>recall-closed</c>; 404 when it was sent none.</remarks>
    public static async Task<Results<Ok<RecallDetails>, ProblemHttpResult>> Handle(
        RecallId id, RecallAnswer answer, Database database, CancellationToken cancel) => Answer.Ok(await Record(id, answer, database, cancel));

    private static async Task<Outcome<RecallDetails>> Record(RecallId id, RecallAnswer answer, Database database, CancellationToken cancel)
    {
        var buyer = database.Actor.Organisation;
        var asked = await database.List<Part>($"""
            select lot_id as lot, sent from logistics.recall_part where recall_id = {id} and buyer_id = {buyer} order by lot_id
            """, cancel);
        if (asked.Count == 0)
        {
            return Refusal.NotFound;
        }

        var given = answer.Parts.GroupBy(part => part.Lot).ToDictionary(part => part.Key, part => part.ToList());
        if (given.Count != asked.Count || asked.Exists(part => given.GetValueOrDefault(part.Lot) is not [_]))
        {
            return Refusal.Invalid("#/parts", "parts-incomplete", "Name every lot that was sent once.");
        }

        if (asked.Exists(part => given[part.Lot][0].Withdrawn > part.Sent))
        {
            return Refusal.Invalid("#/parts", "more-than-sent", "No more can be withdrawn than was sent.");
        }

        await database.Execute($"""
            update logistics.recall_part p set withdrawn = a.withdrawn, answered_at = kernel.now(), answered_by = {database.Actor.Person}
              from unnest({answer.Parts.Select(part => part.Lot).ToArray()}, {answer.Parts.Select(part => part.Withdrawn).ToArray()}) as a (lot, withdrawn)
             where p.recall_id = {id} and p.buyer_id = {buyer} and p.lot_id = a.lot
            """, cancel);
        await database.Execute($"""
            select kernel.append({id}, {nameof(RecallAnswered)}, {Event.Text(new RecallAnswered(id, OrganisationId.From(buyer!.Value)))})
            """, cancel);
        return await ShowRecall.Show(id, database, cancel);
    }

    private sealed record Part(LotId Lot, long Sent);
}
