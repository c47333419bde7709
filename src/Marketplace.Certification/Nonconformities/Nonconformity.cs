using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;

namespace Marketplace.Certification;

/// <summary>How grave a non-conformity is.</summary>
[DatabaseEnum("certification.severity")]
public enum NonconformitySeverity
{
    /// <summary>Needs a plan of correction; the case goes on.</summary>
    Minor,

    /// <summary>Stops the case until the correction is accepted.</summary>
    Major,

    /// <summary>Takes the case to the decision, which can only refuse.</summary>
    Critical,
}

/// <summary>A non-conformity that was found.</summary>
/// <param name="Severity">How grave it is.</param>
/// <param name="Basis">The rule it breaks: act and article, or the point of the checklist; 3 to 200 characters.</param>
/// <param name="Text">What is wrong, in at most twenty words where that is possible; 3 to 500 characters.</param>
public sealed record NonconformityFinding(
    NonconformitySeverity Severity, [TextLength(200, MinimumLength = 3)] string Basis, [TextLength(500, MinimumLength = 3)] string Text);

/// <summary>How one non-conformity stands.</summary>
internal sealed record Nonconformity(
    Guid Id, int Number, NonconformitySeverity Severity, CasePart Part, DateTimeOffset DueNow, int? Correction, bool Pending, bool Settled)
{
    public static Task<List<Nonconformity>> Of(CertificationApplicationId application, Database database, CancellationToken cancel) =>
        database.List<Nonconformity>($"""
            select id, number, severity, part, due_now, correction, pending, settled from certification.nonconformity_now
             where application = {application} order by number
            """, cancel);

    /// <summary>Whether it stops the case: a major one that no accepted correction settled.</summary>
    public bool Stops => Severity == NonconformitySeverity.Major && !Settled;
}

/// <summary>What is found in a case, and where the case goes for it.</summary>
internal static class Findings
{
    /// <summary>Refuses an outcome its findings do not carry.</summary>
    public static Refusal? Disagree(bool accepted, IReadOnlyList<NonconformityFinding> findings) =>
        accepted == findings.Any(finding => finding.Severity != NonconformitySeverity.Minor)
            ? Refusal.Invalid("#/accepted", "outcome-findings", "Accept without a major or critical finding; refuse to accept with one.")
            : null;

    /// <summary>
    /// Writes the findings of a step down and moves the case: where the step leads, to the correction of a major one, or with a critical one to the
    /// decision. False when somebody else moved it first.
    /// </summary>
    public static async Task<bool> GoOn<TEvent>(
        CertificationApplication application, CertificationStage next, CasePart part, IReadOnlyList<NonconformityFinding> findings, TEvent happened,
        string task, Database database, ITasks tasks, INotices notices, CancellationToken cancel)
    {
        CertificationStep? step = findings.Any(finding => finding.Severity == NonconformitySeverity.Critical) ? CertificationStep.FindCritical
            : findings.Any(finding => finding.Severity == NonconformitySeverity.Major) ? CertificationStep.FindMajor
            : null;
        if (step is { } found)
        {
            next = CertificationApplication.Next(application.Stage, found)!.Value;
        }

        var days = findings.Count == 0 ? 0 : await database.Value<int>($"""
            select nonconformity_days from certification.scheme where code = {application.Scheme} and version = {application.SchemeVersion}
            """, cancel);
        var due = application.Now.AddDays(days);
        if (!await CaseWork.GoOn(application, next, Sql.Of($""), happened, [task], database, tasks, cancel, due))
        {
            return false;
        }

        if (findings.Count == 0)
        {
            return true;
        }

        await database.Execute($"""
            insert into certification.nonconformity (id, application, number, severity, basis, text, stage, part, due_at)
            select gen_random_uuid(), {application.Id}, place + (select count(*) from certification.nonconformity where application = {application.Id}),
                   severity, basis, text, {application.Stage}, {part}, {due}
              from unnest({findings.Select(finding => finding.Severity).ToArray()}, {findings.Select(finding => finding.Basis).ToArray()},
                   {findings.Select(finding => finding.Text).ToArray()}) with ordinality as found (severity, basis, text, place)
            """, cancel);
        if (next != CertificationStage.Decision && findings.Any(finding => finding.Severity == NonconformitySeverity.Minor))
        {
            await CaseWork.Hand(application, [], CaseTask.PlanCorrection, application.FiledBy, database, tasks, cancel, due);
        }

        await notices.Send([new Notice("nonconformity-found", new Dictionary<string, string>
        {
            ["number"] = application.Number!, ["findings"] = string.Join("; ", findings.Select(finding => finding.Text)),
            ["days"] = days.ToString(CultureInfo.InvariantCulture),
        }, application.Head)], cancel);
        return true;
    }
}
