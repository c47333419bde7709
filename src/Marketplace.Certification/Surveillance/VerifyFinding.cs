using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Whether a correction does.</summary>
/// <param name="Accepted">True settles the finding.</param>
/// <param name="Reason">Why it does not, 3 to 2000 characters; needed then.</param>
public sealed record FindingVerification(bool Accepted, [TextLength(2000, MinimumLength = 3)] string? Reason = null);

/// <summary>POST /v1/surveillance-visits/{id}/findings/{number}/verification.</summary>
public static class VerifyFinding
{
    internal static void Map(RouteGroupBuilder visits) =>
        visits.MapPost("/{id:guid}/findings/{number}/verification", Handle).WithName("verifyFinding").Requires(Role.Sampler).Moves();

    /// <summary>Verify the correction of a finding of a visit of yours.</summary>
    /// <remarks>400 `verification-reason`; 409 `no-correction`, `not-assigned`, `own-work`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, int number, FindingVerification verification, Database database, IHouseholds households, ITasks tasks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(verification);
        return Answer.NoContent(await Verify(id, number, verification, database, households, tasks, cancel));
    }

    internal static async Task<Refusal?> Verify(
        Guid id, int number, FindingVerification verification, Database database, IHouseholds households, ITasks tasks, CancellationToken cancel)
    {
        if (!verification.Accepted && verification.Reason is null)
        {
            return Refusal.Invalid("#/reason", "verification-reason", "Say why the correction does not do.");
        }

        var mine = await SurveillanceVisit.ForVisitor(id, database, cancel);
        if (mine.Refusal is { } refused)
        {
            return refused;
        }

        await database.Execute($"select from certification.surveillance where id = {id} for no key update", cancel);
        var verified = await database.Execute($"""
            with verified as (
                update certification.surveillance_correction c set accepted = {verification.Accepted}, reason = {verification.Reason}, checked_by = kernel.person(),
                       checked_at = kernel.now()
                  from certification.surveillance_finding_now f
                 where c.surveillance = {id} and c.finding = {number} and f.surveillance = c.surveillance and f.number = c.finding and f.pending
                   and c.number = f.correction
                returning c.surveillance)
            select kernel.append(surveillance, {nameof(FindingVerified)}, {Event.Text(new FindingVerified(id, number, verification.Accepted))}) from verified
            """, cancel);
        if (verified == 0)
        {
            return new Refusal("no-correction", "There is no correction to verify.");
        }

        await Hand(mine.Value!, database, households, tasks, cancel);
        return null;
    }

    /// <summary>Who has the findings of a visit now: the producer while one waits for its correction, the visitor while one waits to be verified.</summary>
    internal static async Task Hand(SurveillanceVisit visit, Database database, IHouseholds households, ITasks tasks, CancellationToken cancel)
    {
        var waiting = (await database.Find<Waiting>($"""
            select min(due_at) filter (where severity = 'major' and not pending) as correct_by, bool_or(pending) as pending
              from certification.surveillance_finding_now where surveillance = {visit.Id} and not settled
            """, cancel))!;
        await tasks.Close(visit.Id, SurveillanceTask.Correct, cancel);
        await tasks.Close(visit.Id, SurveillanceTask.Verify, cancel);
        if (waiting.CorrectBy is { } due)
        {
            var head = (await households.Of([visit.Household], cancel))[visit.Household].Head;
            await tasks.Open(new TaskToOpen(visit.Id, SurveillanceTask.Correct, head, due, Role.QualityManager, visit.Body, visit.Village), cancel);
        }

        if (waiting.Pending is true && visit.Sampler is { } sampler)
        {
            var days = await database.Value<int>($"select (certification.watch_rule_now()).visit_days", cancel);
            await tasks.Open(new TaskToOpen(visit.Id, SurveillanceTask.Verify, sampler, await tasks.Deadline(visit.Country, days, cancel), Role.QualityManager,
                visit.Body, visit.Village), cancel);
        }
    }

    private sealed record Waiting(DateTimeOffset? CorrectBy, bool? Pending);
}
