using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A panelist's vote.</summary>
/// <param name="Outcome"><c>upheld</c>, <c>rejected</c> or <c>remitted</c>.</param>
/// <param name="Reason">3 to 2000 characters; shown to whoever filed the appeal.</param>
public sealed record AppealVote(AppealStage Outcome, [TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>POST /v1/appeals/{id}/vote.</summary>
public static class VoteOnAppeal
{
    internal static void Map(RouteGroupBuilder appeals) =>
        appeals.MapPost("/{id:guid}/vote", Handle).WithName("voteOnAppeal").Requires(stepUp: true, Role.AppealsPanelist).Moves();

    /// <summary>Vote on an appeal; two equal votes decide it at once, three different ones send the case back.</summary>
    /// <remarks>Upheld lifts the suspension, or has the refused case judged again without a fee by people who had no part before; remitted has it
    /// judged again, a suspension by somebody of the body without a part. A stay ends: unless upheld, the suspension is in force again.
    /// 400 `not-an-outcome`; 409 `wrong-stage`, `not-assigned`, `already-voted`; 409 `own-work` once an interest was declared,
    /// `held-back` before the quality manager ruled on a finding.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, AppealVote vote, Database database, AppealedDecision decision, ITasks tasks, INotices notices, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(vote);
        return Answer.NoContent(await Vote(id, vote, database, decision, tasks, notices, cancel));
    }

    internal static async Task<Refusal?> Vote(
        Guid id, AppealVote vote, Database database, AppealedDecision decision, ITasks tasks, INotices notices, CancellationToken cancel)
    {
        if (vote.Outcome is not (AppealStage.Upheld or AppealStage.Rejected or AppealStage.Remitted))
        {
            return Refusal.Invalid("#/outcome", "not-an-outcome", "A vote is upheld, rejected or remitted.");
        }

        // Locked in a statement of its own: the count after it sees what the panelist before wrote.
        await database.Execute($"select 1 from certification.appeal where id = {id} for update", cancel);
        if (await Appeal.FindVisible(id, database, cancel) is not { } appeal)
        {
            return Refusal.NotFound;
        }

        if (Appeal.Next(appeal.Stage, AppealStep.Reject) is null)
        {
            return appeal.WrongStage();
        }

        var place = await database.Value<int?>($"""
            select place from certification.panelist where appeal = {id} and person = {database.Actor.Person} and left_at is null
            """, cancel);
        if (place is null)
        {
            return CaseWork.NotAssigned;
        }

        if (await database.Execute($"""
            insert into certification.appeal_vote (appeal, outcome, reason) values ({id}, {vote.Outcome}, {vote.Reason}) on conflict do nothing
            """, cancel) == 0)
        {
            return new Refusal("already-voted", "You voted on this appeal before.");
        }

        await tasks.Close(id, Appeal.VoteTask(place.Value), cancel);
        return await database.Value<AppealStage?>($"select certification.panel_outcome({id})", cancel) is { } outcome
            ? await Close(appeal, outcome, database, decision, tasks, notices, cancel)
            : null;
    }

    private static async Task<Refusal?> Close(
        Appeal appeal, AppealStage outcome, Database database, AppealedDecision decision, ITasks tasks, INotices notices, CancellationToken cancel)
    {
        if (!await appeal.Move(outcome, database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        await appeal.CloseTasks(tasks, cancel);
        if (appeal.Kind == AppealKind.Appeal && await decision.Follow(appeal, outcome, cancel) is { } refused)
        {
            return refused;
        }

        var reasons = await database.List<string>($"select reason from certification.appeal_vote where appeal = {appeal.Id} and outcome = {outcome}", cancel);
        await notices.Send([new Notice($"appeal-{outcome.ToString().ToLowerInvariant()}", new Dictionary<string, string>
        {
            ["number"] = appeal.Number, ["reason"] = reasons.FirstOrDefault() ?? "",
        }, appeal.FiledBy)], cancel);
        return null;
    }
}
