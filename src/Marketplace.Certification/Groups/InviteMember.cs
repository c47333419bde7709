using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A household asked to join a group.</summary>
/// <param name="Household">The household; your organisation is its applicant of record.</param>
/// <param name="Scheme">The group scheme, for example <c>PGS</c>.</param>
public sealed record MemberInvitation(HouseholdId Household, [TextLength(31, MinimumLength = 3)] string Scheme);

/// <summary>POST /v1/group-members.</summary>
public static class InviteMember
{
    internal static void Map(RouteGroupBuilder members) => members.MapPost("", Handle).WithName("inviteMember").Requires(Role.CooperativeManager).Moves();

    /// <summary>Invite a household into your group's register.</summary>
    /// <remarks>404 for a household that did not choose your organisation as applicant of record; 409 `no-scheme` unless it is a group scheme in force;
    /// 409 `member-already`.</remarks>
    public static async Task<Results<Created<GroupMemberDetails>, ProblemHttpResult>> Handle(
        MemberInvitation invitation, Database database, IHouseholds households, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(invitation);
        return Answer.Created(await Invite(invitation, database, households, cancel), made => $"/v1/group-members/{made.Id}");
    }

    internal static async Task<Outcome<GroupMemberDetails>> Invite(
        MemberInvitation invitation, Database database, IHouseholds households, CancellationToken cancel)
    {
        var group = OrganisationId.From(database.Actor.Organisation!.Value);
        if ((await households.Of([invitation.Household], cancel)).GetValueOrDefault(invitation.Household) is not { } household || household.Applicant != group)
        {
            return Refusal.NotFound;
        }

        if (await database.Value<SchemeKind?>($"""
            select kind from certification.scheme
             where code = {invitation.Scheme} and version = certification.scheme_in_force({invitation.Scheme}, kernel.now()::date)
            """, cancel) != SchemeKind.Group)
        {
            return new Refusal("no-scheme", "No such conformity scheme is in force.", "#/scheme");
        }

        var id = Guid.CreateVersion7();
        await database.Execute($"""
            with invited as (
                insert into certification.group_member (id, organisation, scheme, household, village)
                values ({id}, {group}, {invitation.Scheme}, {household.Id}, {household.Village}) returning id)
            select kernel.append(id, {nameof(MemberInvited)}, {Event.Text(new MemberInvited(id, group, invitation.Scheme, household.Id))}) from invited
            """, cancel);
        return await GroupMember.Read(id, database, cancel);
    }
}
