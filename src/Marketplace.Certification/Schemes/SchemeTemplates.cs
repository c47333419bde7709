using System.Text.Json;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>
/// The versions that come with the product, one for every family of goods. What many of them share is written once in
/// <c>Reference/schemes.json</c>: acts, legal bases by step, checklist questions, lists of groups.
/// </summary>
internal sealed record SchemeTemplates(
    Dictionary<string, SchemeTemplates.Act> Acts, Dictionary<string, Dictionary<string, string[]>> Bases, Dictionary<string, string[]> Questions,
    Dictionary<string, string[]> Groups, SchemeTemplates.Template[] Schemes)
{
    public static IEnumerable<(string Code, int Version, SchemeTerms Terms)> All()
    {
        using var stream = typeof(SchemeTemplates).Assembly.GetManifestResourceStream("Marketplace.Certification.Reference.schemes.json")!;
        var file = JsonSerializer.Deserialize<SchemeTemplates>(stream, Event.Json)!;
        return [.. file.Schemes.Select(scheme => (scheme.Code, scheme.Version, file.Terms(scheme)))];
    }

    private SchemeTerms Terms(Template scheme) => new()
    {
        TitleEn = scheme.Title[0],
        TitleRu = scheme.Title[1],
        TitleKk = scheme.Title[2],
        TitleKy = scheme.Title[3],
        Kind = scheme.Kind,
        Assessment = scheme.Assessment,
        Voluntary = scheme.Voluntary,
        EligibleApplicants = scheme.Applicants,
        RuleGroups = [.. scheme.Groups.SelectMany(Named)],
        RequiredSubmissions = scheme.Submissions,
        Steps = [.. scheme.Days.Select(step => new SchemeStep(step.Key, step.Value, null, Basis(scheme.Bases, step.Key),
            [.. (scheme.Checks?.GetValueOrDefault(step.Key) ?? []).Select(Question)]))],
        Tests = Tests(scheme.Tests),
        BatchTests = Tests(scheme.BatchTests),
        Sampling = scheme.Sampling,
        ValidityDays = scheme.ValidityDays,
        FeeKzt = scheme.Fee[0],
        FeeKgs = scheme.Fee[1],
        SurveillanceVisits = scheme.Visits,
        NonconformityDays = 28,
        DecisionRule = scheme.Decision,
        LegalBasis = scheme.LegalBasis,
        BasisConfidence = scheme.Confidence,
        ValidFrom = new DateOnly(2026, 1, 1),
    };

    private IReadOnlyList<SchemeTests> Tests(Dictionary<string, string[]>? tests) =>
        [.. (tests ?? []).SelectMany(test => test.Key.Split(' ').SelectMany(Named).Select(group => new SchemeTests(group, test.Value)))];

    private string[] Named(string name) => Groups.GetValueOrDefault(name) ?? [name];

    /// <summary>The last of the scheme's bases that speaks of the step; none when no act does.</summary>
    private LegalBasis? Basis(string[] bases, string task) =>
        bases.Select(name => Bases[name].GetValueOrDefault(task) ?? Bases[name].GetValueOrDefault("*")).LastOrDefault(basis => basis is not null)
            is [var act, var article] ? new LegalBasis(Acts[act].Name, article, Acts[act].InForce, Acts[act].Confidence) : null;

    private SchemeCheck Question(string item) => new(item, Questions[item][0], Questions[item][1], Questions[item][2], Questions[item][3]);

    internal sealed record Act(string Name, DateOnly InForce, string Confidence);

    /// <summary>One scheme, with names of what it shares with others.</summary>
    internal sealed record Template(
        string Code, int Version, string[] Title, SchemeKind Kind, AssessmentForm Assessment, ApplicantKind[] Applicants, string[] Groups,
        string[] Submissions, string[] Bases, Dictionary<string, int> Days, int ValidityDays, long[] Fee, string LegalBasis, string Confidence,
        Dictionary<string, string[]>? Checks = null, Dictionary<string, string[]>? Tests = null, Dictionary<string, string[]>? BatchTests = null,
        SchemeSampling? Sampling = null, bool Voluntary = false, int Visits = 0, DecisionRule Decision = DecisionRule.Simple);
}
