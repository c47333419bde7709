using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Logistics.Recalls;

/// <summary>How a recall ended.</summary>
/// <param name="Confirmed">True: the goods stay off the market. False: a false alarm, they may be sold again.</param>
/// <param name="Report">What was found; 2 to 2,000 characters.</param>
public sealed record RecallEnd(bool Confirmed, [TextLength(2000, MinimumLength = 2)] string Report);

/// <summary>POST /v1/recalls/{id}/closure.</summary>
public static class CloseRecall
{
    internal static void Map(RouteGroupBuilder recalls) => recalls.MapPost("/{id}/closure", Handle).WithName("closeRecall").InPersonOnly()
        .Requires(Role.QualityManager).Moves();

    /// <summary>Close a recall.</summary>
    /// <remarks>By a quality manager who did not open it. A false alarm ends at once and the goods can be sold again; otherwise every buyer has to have
    /// answered, and the goods stay held. 409 <c>own-work</c>, <c>responses-missing</c>, <c>recall-closed</c>.</remarks>
    public static async Task<Results<Ok<RecallDetails>, ProblemHttpResult>> Handle(
        RecallId id, RecallEnd end, Database database, IStoppedGoods goods, CancellationToken cancel) => Answer.Ok(await Close(id, end, database, goods, cancel));

    private static async Task<Outcome<RecallDetails>> Close(RecallId id, RecallEnd end, Database database, IStoppedGoods goods, CancellationToken cancel)
    {
        // The constraints refuse; the row's lock lets one of two closings through.
        var state = end.Confirmed ? RecallState.Confirmed : RecallState.Lifted;
        var closed = await database.Execute($"""
            with closed as (
                update logistics.recall set state = {state}, closed_at = kernel.now(), closed_by = {database.Actor.Person}, report = {end.Report}
                 where id = {id} returning id)
            select kernel.append(id, {nameof(RecallClosed)}, {Event.Text(new RecallClosed(id, end.Confirmed))}) from closed
            """, cancel);
        if (closed == 0)
        {
            return Refusal.NotFound;
        }

        var lots = await database.List<LotId>($"select lot_id from logistics.recall_lot where recall_id = {id} order by lot_id", cancel);
        if (!end.Confirmed && await goods.Resume(lots, cancel) is { } refused)
        {
            return refused;
        }

        return await ShowRecall.Show(id, database, cancel);
    }
}
