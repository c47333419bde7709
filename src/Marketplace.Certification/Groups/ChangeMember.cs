using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/group-members/{id}/acceptance, /exit, /sanction and /readmission.</summary>
public static class ChangeMember
{
    internal static void Map(RouteGroupBuilder members)
    {
        members.MapPost("/{id:guid}/acceptance", Accept).WithName("acceptMembership").InPersonOnly().RequiresSignIn().Moves();
        members.MapPost("/{id:guid}/exit", Leave).WithName("leaveGroup").InPersonOnly().RequiresSignIn().Moves();
        members.MapPost("/{id:guid}/sanction", Sanction).WithName("sanctionMember").Requires(Role.CooperativeManager).Moves();
        members.MapPost("/{id:guid}/readmission", Readmit).WithName("readmitMember").Requires(Role.CooperativeManager).Moves();
    }

    /// <summary>Accept an invitation into a group; the group's inspection is due then.</summary>
    /// <param name="id">The entry of the register.</param>
    /// <remarks>For the household's own people and their agent, never for the group's. 409 `own-invitation`, `wrong-state`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Accept(Guid id, Database database, IHouseholds households, CancellationToken cancel) =>
        Answer.NoContent(await OfHousehold(id, MemberStep.Accept, "Joined.", database, households, cancel));

    /// <summary>Decline an invitation, or leave a group.</summary>
    /// <param name="id">The entry of the register.</param>
    /// <remarks>By the household or the group. Certificates issued stay as they are. 409 `wrong-state`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Leave(Guid id, Database database, IHouseholds households, CancellationToken cancel) =>
        Answer.NoContent(await OfHousehold(id, MemberStep.Leave, "Left.", database, households, cancel));

    /// <summary>Sanction a member: nothing more is declared, and its certificates under the group's scopes are suspended in the same step.</summary>
    /// <param name="id">The entry of the register.</param>
    /// <param name="change">Why.</param>
    /// <remarks>409 `wrong-state`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Sanction(
        Guid id, CertificateChange change, Database database, StopGoods goods, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Answer.NoContent(await Sanctioned(id, change.Reason, database, goods, cancel));
    }

    /// <summary>Readmit a sanctioned member; a new inspection is due. Its suspended certificates wait for the certification body.</summary>
    /// <param name="id">The entry of the register.</param>
    /// <param name="change">Why.</param>
    /// <remarks>409 `wrong-state`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Readmit(Guid id, CertificateChange change, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(database);
        return Answer.NoContent(await Own(id, database, cancel) is { } member
            ? await Take(member, MemberStep.Readmit, change.Reason, database, cancel)
            : Refusal.NotFound);
    }

    private static async Task<Refusal?> OfHousehold(
        Guid id, MemberStep step, string reason, Database database, IHouseholds households, CancellationToken cancel)
    {
        if (await GroupMember.Find(id, database, cancel) is not { } member)
        {
            return Refusal.NotFound;
        }

        // own-invitation is the table's trigger: no path can forget it.
        return (await households.ToActFor(member.Household, cancel)).Refusal ?? await Take(member, step, reason, database, cancel);
    }

    private static async Task<Refusal?> Sanctioned(Guid id, string reason, Database database, StopGoods goods, CancellationToken cancel)
    {
        if (await Own(id, database, cancel) is not { } member)
        {
            return Refusal.NotFound;
        }

        if (await Take(member, MemberStep.Sanction, reason, database, cancel) is { } refused)
        {
            return refused;
        }

        var moved = await CertificateMoves.All(Sql.Of($"""
            c.household = {member.Household} and c.scheme = {member.Scheme} and c.state = 'active'
               and c.application in (select application from certification.scope where applicant = {member.Organisation} and kind = 'group')
            """), CertificateState.Suspended, reason, new MoveCause(), database, cancel);
        return await CertificateMoves.Follow(moved, reason, goods, cancel);
    }

    private static Task<GroupMember?> Own(Guid id, Database database, CancellationToken cancel) => database.Find<GroupMember>($"""
        select {GroupMember.Columns} from certification.group_member m where m.id = {id} and m.organisation = {database.Actor.Organisation}
        """, cancel);

    private static async Task<Refusal?> Take(GroupMember member, MemberStep step, string reason, Database database, CancellationToken cancel) =>
        GroupMember.Next(member.State, step) is not { } next ? member.WrongState()
            : await member.Move(next, reason, database, cancel) ? null : Refusal.ChangedMeanwhile;
}
