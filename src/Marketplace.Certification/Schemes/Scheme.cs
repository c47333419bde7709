using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;

namespace Marketplace.Certification;

/// <summary>What a scheme certifies.</summary>
[DatabaseEnum("certification.scheme_kind")]
public enum SchemeKind
{
    /// <summary>One batch of goods.</summary>
    Batch,

    /// <summary>A production that goes on: a scope certificate, with light declarations of its batches.</summary>
    Serial,

    /// <summary>A group of producers with a register and inspections of its own; a sample of the members is seen.</summary>
    Group,
}

/// <summary>Form in which conformity is assessed.</summary>
[DatabaseEnum("certification.assessment_form")]
public enum AssessmentForm
{
    /// <summary>Declaration of conformity by the applicant of record.</summary>
    Declaration,

    /// <summary>Veterinary-sanitary examination.</summary>
    VeterinaryExamination,

    /// <summary>Veterinary document for raw technical goods.</summary>
    VeterinaryDocument,

    /// <summary>Certificate by a third party, prescribed.</summary>
    Certificate,

    /// <summary>Certificate by a third party, asked for freely.</summary>
    VoluntaryCertificate,

    /// <summary>Visits by fellow producers of another village.</summary>
    PeerAppraisal,
}

/// <summary>Kinds of applicants of record.</summary>
public enum ApplicantKind
{
    /// <summary>Co-operative or procurement enterprise.</summary>
    Cooperative,

    /// <summary>Any other legal entity.</summary>
    LegalEntity,

    /// <summary>Sole trader.</summary>
    SoleTrader,

    /// <summary>Approved slaughter point.</summary>
    SlaughterPoint,

    /// <summary>Registered processor.</summary>
    Processor,

    /// <summary>Group of producers with a register of its own.</summary>
    Group,

    /// <summary>Household.</summary>
    Household,
}

/// <summary>How many samples are taken.</summary>
[DatabaseEnum("certification.sample_rule")]
public enum SampleRule
{
    /// <summary>So many of a batch.</summary>
    Fixed,

    /// <summary>The square root of the group's members, rounded up, and at least so many.</summary>
    Root,
}

/// <summary>How a measured value with its uncertainty is held against a limit.</summary>
[DatabaseEnum("certification.decision_rule")]
public enum DecisionRule
{
    /// <summary>Simple acceptance: the value itself counts.</summary>
    Simple,

    /// <summary>A guard band as wide as the expanded uncertainty: a value that keeps the limit by less is measured again.</summary>
    GuardBand,
}

/// <summary>Where the law says so.</summary>
/// <param name="Act">The act or standard, for example <c>TR CU 021/2011</c>.</param>
/// <param name="Article">Article, clause or annex.</param>
/// <param name="ValidFrom">First day it is in force.</param>
/// <param name="Confidence"><c>A</c> seen in the act, <c>B</c> in a sibling act or secondary page, <c>C</c> recalled and not verified.</param>
/// <param name="ValidUntil">Last day it is in force; absent while open.</param>
public sealed record LegalBasis(
    [TextLength(200, MinimumLength = 2)] string Act, [TextLength(200, MinimumLength = 1)] string Article, DateOnly ValidFrom,
    [RegularExpression("^[ABC]$")] string Confidence, DateOnly? ValidUntil = null);

/// <summary>A question of a step's checklist.</summary>
/// <param name="Item">Its code within the step, 2 to 40 small letters, digits and hyphens.</param>
/// <param name="QuestionEn">English.</param>
/// <param name="QuestionRu">Russian.</param>
/// <param name="QuestionKk">Kazakh.</param>
/// <param name="QuestionKy">Kyrgyz.</param>
public sealed record SchemeCheck(
    [RegularExpression("^[a-z][a-z0-9-]{1,39}$")] string Item, [TextLength(300, MinimumLength = 3)] string QuestionEn,
    [TextLength(300, MinimumLength = 3)] string QuestionRu, [TextLength(300, MinimumLength = 3)] string QuestionKk,
    [TextLength(300, MinimumLength = 3)] string QuestionKy);

/// <summary>One step of a scheme.</summary>
/// <param name="Task">
/// Kind of the task: <c>complete-application</c>, <c>check-completeness</c>, <c>review-documents</c>, <c>plan-evaluation</c>, <c>inspect-site</c>,
/// <c>take-sample</c>, <c>enter-results</c>, <c>approve-results</c>, <c>review-application</c>, <c>decide-application</c>.
/// </param>
/// <param name="WorkingDays">Working days it may take, 0 to 60; 0 is the same working day.</param>
/// <param name="Role">The role that does it; it follows from the task and is not read.</param>
/// <param name="Basis">Its legal basis; a step without one is reported.</param>
/// <param name="Checks">Its checklist, at most 30 questions.</param>
public sealed record SchemeStep(
    [RegularExpression("^[a-z-]{3,30}$")] string Task, [Range(0, 60)] int WorkingDays, [TextLength(40)] string? Role = null, LegalBasis? Basis = null,
    [MaxLength(30)] IReadOnlyList<SchemeCheck>? Checks = null);

/// <summary>The tests a scheme requires of a group of products.</summary>
/// <param name="RuleGroup">Group of the limits table, for example <c>veg_root</c>.</param>
/// <param name="Indicators">Codes of the required indicators; one without a limit in force for the product is not asked for.</param>
public sealed record SchemeTests(
    [RegularExpression("^[a-z_]{2,40}$")] string RuleGroup, [MinLength(1), MaxLength(60)] IReadOnlyList<string> Indicators);

