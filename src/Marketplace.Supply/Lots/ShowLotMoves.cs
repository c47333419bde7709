using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Supply.Lots;

/// <summary>What moved in a lot's account.</summary>
[DatabaseEnum("supply.move_kind")]
public enum LotMoveKind
{
    /// <summary>The household declared it.</summary>
    Declare,

    /// <summary>A certificate credited it.</summary>
    Credit,

    /// <summary>Available became reserved.</summary>
    Reserve,

    /// <summary>Reserved became available again.</summary>
    Release,

    /// <summary>Reserved became promised.</summary>
    Promise,

    /// <summary>Promised became available again.</summary>
    Unpromise,

    /// <summary>Promised was weighed in.</summary>
    Tender,

    /// <summary>The lot was held.</summary>
    Hold,

    /// <summary>A hold was lifted.</summary>
    Lift,

    /// <summary>A certificate took the place of another.</summary>
    Recredit,

    /// <summary>An inspector counted less than was declared.</summary>
    Count,
}

/// <summary>One move of a lot's account, in the lot's smallest step.</summary>
/// <param name="Number">Grows with time.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Cause">The application, certificate, order, promise or tender behind it.</param>
/// <param name="Ceiling">Change of what can be there at most.</param>
/// <param name="Certified">Change of the certified balance.</param>
/// <param name="Reserved">Change of the reserved balance.</param>
/// <param name="Promised">Change of the promised balance.</param>
/// <param name="Delivered">Change of the delivered balance.</param>
/// <param name="RecordedAt">When.</param>
public sealed record LotMove(
    long Number, LotMoveKind Kind, Guid Cause, long Ceiling, long Certified, long Reserved, long Promised, long Delivered, DateTimeOffset RecordedAt);

/// <summary>Shows the history of a lot's account.</summary>
public static class ShowLotMoves
{
    internal static void Map(RouteGroupBuilder lots) => lots.MapGet("/{id}/moves", Handle).WithName("showLotMoves")
        .Requires(Role.Producer, Role.VillageAgent, Role.CooperativeManager, Role.PlatformAdministrator, Role.Auditor);

    /// <summary>Show every move of a lot's account, oldest first.</summary>
    /// <remarks>404 when the caller may not act for its household; 400 <c>bad-cursor</c>.</remarks>
    public static async Task<Results<Ok<Page<LotMove>>, ProblemHttpResult>> Handle(
        LotId id, HttpContext http, Database database, IHouseholds households, Cursors cursors, CancellationToken cancel,
        [Range(1, Cursors.MostItems)] int limit = 50, string? cursor = null)
    {
        var query = $"moves {id}";
        var after = cursor is null ? [] : cursors.Read(query, cursor);
        if (after is null)
        {
            return Problems.From(Cursors.Bad);
        }

        if (await ShowLot.Find(id, database, cancel) is not { } lot || !await ShowLot.MayRead(lot.Household, database, households, cancel))
        {
            return Problems.From(Refusal.NotFound);
        }

        var last = after is [var number] ? long.Parse(number, CultureInfo.InvariantCulture) : 0;
        var rows = await database.List<LotMove>($"""
            select id as number, kind, cause, ceiling, certified, reserved, promised, delivered, recorded_at from supply.lot_move
             where lot_id = {id} and id > {last} order by id limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, query, move => [move.Number.ToString(CultureInfo.InvariantCulture)]));
    }
}
