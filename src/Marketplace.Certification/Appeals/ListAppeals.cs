using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>An appeal in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">Its number.</param>
/// <param name="Kind">Appeal or complaint.</param>
/// <param name="Application">The case it is about.</param>
/// <param name="Stage">Where it stands.</param>
/// <param name="FiledAt">When it was filed.</param>
public sealed record AppealSummary(
    Guid Id, string Number, AppealKind Kind, CertificationApplicationId Application, AppealStage Stage, DateTimeOffset FiledAt);

/// <summary>GET /v1/appeals.</summary>
public static class ListAppeals
{
    internal static void Map(RouteGroupBuilder appeals) => appeals.MapGet("", Handle).WithName("listAppeals").RequiresSignIn();

    /// <summary>List the appeals you may read, newest first.</summary>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    /// <remarks>400 `bad-cursor`.</remarks>
    public static async Task<Results<Ok<Page<AppealSummary>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, [Range(1, Cursors.MostItems)] int limit = 50,
        [TextLength(400)] string? cursor = null)
    {
        Guid? after = null;
        if (cursor is not null)
        {
            if (cursors.Read("appeals", cursor) is not [var last] || !Guid.TryParse(last, out var id))
            {
                return Problems.From(Cursors.Bad);
            }

            after = id;
        }

        var rows = await database.List<AppealSummary>($"""
            select id, number, kind, application, stage, filed_at from certification.appeal
             where {Appeal.Visible(database.Actor)} and ({after} is null or id < {after}) order by id desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, "appeals", row => [row.Id.ToString()]));
    }
}
