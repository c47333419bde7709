using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>Where an application stands.</summary>
[DatabaseEnum("certification.stage")]
public enum CertificationStage
{
    /// <summary>Being filled in; nobody else works on it.</summary>
    Draft,

    /// <summary>Submitted; the intake officer checks that it is complete.</summary>
    Submitted,

    /// <summary>Sent back once with the full list of what is missing.</summary>
    ReturnedIncomplete,

    /// <summary>Complete; people are being assigned. Passes at once.</summary>
    Accepted,

    /// <summary>The document reviewer goes through the papers.</summary>
    DocumentReview,

    /// <summary>The sampler plans the evaluation: a visit or not, how many samples.</summary>
    EvaluationPlanned,

    /// <summary>The sampler visits the place.</summary>
    Inspection,

    /// <summary>The sampler takes the sample.</summary>
    Sampling,

    /// <summary>The laboratory tests: the analyst enters, the supervisor approves.</summary>
    InLaboratory,

    /// <summary>Approved results are being compared with the limits. Passes at once.</summary>
    ResultsReady,

    /// <summary>A major non-conformity waits for its correction; then the case goes on where it was.</summary>
    NonconformityOpen,

    /// <summary>The reviewer recommends.</summary>
    Review,

    /// <summary>The decision maker decides.</summary>
    Decision,

    /// <summary>Granted: a certificate is issued.</summary>
    Granted,

    /// <summary>Refused, with the reason.</summary>
    Refused,

    /// <summary>Withdrawn by the applicant.</summary>
    Withdrawn,

    /// <summary>Ended after 60 days in which the applicant did nothing.</summary>
    ExpiredInactive,
}

/// <summary>Part a person takes in a case; one person takes one part.</summary>
[DatabaseEnum("certification.part")]
public enum CasePart
{
    /// <summary>Member of the household, or who filed for it.</summary>
    Producer,

    /// <summary>Checks completeness.</summary>
    Intake,

    /// <summary>Reviews the documents.</summary>
    DocumentReviewer,

    /// <summary>Plans the evaluation, inspects, takes samples.</summary>
    Sampler,

    /// <summary>Enters results.</summary>
    Analyst,

    /// <summary>Approves results.</summary>
    Supervisor,

    /// <summary>Recommends.</summary>
    Reviewer,

    /// <summary>Decides.</summary>
    DecisionMaker,

    /// <summary>Acts over the case, never in it: returns it a second time, pauses it.</summary>
    QualityManager,
}

/// <summary>What a part asks of a person.</summary>
internal static class CaseParts
{
    /// <summary>The role whose holders may take the part.</summary>
    public static string Role(this CasePart part) => part switch
    {
        CasePart.Intake => Contracts.Role.IntakeOfficer,
        CasePart.DocumentReviewer => Contracts.Role.DocumentReviewer,
        CasePart.Sampler => Contracts.Role.Sampler,
        CasePart.Analyst => Contracts.Role.LaboratoryAnalyst,
        CasePart.Supervisor => Contracts.Role.LaboratorySupervisor,
        CasePart.Reviewer => Contracts.Role.Reviewer,
        CasePart.DecisionMaker => Contracts.Role.DecisionMaker,
        CasePart.QualityManager => Contracts.Role.QualityManager,
        _ => Contracts.Role.Producer,
    };

    /// <summary>Whether the part is one of the laboratory's, not of the body's.</summary>
    public static bool InLaboratory(this CasePart part) => part is CasePart.Analyst or CasePart.Supervisor;
}

/// <summary>What can happen to an application.</summary>
internal enum CertificationStep
{
    Submit,
    Return,
    Accept,
    Assign,
    Skip,
    ReviewDocuments,
    PlanEvaluation,
    Inspect,
    TakeSample,
    EnterResults,
    ApproveResults,
    Compare,
    Recommend,
    Grant,
    Refuse,
    FindMajor,
    FindCritical,
    Resume,
    Lapse,
    Withdraw,
    Expire,
}

