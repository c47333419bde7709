using System.ComponentModel.DataAnnotations;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;

namespace Marketplace.Certification;

/// <summary>What a point of a checklist was answered with.</summary>
public enum CheckVerdict
{
    /// <summary>It conforms.</summary>
    Conforms,

    /// <summary>It does not; a finding says how.</summary>
    Fails,

    /// <summary>It is not about this lot.</summary>
    NotApplicable,
}

/// <summary>An answer to a point of the scheme's checklist.</summary>
/// <param name="Item">Code of the point, 2 to 60 characters.</param>
/// <param name="Verdict">The answer.</param>
/// <param name="Note">At most 500 characters.</param>
public sealed record CheckAnswer([TextLength(60, MinimumLength = 2)] string Item, CheckVerdict Verdict, [TextLength(500)] string? Note = null);

/// <summary>Holds answers against the checklist of the case's scheme version.</summary>
internal static class Checklist
{
    /// <summary>
    /// Refuses answers that leave a point out, name an unknown one or one twice, or fail one without a finding; then an outcome its findings do not carry.
    /// </summary>
    public static async Task<Refusal?> Refuse(
        CertificationApplication application, string task, bool accepted, IReadOnlyList<CheckAnswer> answers, IReadOnlyList<NonconformityFinding> findings,
        Database database, CancellationToken cancel)
    {
        var items = await Items(application, task, database, cancel);
        for (var at = 0; at < answers.Count; at++)
        {
            if (!items.Contains(answers[at].Item))
            {
                return Refusal.Invalid($"#/answers/{at}/item", "unknown-check", "The scheme's checklist has no such point.");
            }
        }

        if (answers.Select(answer => answer.Item).Distinct().Count() != answers.Count || answers.Count != items.Count)
        {
            return Refusal.Invalid("#/answers", "checklist-incomplete", "Answer every point of the checklist once.");
        }

        return findings.Count == 0 && answers.Any(answer => answer.Verdict == CheckVerdict.Fails)
            ? Refusal.Invalid("#/findings", "finding-missing", "A point that fails needs a finding that says how.")
            : Findings.Disagree(accepted, findings);
    }

    /// <summary>The codes of the points, in order.</summary>
    private static Task<List<string>> Items(CertificationApplication application, string task, Database database, CancellationToken cancel) =>
        database.List<string>($"""
            select item from certification.scheme_check
             where code = {application.Scheme} and version = {application.SchemeVersion} and task = {task} order by position
            """, cancel);
}
