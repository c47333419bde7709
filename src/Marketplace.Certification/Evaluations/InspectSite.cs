using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>What was seen at the place.</summary>
/// <param name="VisitedAt">When; not before the application was submitted, not later than now.</param>
/// <param name="Place">Where; 3 to 200 characters.</param>
/// <param name="Accepted">True when nothing major or critical was found, false when something was.</param>
/// <param name="Reason">What the outcome rests on; 3 to 2000 characters.</param>
/// <param name="Acknowledged">Whether the producer signed the record.</param>
/// <param name="Remark">What the producer says to it, 3 to 2000 characters; without a signature, why there is none.</param>
/// <param name="Answers">Each point of the scheme's checklist for <c>inspect-site</c> once; empty when it has none.</param>
/// <param name="Findings">Non-conformities found; none by default, at most 20.</param>
/// <param name="Counted">
/// What was counted or weighed of the lot, in its smallest step; needed where more was claimed than is plausible. Less than was applied for lowers what the
/// case can grant, nothing at all leaves only the refusal.
/// </param>
public sealed record SiteInspection(
    DateTimeOffset VisitedAt, [TextLength(200, MinimumLength = 3)] string Place, bool Accepted, [TextLength(2000, MinimumLength = 3)] string Reason,
    bool Acknowledged, [TextLength(2000, MinimumLength = 3)] string? Remark = null, [MaxLength(100)] IReadOnlyList<CheckAnswer>? Answers = null,
    [MaxLength(20)] IReadOnlyList<NonconformityFinding>? Findings = null, Quantity? Counted = null);

/// <summary>POST /v1/applications/{id}/inspection.</summary>
public static class InspectSite
{
    internal static void Map(RouteGroupBuilder applications) => applications.MapPost("/{id}/inspection", Handle)
        .WithName("inspectSite").Requires(Role.Sampler).Moves();

    /// <summary>Record the inspection of the place by the scheme's checklist.</summary>
    /// <remarks>A major finding stops the case until it is corrected, a critical one takes it to the decision, which then can only refuse.
    /// 400 `unknown-check`, `checklist-incomplete`, `finding-missing`, `outcome-findings`, `remark-missing`, `count-missing`, `wrong-unit`; 409 `visit-in-future`,
    /// `visit-too-early`, `wrong-stage`, `not-assigned`, `own-work`, `case-paused`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        CertificationApplicationId id, SiteInspection inspection, Database database, ITasks tasks, INotices notices, ILotAccounts accounts, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(inspection);
        return Answer.NoContent(await Inspect(id, inspection, database, tasks, notices, accounts, cancel));
    }

    internal static async Task<Refusal?> Inspect(
        CertificationApplicationId id, SiteInspection inspection, Database database, ITasks tasks, INotices notices, ILotAccounts accounts,
        CancellationToken cancel)
    {
        var turn = await CertificationApplication.Turn(id, CasePart.Sampler, CertificationStep.Inspect, database, cancel);
        if (turn.Refusal is { } refused)
        {
            return refused;
        }

        var (application, next) = turn.Value!;

        if (!inspection.Acknowledged && inspection.Remark is null)
        {
            return Refusal.Invalid("#/remark", "remark-missing", "Without the producer's signature, say why there is none.");
        }

        if (inspection.Counted is { } unlike && unlike.Unit != application.Unit)
        {
            return Refusal.Invalid("#/counted/unit", "wrong-unit", $"This lot is measured in {application.Unit}.");
        }

        if (inspection.Counted is null && await database.Value<bool>($"select certification.visit_owed({id})", cancel))
        {
            return Refusal.Invalid("#/counted", "count-missing", "More was claimed than is plausible: count the goods on this visit.");
        }

        var (answers, findings) = (inspection.Answers ?? [], inspection.Findings ?? []);
        if (await Checklist.Refuse(application, CaseTask.Inspect, inspection.Accepted, answers, findings, database, cancel) is { } malformed)
        {
            return malformed;
        }

        if (!await Findings.GoOn(application, next, CasePart.Sampler, findings, new SiteInspected(id, inspection.Accepted), CaseTask.Inspect,
            database, tasks, notices, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        await database.Execute($"""
            insert into certification.inspection (application, visited_at, place, answers, accepted, reason, acknowledged, remark, counted)
            values ({id}, {inspection.VisitedAt}, {inspection.Place}, {Event.Text(answers)}, {inspection.Accepted}, {inspection.Reason},
                    {inspection.Acknowledged}, {inspection.Remark}, {inspection.Counted?.Amount})
            """, cancel);
        if (inspection.Counted is { } counted && counted.Amount < application.Amount)
        {
            // Where nothing is there the amount stays, and the decision can only refuse.
            await database.Execute($"""
                update certification.application set amount = {counted.Amount}, version = version + 1 where id = {id} and {counted.Amount} > 0
                """, cancel);
            await accounts.Count(id.Value, application.Lot, counted.Amount, cancel);
        }

        return null;
    }
}