/// <summary>A request to have one lot certified, from filing to decision.</summary>
internal sealed record CertificationApplication(
    CertificationApplicationId Id, string? Number, LotId Lot, HouseholdId Household, PersonId Head, OrganisationId Applicant, ProductCode Product,
    string RuleGroup, TerritoryCode Village, long Amount, string Unit, DateOnly ReadyOn, DateOnly ExpiresOn, string Scheme, int SchemeVersion,
    long FeeMinor, string Currency, CertificationStage Stage, int Version, OrganisationId? Body, OrganisationId? Laboratory, string? Seed, PersonId? Intake,
    PersonId? DocumentReviewer, PersonId? Sampler, PersonId? Analyst, PersonId? Supervisor, PersonId? Reviewer, PersonId? DecisionMaker, PersonId FiledBy,
    DateTimeOffset CreatedAt, DateTimeOffset? SubmittedAt, GrowingMethod? Growing, DateTimeOffset Now)
{
    private static readonly Sql Columns = Sql.Of($"""
        id, number, lot, household, head, applicant, product, rule_group, village, amount, unit, ready_on, expires_on, scheme, scheme_version,
        fee_minor, currency, stage, version, body, laboratory, seed, intake, document_reviewer, sampler, analyst, supervisor, reviewer,
        decision_maker, filed_by, created_at, submitted_at, growing, kernel.now() as now
        """);

    /// <summary><c>KZ</c> or <c>KG</c>, whose calendar the clocks follow.</summary>
    public string Country => Place.Country(Village);

    /// <summary>The whole life of an application. A pair that is not listed is not allowed.</summary>
    public static CertificationStage? Next(CertificationStage stage, CertificationStep step) => (stage, step) switch
    {
        (CertificationStage.Draft or CertificationStage.ReturnedIncomplete, CertificationStep.Submit) => CertificationStage.Submitted,
        (CertificationStage.Submitted, CertificationStep.Return) => CertificationStage.ReturnedIncomplete,
        (CertificationStage.Submitted, CertificationStep.Accept) => CertificationStage.Accepted,
        (CertificationStage.Accepted, CertificationStep.Assign) => CertificationStage.DocumentReview,
        (CertificationStage.DocumentReview, CertificationStep.ReviewDocuments or CertificationStep.Skip) => CertificationStage.EvaluationPlanned,
        (CertificationStage.EvaluationPlanned, CertificationStep.PlanEvaluation or CertificationStep.Skip) => CertificationStage.Inspection,
        (CertificationStage.Inspection, CertificationStep.Inspect or CertificationStep.Skip) => CertificationStage.Sampling,
        (CertificationStage.Sampling or CertificationStage.InLaboratory, CertificationStep.TakeSample) => CertificationStage.InLaboratory,
        (CertificationStage.Sampling, CertificationStep.Skip) => CertificationStage.InLaboratory,
        (CertificationStage.InLaboratory, CertificationStep.EnterResults) => CertificationStage.InLaboratory,
        (CertificationStage.InLaboratory, CertificationStep.ApproveResults) => CertificationStage.ResultsReady,
        (CertificationStage.InLaboratory, CertificationStep.Skip) => CertificationStage.Review,
        (CertificationStage.ResultsReady, CertificationStep.Compare) => CertificationStage.Review,
        (CertificationStage.DocumentReview or CertificationStage.EvaluationPlanned or CertificationStage.Inspection or CertificationStage.Sampling
            or CertificationStage.Review, CertificationStep.FindMajor) => CertificationStage.NonconformityOpen,
        (CertificationStage.DocumentReview or CertificationStage.EvaluationPlanned or CertificationStage.Inspection or CertificationStage.Sampling
            or CertificationStage.Review, CertificationStep.FindCritical) => CertificationStage.Decision,
        // Back to the first stage of the evaluation: what is done already is skipped, so the case goes on where it was.
        (CertificationStage.NonconformityOpen, CertificationStep.Resume) => CertificationStage.DocumentReview,
        (CertificationStage.NonconformityOpen, CertificationStep.Lapse) => CertificationStage.Decision,
        (CertificationStage.Review, CertificationStep.Recommend) => CertificationStage.Decision,
        (CertificationStage.Decision, CertificationStep.Grant) => CertificationStage.Granted,
        (CertificationStage.Decision, CertificationStep.Refuse) => CertificationStage.Refused,
        (CertificationStage.Draft or CertificationStage.Submitted or CertificationStage.ReturnedIncomplete or CertificationStage.DocumentReview
            or CertificationStage.EvaluationPlanned or CertificationStage.Inspection or CertificationStage.Sampling or CertificationStage.InLaboratory
            or CertificationStage.NonconformityOpen or CertificationStage.Review or CertificationStage.Decision, CertificationStep.Withdraw)
            => CertificationStage.Withdrawn,
        (CertificationStage.Draft or CertificationStage.ReturnedIncomplete, CertificationStep.Expire) => CertificationStage.ExpiredInactive,
        _ => null,
    };

    /// <summary>Whether the case still runs.</summary>
    public bool IsOpen => Next(Stage, CertificationStep.Withdraw) is not null;

    /// <summary>The refusal of a step that the stage does not allow.</summary>
    public Refusal WrongStage() => new("wrong-stage", $"An application in stage {Stage} does not allow this step.");

    public static Task<CertificationApplication?> Find(CertificationApplicationId id, Database database, CancellationToken cancel) =>
        database.Find<CertificationApplication>($"select {Columns} from certification.application where id = {id}", cancel);

    /// <summary>The application, if the actor's organisation tests or certifies it.</summary>
    public static Task<CertificationApplication?> FindInCare(CertificationApplicationId id, Database database, CancellationToken cancel) =>
        database.Find<CertificationApplication>($"""
            select {Columns} from certification.application
             where id = {id} and {database.Actor.Organisation} in (body, laboratory) and stage <> 'draft'
            """, cancel);

    /// <summary>Applications the actor may see: of the own household, organisation or case.</summary>
    public static Sql Visible(Actor actor) => Sql.Of($"""
        (household = {actor.Household} or filed_by = {actor.Person} or applicant = {actor.Organisation}
         or (stage <> 'draft' and {actor.Organisation} in (body, laboratory)) or {actor.Roles.Contains(Role.Auditor)})
        """);

    public static Task<CertificationApplication?> FindVisible(CertificationApplicationId id, Database database, CancellationToken cancel) =>
        database.Find<CertificationApplication>($"select {Columns} from certification.application where id = {id} and {Visible(database.Actor)}", cancel);

    /// <summary>One case the condition holds for, locked against everybody else until commit; cases locked already are passed over.</summary>
    public static Task<CertificationApplication?> FindDue(Sql condition, Database database, CancellationToken cancel) =>
        database.Find<CertificationApplication>($"""
            select {Columns} from certification.application where {condition} limit 1 for update skip locked
            """, cancel);

    public PersonId? Assigned(CasePart part) => part switch
    {
        CasePart.Intake => Intake,
        CasePart.DocumentReviewer => DocumentReviewer,
        CasePart.Sampler => Sampler,
        CasePart.Analyst => Analyst,
        CasePart.Supervisor => Supervisor,
        CasePart.Reviewer => Reviewer,
        CasePart.DecisionMaker => DecisionMaker,
        _ => null,
    };

    /// <summary>
    /// The case, and where a step of it leads, for whoever has that part in it: a foreign case is not there, then it matters whose step it is,
    /// then whether it is its turn.
    /// </summary>
    public static async Task<Outcome<CaseTurn>> Turn(
        CertificationApplicationId id, CasePart part, CertificationStep step, Database database, CancellationToken cancel)
    {
        if (await FindInCare(id, database, cancel) is not { } application)
        {
            return Refusal.NotFound;
        }

        if (await application.OnlyFor(part, database, cancel) is { } refused)
        {
            return refused;
        }

        return Next(application.Stage, step) is { } next ? new CaseTurn(application, next) : application.WrongStage();
    }

    /// <summary>
    /// Refuses a step to anybody but the one it is assigned to: <c>own-work</c> for those who have another part in the case,
    /// <c>not-assigned</c> for the rest. The evidence tables refuse the same.
    /// </summary>
    public async Task<Refusal?> OnlyFor(CasePart part, Database database, CancellationToken cancel)
    {
        var me = PersonId.From(database.Actor.Person!.Value);
        var ownHousehold = database.Actor.Household == Household.Value;
        if (Assigned(part) == me && !ownHousehold)
        {
            return null;
        }

        var involved = ownHousehold || Enum.GetValues<CasePart>().Any(other => other != part && Assigned(other) == me) || Head == me || FiledBy == me
            || await database.Value<bool>($"""
                select exists (select from certification.participation where application = {Id} and person = {me} and part <> {part})
                """, cancel);
        return involved ? CaseWork.OwnWork : CaseWork.NotAssigned;
    }

    /// <summary>Moves the stage and appends the event in one statement; false when somebody else moved it first.</summary>
    public async Task<bool> Move<TEvent>(CertificationStage next, Sql also, TEvent happened, Database database, CancellationToken cancel) =>
        await database.Execute($"""
            with moved as (
                update certification.application set stage = {next}, version = version + 1{also}
                 where id = {Id} and version = {Version} returning id)
            select kernel.append(id, {typeof(TEvent).Name}, {Event.Text(happened)}) from moved
            """, cancel) == 1;
}

/// <summary>A case at the turn of the actor.</summary>
/// <param name="Application">The case.</param>
/// <param name="Next">Where the step leads.</param>
internal sealed record CaseTurn(CertificationApplication Application, CertificationStage Next);

/// <summary>What a territory's code says.</summary>
internal static class Place
{
    public static string Country(TerritoryCode village) => village.Value.StartsWith("kg", StringComparison.Ordinal) ? "KG" : "KZ";

    /// <summary>Narrows certificates <c>c</c> to a territory and everything below it.</summary>
    public static Sql Within(TerritoryCode territory) => Sql.Of($"""
        and (c.village = {territory} or c.village in (select code from registry.public_territory where path @> array[{territory}]))
        """);

    /// <summary>The country's clock: Kazakhstan has kept UTC+5 since 2024, Kyrgyzstan UTC+6.</summary>
    public static TimeSpan Offset(string country) => TimeSpan.FromHours(country == "KG" ? 6 : 5);

    /// <summary>The end of a day in the country.</summary>
    public static DateTimeOffset EndOf(DateOnly day, string country) =>
        new DateTimeOffset(day.AddDays(1), TimeOnly.MinValue, Offset(country)).AddSeconds(-1).ToUniversalTime();
}