/// <summary>How samples are taken.</summary>
/// <param name="Rule">How many.</param>
/// <param name="Count">The number of a fixed rule, the least number of a root rule; 1 to 1000.</param>
/// <param name="Amount">How much each is at least.</param>
/// <param name="Retained">Whether a part is kept for a second test.</param>
/// <param name="ReceiptRequired">Whether results always wait for the laboratory's receipt under an intact seal.</param>
public sealed record SchemeSampling(SampleRule Rule, [Range(1, 1000)] int Count, Quantity Amount, bool Retained, bool ReceiptRequired = false);

/// <summary>What a version of a scheme says.</summary>
public record SchemeTerms
{
    /// <summary>Title in English.</summary>
    [TextLength(200, MinimumLength = 3)]
    public required string TitleEn { get; init; }

    /// <summary>Title in Russian.</summary>
    [TextLength(200, MinimumLength = 3)]
    public required string TitleRu { get; init; }

    /// <summary>Title in Kazakh.</summary>
    [TextLength(200, MinimumLength = 3)]
    public required string TitleKk { get; init; }

    /// <summary>Title in Kyrgyz.</summary>
    [TextLength(200, MinimumLength = 3)]
    public required string TitleKy { get; init; }

    /// <summary>What it certifies.</summary>
    public required SchemeKind Kind { get; init; }

    /// <summary>Form in which conformity is assessed.</summary>
    public required AssessmentForm Assessment { get; init; }

    /// <summary>Whether nobody is obliged to it.</summary>
    public required bool Voluntary { get; init; }

    /// <summary>Who may be applicant of record.</summary>
    [MinLength(1)]
    [MaxLength(10)]
    public required IReadOnlyList<ApplicantKind> EligibleApplicants { get; init; }

    /// <summary>Groups of products it is for.</summary>
    [MinLength(1)]
    [MaxLength(60)]
    public required IReadOnlyList<string> RuleGroups { get; init; }

    /// <summary>What the completeness check looks for; at most 30.</summary>
    [MaxLength(30)]
    public required IReadOnlyList<string> RequiredSubmissions { get; init; }

    /// <summary>Steps in the order of a case; a step that is left out is skipped. Completeness, review and decision are always there.</summary>
    [MinLength(1)]
    [MaxLength(10)]
    public required IReadOnlyList<SchemeStep> Steps { get; init; }

    /// <summary>Required tests by group; empty when the scheme has no laboratory.</summary>
    [MaxLength(60)]
    public required IReadOnlyList<SchemeTests> Tests { get; init; }

    /// <summary>Quick tests each batch declared under a scope certificate carries; empty for schemes of single batches.</summary>
    [MaxLength(60)]
    public IReadOnlyList<SchemeTests> BatchTests { get; init; } = [];

    /// <summary>How samples are taken; absent when the scheme has no laboratory.</summary>
    public SchemeSampling? Sampling { get; init; }

    /// <summary>Longest validity of a certificate, or of a scope certificate, in days, 1 to 3650; a lot's shelf life may end it earlier.</summary>
    [Range(1, 3650)]
    public required int ValidityDays { get; init; }

    /// <summary>Fee in tiyn, where money is tenge; 0 or more.</summary>
    [Range(0, 100_000_000_000)]
    public required long FeeKzt { get; init; }

    /// <summary>Fee in tyiyn, where money is som; 0 or more.</summary>
    [Range(0, 100_000_000_000)]
    public required long FeeKgs { get; init; }

    /// <summary>Surveillance visits in a year, 0 to 12.</summary>
    [Range(0, 12)]
    public required int SurveillanceVisits { get; init; }

    /// <summary>Calendar days to correct a non-conformity, 1 to 28.</summary>
    [Range(1, 28)]
    public required int NonconformityDays { get; init; }

    /// <summary>How values are held against limits.</summary>
    public required DecisionRule DecisionRule { get; init; }

    /// <summary>Our reading of the law it rests on.</summary>
    [TextLength(500, MinimumLength = 3)]
    public required string LegalBasis { get; init; }

    /// <summary>How sure that reading is: <c>A</c> seen in the act, <c>B</c> in a sibling act or secondary page, <c>C</c> recalled.</summary>
    [RegularExpression("^[ABC]$")]
    public required string BasisConfidence { get; init; }

    /// <summary>First day it is in force.</summary>
    public required DateOnly ValidFrom { get; init; }

    /// <summary>Last day it is in force; absent while open.</summary>
    public DateOnly? ValidUntil { get; init; }

    internal static T Read<T>(string terms) => JsonSerializer.Deserialize<T>(terms, Event.Json)!;
}

/// <summary>A conformity scheme in one of its versions.</summary>
public sealed record ConformityScheme : SchemeTerms
{
    /// <summary>For example <c>PLANT-BATCH</c>.</summary>
    public required string Code { get; init; }

    /// <summary>Up to 1000 for versions that come with the product; above for this operator's own. A case keeps the version it was filed under.</summary>
    public required int Version { get; init; }

    /// <summary>Whether this operator published it; false for versions that come with the product.</summary>
    public required bool Own { get; init; }

    /// <summary>Every version this operator sees, or those a condition names; what was retired ends on its last day.</summary>
    internal static async Task<List<ConformityScheme>> List(Sql where, Database database, CancellationToken cancel) =>
        [.. (await database.List<string>($"""
            select jsonb_strip_nulls(certification.scheme_terms(s) || jsonb_build_object('code', s.code, 'version', s.version, 'own', s.tenant_id is not null,
                       'validUntil', least(s.valid_until, r.last_day)))::text
              from certification.scheme s
              left join certification.scheme_retirement r on r.code = s.code and r.version = s.version
             where {where} order by s.code, s.version desc
            """, cancel)).Select(Read<ConformityScheme>)];
}
