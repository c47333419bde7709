using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A draw, complete enough to be made again.</summary>
/// <param name="Number">1, 2, 3 … within the application.</param>
/// <param name="Day">The day (UTC) whose seed it comes from.</param>
/// <param name="Commitment">SHA-256 of the day's seed, hex; published before the day's first draw.</param>
/// <param name="Seed">Hex of HMAC-SHA256, keyed with the day's seed, of the application's id, a bar and the number.</param>
/// <param name="Cause">Why it was made.</param>
/// <param name="Parts">Candidates and who was drawn, part by part.</param>
/// <param name="DrawnAt">When.</param>
/// <param name="DaySeed">The day's seed, hex; absent until the day is over.</param>
public sealed record DrawDetails(
    int Number, DateOnly Day, string Commitment, string Seed, DrawCause Cause, IReadOnlyList<DrawnPart> Parts, DateTimeOffset DrawnAt,
    string? DaySeed = null);

/// <summary>Every draw of a case.</summary>
/// <param name="Application">The application.</param>
/// <param name="Draws">In order.</param>
public sealed record ApplicationDraws(CertificationApplicationId Application, IReadOnlyList<DrawDetails> Draws);

/// <summary>GET /v1/applications/{id}/draw.</summary>
public static class GetDraw
{
    internal static void Map(RouteGroupBuilder applications) => applications.MapGet("/{id}/draw", Handle).WithName("getDraw").RequiresSignIn();

    /// <summary>See how the people of a case were drawn, in a form that can be replayed.</summary>
    /// <remarks>A candidate ranks by tier, then by SHA-256 of seed, part and person; each part takes its first unless a later part would be
    /// left with nobody. 404 unless the application is of your household, organisation or case.</remarks>
    public static async Task<Results<Ok<ApplicationDraws>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, Database database, CancellationToken cancel) => Answer.Ok(await Get(id, database, cancel));

    internal static async Task<Outcome<ApplicationDraws>> Get(CertificationApplicationId id, Database database, CancellationToken cancel)
    {
        if (await CertificationApplication.FindVisible(id, database, cancel) is null)
        {
            return Refusal.NotFound;
        }

        var rows = await database.List<Row>($"""
            select d.number, d.day, encode(c.commitment, 'hex') as commitment, encode(r.seed, 'hex') as day_seed, d.seed, d.cause, d.parts, d.drawn_at
              from certification.draw d
              join certification.draw_day c on c.day = d.day
              left join certification.draw_reveal r on r.day = d.day
             where d.application = {id} order by d.number
            """, cancel);
        return new ApplicationDraws(id, [.. rows.Select(row => new DrawDetails(row.Number, row.Day, row.Commitment, row.Seed, row.Cause,
            JsonSerializer.Deserialize<List<DrawnPart>>(row.Parts, Event.Json)!, row.DrawnAt, row.DaySeed))]);
    }

    private sealed record Row(
        int Number, DateOnly Day, string Commitment, string? DaySeed, string Seed, DrawCause Cause, string Parts, DateTimeOffset DrawnAt);
}
