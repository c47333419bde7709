using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Who leaves a panel.</summary>
/// <param name="Person">The panelist.</param>
/// <param name="Reason">3 to 2000 characters; kept for good.</param>
public sealed record PanelistLeaving(PersonId Person, [TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>POST /v1/appeals/{id}/panel/replacement.</summary>
public static class ReplacePanelist
{
    internal static void Map(RouteGroupBuilder appeals) => appeals.MapPost("/{id:guid}/panel/replacement", Handle).WithName("replacePanelist")
        .Requires(stepUp: true, Role.QualityManager, Role.ProjectOfficer, Role.AppealsPanelist).Moves();

    /// <summary>Replace a panelist who is biased, ill or gone by the next one of the same draw; a panelist may step back only for themselves.</summary>
    /// <remarks>404 `not-found` for who does not sit on the panel; 409 `wrong-stage`, `already-voted`; 409 `not-assigned` for a panelist who names another;
    /// 409 `own-work` for a manager or officer with a part in the case; 409 `no-eligible-person` when nobody is left to sit down.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, PanelistLeaving leaving, Database database, IPeople people, ITasks tasks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(leaving);
        return Answer.NoContent(await Replace(id, leaving, database, people, tasks, cancel));
    }

    internal static async Task<Refusal?> Replace(
        Guid id, PanelistLeaving leaving, Database database, IPeople people, ITasks tasks, CancellationToken cancel)
    {
        // In a statement of its own, like a vote: what the one before did is seen.
        await database.Execute($"select 1 from certification.appeal where id = {id} for update", cancel);
        if (await Appeal.FindVisible(id, database, cancel) is not { } appeal
            || await database.Find<Seat>($"""
                select l.place, l.turn, a.seed from certification.panelist l join certification.appeal a on a.id = l.appeal
                 where l.appeal = {id} and l.person = {leaving.Person} and l.left_at is null
                """, cancel) is not { } seat)
        {
            return Refusal.NotFound;
        }

        if (appeal.Stage != AppealStage.InHearing)
        {
            return appeal.WrongStage();
        }

        var actor = database.Actor;
        if (leaving.Person.Value != actor.Person && !actor.Roles.Contains(Role.QualityManager) && !actor.Roles.Contains(Role.ProjectOfficer))
        {
            return CaseWork.NotAssigned;
        }

        var next = (await appeal.Outsiders(Role.AppealsPanelist, null, seat.Seed, database, people, cancel, panel: true)).Take(1).ToArray();
        if (next is [])
        {
            return new Refusal("no-eligible-person", "Nobody is left who can hear this appeal.");
        }

        // own-work and already-voted are the table's triggers.
        await database.Execute($"""
            update certification.panelist set left_at = kernel.now(), left_by = {actor.Person}, left_because = {leaving.Reason}
             where appeal = {id} and place = {seat.Place} and turn = {seat.Turn}
            """, cancel);
        await database.Execute($"insert into certification.panelist (appeal, place, turn, person) values ({id}, {seat.Place}, {seat.Turn + 1}, {next[0]})", cancel);
        await database.Execute($"""
            select kernel.append({id}, {nameof(PanelistReplaced)}, {Event.Text(new PanelistReplaced(id, leaving.Person, next[0]))})
            """, cancel);
        await tasks.HandOver(id, Appeal.VoteTask(seat.Place), next[0], cancel);
        return null;
    }

    private sealed record Seat(int Place, int Turn, string Seed);
}

internal sealed record PanelistReplaced(Guid Appeal, PersonId Left, PersonId Next);
