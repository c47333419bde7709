using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>The quality manager's ruling on a suspension that a visit brought about.</summary>
/// <param name="Confirmed">True lets the suspension stand, for the ordinary ways to end it; false lifts it.</param>
/// <param name="Reason">What it rests on; 3 to 2000 characters.</param>
public sealed record HoldRuling(bool Confirmed, [TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>POST /v1/surveillance-visits/{id}/ruling.</summary>
public static class RuleOnHold
{
    internal static void Map(RouteGroupBuilder visits) =>
        visits.MapPost("/{id:guid}/ruling", Handle).WithName("ruleOnHold").Requires(stepUp: true, Role.QualityManager).Moves();

    /// <summary>Confirm or lift the suspension that the findings of a visit brought about.</summary>
    /// <remarks>Lifting gives back exactly what it suspended; a member of a group is inspected again first. Until the ruling no certificate is issued to
    /// the household under the scheme. 409 `nothing-to-hold` when nothing waits for a ruling; 409 `own-work`, `conflict-of-interest`, `hold-ruled`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, HoldRuling ruling, Database database, HoldProduction holds, ITasks tasks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(ruling);
        return Answer.NoContent(await Rule(id, ruling, database, holds, tasks, cancel));
    }

    internal static async Task<Refusal?> Rule(
        Guid id, HoldRuling ruling, Database database, HoldProduction holds, ITasks tasks, CancellationToken cancel)
    {
        if (await SurveillanceVisit.Find(id, database, cancel) is not { } visit || visit.Body.Value != database.Actor.Organisation)
        {
            return Refusal.NotFound;
        }

        var open = await database.List<HoldCause>($"""
            select h.cause from certification.surveillance_hold h
             where h.surveillance = {id}
               and not exists (select from certification.surveillance_ruling r where r.surveillance = h.surveillance and r.cause = h.cause) order by h.cause
            """, cancel);
        if (open.Count == 0)
        {
            return new Refusal("nothing-to-hold", "No finding of this visit suspends anything, or somebody ruled on it.");
        }

        // own-work and conflict-of-interest are the table's trigger, hold-ruled its key.
        await database.Execute($"""
            with ruled as (
                insert into certification.surveillance_ruling (surveillance, cause, confirmed, reason)
                select {id}, cause, {ruling.Confirmed}, {ruling.Reason} from unnest({open.ToArray()}) as cause returning surveillance)
            select kernel.append({id}, {nameof(HoldRuled)}, {Event.Text(new HoldRuled(id, ruling.Confirmed))})
            """, cancel);
        await tasks.Close(id, SurveillanceTask.Rule, cancel);

        // One of two suspensions that was confirmed before keeps what the other would give back.
        return !ruling.Confirmed && !await database.Value<bool>($"""
            select exists (select from certification.surveillance_ruling where surveillance = {id} and confirmed)
            """, cancel) ? await holds.Lift(visit, ruling.Reason, cancel) : null;
    }
}
