using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>What the group itself found at a member.</summary>
/// <param name="VisitedAt">When, after the invitation and not in the future.</param>
/// <param name="Accepted">Whether the member keeps the group's rules.</param>
/// <param name="Reason">What that rests on; 3 to 2000 characters.</param>
public sealed record MemberInspectionReport(DateTimeOffset VisitedAt, bool Accepted, [TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>A second person's word on an inspection.</summary>
/// <param name="Approved">Whether it counts.</param>
public sealed record MemberInspectionApproval(bool Approved);

/// <summary>POST /v1/group-members/{id}/inspections and /inspections/{number}/approval.</summary>
public static class InspectMember
{
    internal static void Map(RouteGroupBuilder members)
    {
        members.MapPost("/{id:guid}/inspections", Handle).WithName("inspectMember").InPersonOnly()
            .Requires(Role.CooperativeManager, Role.CollectionOperator, Role.Producer).Moves();
        members.MapPost("/{id:guid}/inspections/{number}/approval", Approve).WithName("approveMemberInspection").Requires(Role.CooperativeManager).Moves();
    }

    /// <summary>Record an inspection of a member: by the group's own inspector, or by a peer in a participatory guarantee.</summary>
    /// <param name="id">The entry of the register.</param>
    /// <param name="report">What was found.</param>
    /// <remarks>An inspector's counts once a second person of the group approved it; of peers, two households of other villages are needed. 404 for
    /// another group's member; 409 `not-a-peer`, `own-work`, `wrong-state`, `visit-too-early`, `visit-in-future`.</remarks>
    public static async Task<Results<Ok<GroupMemberDetails>, ProblemHttpResult>> Handle(
        Guid id, MemberInspectionReport report, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(database);
        return Answer.Ok(await Inspect(id, report, database, cancel));
    }

    /// <summary>Approve an inspection another person of the group made, or turn it down.</summary>
    /// <param name="id">The entry of the register.</param>
    /// <param name="number">The inspection.</param>
    /// <param name="approval">The word.</param>
    /// <remarks>409 `second-person` for who inspected; 409 `own-work`, `wrong-state`.</remarks>
    public static async Task<Results<Ok<GroupMemberDetails>, ProblemHttpResult>> Approve(
        Guid id, int number, MemberInspectionApproval approval, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(approval);
        ArgumentNullException.ThrowIfNull(database);
        var found = await database.Execute($"""
            with approved as (
                update certification.member_inspection i
                   set approved = {approval.Approved}, approved_by = {database.Actor.Person}, approved_at = kernel.now()
                  from certification.group_member m
                 where i.member = {id} and i.number = {number} and m.id = i.member and m.organisation = {database.Actor.Organisation} returning i.member)
            select kernel.append(member, {nameof(MemberInspectionApproved)}, {Event.Text(new MemberInspectionApproved(id, number, approval.Approved))}) from approved
            """, cancel);
        if (found == 0)
        {
            return Problems.From(Refusal.NotFound);
        }

        await GroupMember.ConfirmInspected(id, database, cancel);
        return Answer.Ok(await GroupMember.Read(id, database, cancel));
    }

    private static async Task<Outcome<GroupMemberDetails>> Inspect(Guid id, MemberInspectionReport report, Database database, CancellationToken cancel)
    {
        if (await GroupMember.Find(id, database, cancel) is not { } member)
        {
            return Refusal.NotFound;
        }

        var actor = database.Actor;
        var inspector = actor.Organisation == member.Organisation.Value && actor.Roles.Overlaps([Role.CooperativeManager, Role.CollectionOperator]);
        if (!inspector && !await database.Value<bool>($"""
            select exists (select from certification.group_member m
                            where m.organisation = {member.Organisation} and m.scheme = {member.Scheme} and m.household = {actor.Household})
            """, cancel))
        {
            return Refusal.NotFound;
        }

        // Who may inspect whom, and when, is the table's trigger: no path can forget it. Its number follows under the member's lock.
        await database.Execute($"select from certification.group_member where id = {id} for no key update", cancel);
        var number = await database.Value<int>($"select coalesce(max(number), 0) + 1 from certification.member_inspection where member = {id}", cancel);
        await database.Execute($"""
            with inspected as (
                insert into certification.member_inspection (member, number, visited_at, accepted, reason, peer)
                values ({id}, {number}, {report.VisitedAt}, {report.Accepted}, {report.Reason}, {(inspector ? null : actor.Household)}) returning member)
            select kernel.append(member, {nameof(MemberInspected)}, {Event.Text(new MemberInspected(id, number, report.Accepted))}) from inspected
            """, cancel);
        await GroupMember.ConfirmInspected(id, database, cancel);
        return await GroupMember.Read(id, database, cancel);
    }
}
