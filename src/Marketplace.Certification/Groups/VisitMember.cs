using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>What the certification body found at a member of its sample.</summary>
/// <param name="Member">The entry of the group's register.</param>
/// <param name="VisitedAt">When, after the application was submitted and not in the future.</param>
/// <param name="Accepted">Whether it keeps the rules, and what the group says of it is true.</param>
/// <param name="Reason">What that rests on; 3 to 2000 characters.</param>
public sealed record MemberVisit(Guid Member, DateTimeOffset VisitedAt, bool Accepted, [TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>POST /v1/applications/{id}/member-visits.</summary>
public static class VisitMember
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapPost("/{id}/member-visits", Handle).WithName("visitMember").Requires(Role.Sampler).Moves();

    /// <summary>Record the visit of a member of the sample; the inspection of the group sums the visits up.</summary>
    /// <remarks>409 `not-in-the-sample`, `member-seen`, `visit-too-early`, `visit-in-future`, `wrong-stage`, `not-assigned`, `own-work`, `case-paused`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        CertificationApplicationId id, MemberVisit visit, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(visit);
        ArgumentNullException.ThrowIfNull(database);
        return Answer.NoContent(await Visit(id, visit, database, cancel));
    }

    private static async Task<Refusal?> Visit(CertificationApplicationId id, MemberVisit visit, Database database, CancellationToken cancel)
    {
        var turn = await CertificationApplication.Turn(id, CasePart.Sampler, CertificationStep.Inspect, database, cancel);
        if (turn.Refusal is { } refused)
        {
            return refused;
        }

        await database.Execute($"""
            with visited as (
                insert into certification.member_visit (application, member, visited_at, accepted, reason)
                values ({id}, {visit.Member}, {visit.VisitedAt}, {visit.Accepted}, {visit.Reason}) returning application)
            select kernel.append(application, {nameof(MemberVisited)}, {Event.Text(new MemberVisited(id, visit.Member, visit.Accepted))}) from visited
            """, cancel);
        return null;
    }
}
