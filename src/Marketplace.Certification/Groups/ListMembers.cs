using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>An entry of a group's register, as a list shows it.</summary>
/// <param name="Id">The entry.</param>
/// <param name="Organisation">The group.</param>
/// <param name="Scheme">The group scheme.</param>
/// <param name="Household">The household.</param>
/// <param name="Village">Where it farms.</param>
/// <param name="State">How it stands now.</param>
public sealed record GroupMemberSummary(Guid Id, OrganisationId Organisation, string Scheme, HouseholdId Household, TerritoryCode Village, MemberState State);

/// <summary>GET /v1/group-members.</summary>
public static class ListMembers
{
    private const string States = "^(invited|inspection_due|member|sanctioned|left)$";

    internal static void Map(RouteGroupBuilder members) => members.MapGet("", Handle).WithName("listGroupMembers").RequiresSignIn();

    /// <summary>List a group's register, newest first.</summary>
    /// <param name="organisation">Only this group.</param>
    /// <param name="scheme">Only the register of this scheme.</param>
    /// <param name="state">Only this state now.</param>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    /// <remarks>Its own for a group and a household; of groups it certifies for a certification body. 400 `bad-cursor`.</remarks>
    public static async Task<Results<Ok<Page<GroupMemberSummary>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, OrganisationId? organisation = null,
        [TextLength(31, MinimumLength = 3)] string? scheme = null, [RegularExpression(States)] string? state = null,
        [Range(1, Cursors.MostItems)] int limit = 50, [TextLength(400)] string? cursor = null)
    {
        ArgumentNullException.ThrowIfNull(cursors);
        ArgumentNullException.ThrowIfNull(database);
        var query = $"group-members {organisation} {scheme} {state}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var rows = await database.List<GroupMemberSummary>($"""
            select m.id, m.organisation, m.scheme, m.household, m.village, certification.standing(m) as state from certification.group_member m
             where {GroupMember.Visible(database.Actor)}
               {(organisation is { } group ? Sql.Of($"and m.organisation = {group}") : Sql.Of($""))}
               {(string.IsNullOrEmpty(scheme) ? Sql.Of($"") : Sql.Of($"and m.scheme = {scheme}"))}
               {(Wire.Label<MemberState>(state) is { } only ? Sql.Of($"and certification.standing(m) = {only}") : Sql.Of($""))}
               {(after is { } before ? Sql.Of($"and m.id < {before}") : Sql.Of($""))}
             order by m.id desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, query, row => [row.Id.ToString()]));
    }
}

/// <summary>GET /v1/group-members/{id}.</summary>
public static class GetMember
{
    internal static void Map(RouteGroupBuilder members) => members.MapGet("/{id:guid}", Handle).WithName("getGroupMember").RequiresSignIn();

    /// <summary>Read an entry of a group's register with the group's inspections.</summary>
    /// <param name="id">The entry.</param>
    /// <remarks>404 unless it is of your household, group or of a group you certify.</remarks>
    public static async Task<Results<Ok<GroupMemberDetails>, ProblemHttpResult>> Handle(Guid id, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(database);
        return Answer.Ok(await database.Find<GroupMember>($"""
            select {GroupMember.Columns} from certification.group_member m where m.id = {id} and {GroupMember.Visible(database.Actor)}
            """, cancel) is { } member ? await member.Details(database, cancel) : (Outcome<GroupMemberDetails>)Refusal.NotFound);
    }
}
