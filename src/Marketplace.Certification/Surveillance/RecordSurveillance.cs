using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>What was counted of a lot.</summary>
/// <param name="Lot">The lot; of the household that was visited.</param>
/// <param name="Quantity">What was counted, in the lot's unit; 0 or more.</param>
public sealed record CountedLot(LotId Lot, Quantity Quantity);

/// <summary>The record of a surveillance visit.</summary>
/// <param name="VisitedAt">When; not before the visit was scheduled, not later than now.</param>
/// <param name="Place">Where; 3 to 200 characters.</param>
/// <param name="Reason">What was seen; 3 to 2000 characters.</param>
/// <param name="Acknowledged">Whether the producer signed the record.</param>
/// <param name="Remark">What the producer says to it, 3 to 2000 characters; without a signature, why there is none.</param>
/// <param name="Answers">Each point of the scheme's checklist for <c>inspect-site</c> once; empty when it has none.</param>
/// <param name="Findings">Non-conformities found; none by default, at most 20.</param>
/// <param name="Counts">Goods counted, each lot once; none by default, at most 200.</param>
public sealed record SurveillanceRecord(
    DateTimeOffset VisitedAt, [TextLength(200, MinimumLength = 3)] string Place, [TextLength(2000, MinimumLength = 3)] string Reason, bool Acknowledged,
    [TextLength(2000, MinimumLength = 3)] string? Remark = null, [MaxLength(100)] IReadOnlyList<CheckAnswer>? Answers = null,
    [MaxLength(20)] IReadOnlyList<NonconformityFinding>? Findings = null, [MaxLength(200)] IReadOnlyList<CountedLot>? Counts = null);

/// <summary>POST /v1/surveillance-visits/{id}/record.</summary>
public static class RecordSurveillance
{
    internal static void Map(RouteGroupBuilder visits) =>
        visits.MapPost("/{id:guid}/record", Handle).WithName("recordSurveillanceVisit").Requires(Role.Sampler).Moves();

    /// <summary>Record a surveillance visit you were drawn for.</summary>
    /// <remarks>A critical finding suspends all that the household has under the scheme in the same step; the quality manager confirms or lifts that. A
    /// major one is corrected in the scheme's term, else the same follows. 400 `unknown-check`, `checklist-incomplete`, `finding-missing`,
    /// `remark-missing`; 409 `visit-recorded`, `visit-in-future`, `visit-too-early`, `not-assigned`, `own-work`, `conflict-of-interest`,
    /// `foreign-lot`, `repeated-lot`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, SurveillanceRecord record, Database database, HoldProduction holds, ITasks tasks, INotices notices, IHouseholds households,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(record);
        return Answer.NoContent(await Record(id, record, database, holds, tasks, notices, households, cancel));
    }

    internal static async Task<Refusal?> Record(
        Guid id, SurveillanceRecord record, Database database, HoldProduction holds, ITasks tasks, INotices notices, IHouseholds households,
        CancellationToken cancel)
    {
        var mine = await SurveillanceVisit.ForVisitor(id, database, cancel);
        if (mine.Refusal is { } refused)
        {
            return refused;
        }

        var visit = mine.Value!;
        if (!record.Acknowledged && record.Remark is null)
        {
            return Refusal.Invalid("#/remark", "remark-missing", "Without the producer's signature, say why there is none.");
        }

        var (answers, findings, counts) = (record.Answers ?? [], record.Findings ?? [], record.Counts ?? []);
        var application = (await CertificationApplication.Find(visit.Application, database, cancel))!;
        var accepted = findings.All(finding => finding.Severity == NonconformitySeverity.Minor);
        if (await Checklist.Refuse(application, CaseTask.Inspect, accepted, answers, findings, database, cancel) is { } malformed)
        {
            return malformed;
        }

        // Whose visit it is, whether it was made before and when: the table's trigger, one record after the other.
        await database.Execute($"""
            with recorded as (
                insert into certification.surveillance_visit (surveillance, visited_at, place, answers, reason, acknowledged, remark)
                values ({id}, {record.VisitedAt}, {record.Place}, {Event.Text(answers)}, {record.Reason}, {record.Acknowledged}, {record.Remark})
                returning surveillance)
            select kernel.append(surveillance, {nameof(SurveillanceRecorded)}, {Event.Text(new SurveillanceRecorded(id, findings.Count))}) from recorded
            """, cancel);
        await database.Execute($"""
            insert into certification.surveillance_count (surveillance, lot, counted, unit)
            select {id}, * from unnest({counts.Select(one => one.Lot).ToArray()}, {counts.Select(one => one.Quantity.Amount).ToArray()},
                   {counts.Select(one => one.Quantity.Unit).ToArray()})
            """, cancel);
        await database.Execute($"""
            insert into certification.surveillance_finding (surveillance, number, severity, basis, text)
            select {id}, place, severity, basis, text
              from unnest({findings.Select(finding => finding.Severity).ToArray()}, {findings.Select(finding => finding.Basis).ToArray()},
                   {findings.Select(finding => finding.Text).ToArray()}) with ordinality as found (severity, basis, text, place)
            """, cancel);
        await tasks.Close(id, SurveillanceTask.Visit, cancel);
        return findings.Count == 0 ? null : await Follow(visit, findings, database, holds, tasks, notices, households, cancel);
    }

    private static async Task<Refusal?> Follow(
        SurveillanceVisit visit, IReadOnlyList<NonconformityFinding> findings, Database database, HoldProduction holds, ITasks tasks, INotices notices,
        IHouseholds households, CancellationToken cancel)
    {
        var due = await database.Find<Term>($"select due_at, recorded_at from certification.surveillance_finding where surveillance = {visit.Id} limit 1", cancel);
        var household = (await households.Of([visit.Household], cancel))[visit.Household];
        await notices.Send([new Notice("surveillance-findings", new Dictionary<string, string>
        {
            ["product"] = visit.Product.Value, ["findings"] = string.Join("; ", findings.Select(finding => finding.Text)),
            ["days"] = (due!.DueAt - due.RecordedAt).Days.ToString(CultureInfo.InvariantCulture),
        }, household.Head)], cancel);
        if (findings.Any(finding => finding.Severity == NonconformitySeverity.Major))
        {
            await tasks.Open(new TaskToOpen(visit.Id, SurveillanceTask.Correct, household.Head, due.DueAt, Role.QualityManager, visit.Body, visit.Village), cancel);
        }

        return findings.FirstOrDefault(finding => finding.Severity == NonconformitySeverity.Critical) is { } critical
            ? await holds.Hold(visit, HoldCause.Critical, $"Found on a visit: {critical.Text}", cancel)
            : null;
    }

    private sealed record Term(DateTimeOffset DueAt, DateTimeOffset RecordedAt);
}
