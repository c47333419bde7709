using System.Security.Cryptography;
using System.Text;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A member of the sample.</summary>
/// <param name="Member">The entry of the group's register.</param>
/// <param name="Household">The household.</param>
/// <param name="VisitedAt">When the body visited it; absent before.</param>
/// <param name="Accepted">What came of it; absent before.</param>
/// <param name="Reason">What that rests on.</param>
public sealed record SampledMember(Guid Member, HouseholdId Household, DateTimeOffset? VisitedAt, bool? Accepted, string? Reason);

/// <summary>Which members of a group a certification body visits, complete enough to be drawn again.</summary>
/// <param name="Day">The day (UTC) whose seed it comes from.</param>
/// <param name="Seed">Hex of HMAC-SHA256, keyed with the day's seed, of the application's id and <c>|members</c>.</param>
/// <param name="Candidates">
/// The register at that moment. They rank by SHA-256 of seed, a bar and the entry; the first √n, rounded up, are visited.
/// </param>
/// <param name="Sample">Those drawn, in their order.</param>
public sealed record MemberDrawDetails(DateOnly Day, string Seed, IReadOnlyList<Guid> Candidates, IReadOnlyList<SampledMember> Sample);

/// <summary>The sample of a group's members that a certification body visits.</summary>
public static class MemberSample
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapGet("/{id}/member-sample", Handle).WithName("getMemberSample").RequiresSignIn();

    /// <summary>See which members of a group are visited, and what was found there.</summary>
    /// <remarks>404 unless the application is of your household, organisation or case and its evaluation is planned.</remarks>
    public static async Task<Results<Ok<MemberDrawDetails>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(database);
        return Answer.Ok(await Read(id, database, cancel));
    }

    /// <summary>Draws √n of the members in good standing, rounded up, with the seed of the day.</summary>
    internal static async Task<Outcome<int>> Draw(CertificationApplication application, DrawSeeds seeds, Database database, CancellationToken cancel)
    {
        var candidates = await database.Value<Guid[]>($"""
            select certification.members_of(a) from certification.application a where a.id = {application.Id}
            """, cancel);
        if (candidates is null or [])
        {
            return new Refusal("no-members", "The group's register has no member in good standing.");
        }

        var (day, daySeed) = await seeds.Today(database, cancel);
        var seed = Convert.ToHexStringLower(HMACSHA256.HashData(daySeed, Encoding.UTF8.GetBytes($"{application.Id.Value:D}|members")));
        var drawn = First(candidates, seed);
        await database.Execute($"""
            insert into certification.member_draw (application, day, seed, candidates, drawn) values ({application.Id}, {day}, {seed}, {candidates}, {drawn})
            """, cancel);
        return candidates.Length;
    }

    /// <summary>The first √n of the candidates, rounded up; the table's trigger draws the same.</summary>
    internal static Guid[] First(Guid[] candidates, string seed) =>
        [.. candidates.OrderBy(one => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}|{one:D}"))), StringComparer.Ordinal)
            .Take((int)Math.Ceiling(Math.Sqrt(candidates.Length)))];

    private static async Task<Outcome<MemberDrawDetails>> Read(CertificationApplicationId id, Database database, CancellationToken cancel)
    {
        if (await CertificationApplication.FindVisible(id, database, cancel) is null || await database.Find<Row>($"""
            select day, seed, candidates from certification.member_draw where application = {id}
            """, cancel) is not { } row)
        {
            return Refusal.NotFound;
        }

        var sample = await database.List<SampledMember>($"""
            select one.member, m.household, v.visited_at, v.accepted, v.reason
              from certification.member_draw d cross join unnest(d.drawn) with ordinality as one (member, at)
              join certification.group_member m on m.id = one.member
              left join certification.member_visit v on v.application = d.application and v.member = one.member
             where d.application = {id} order by one.at
            """, cancel);
        return new MemberDrawDetails(row.Day, row.Seed, row.Candidates, sample);
    }

    private sealed record Row(DateOnly Day, string Seed, Guid[] Candidates);
}
