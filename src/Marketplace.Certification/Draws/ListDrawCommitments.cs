using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>What is fixed of a day's draws before they are made.</summary>
/// <param name="Day">The day (UTC).</param>
/// <param name="Commitment">SHA-256 of the day's seed, hex.</param>
/// <param name="CommittedAt">When it was fixed.</param>
/// <param name="Seed">The seed, hex; absent until the day is over.</param>
public sealed record DrawCommitment(DateOnly Day, string Commitment, DateTimeOffset CommittedAt, string? Seed);

/// <summary>GET /v1/draw-commitments.</summary>
public static class ListDrawCommitments
{
    internal static void Map(RouteGroupBuilder commitments) => commitments.MapGet("", Handle).WithName("listDrawCommitments").Anyone();

    /// <summary>List the days' commitments, newest first, with the seeds of days that are over.</summary>
    /// <remarks>Keep a copy of a day's commitment: its draws can then be checked without trusting anybody. 400 `bad-cursor`.</remarks>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    public static async Task<Results<Ok<Page<DrawCommitment>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, [Range(1, Cursors.MostItems)] int limit = 50,
        [TextLength(400)] string? cursor = null)
    {
        const string query = "draw-commitments";
        var before = DateOnly.MaxValue;
        if (cursor is not null)
        {
            if (cursors.Read(query, cursor) is not [var last] || !DateOnly.TryParseExact(last, "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out before))
            {
                return Problems.From(Cursors.Bad);
            }
        }

        var rows = await database.List<DrawCommitment>($"""
            select d.day, encode(d.commitment, 'hex') as commitment, d.committed_at, encode(r.seed, 'hex') as seed
              from certification.draw_day d left join certification.draw_reveal r on r.day = d.day
             where d.day < {before} order by d.day desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, query, row => [row.Day.ToString("O", CultureInfo.InvariantCulture)]));
    }
}
