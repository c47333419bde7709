using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>Why a household is visited under a scheme.</summary>
[DatabaseEnum("certification.surveillance_reason")]
public enum SurveillanceReason
{
    /// <summary>The scheme wants so many visits a year.</summary>
    Regular,

    /// <summary>Its first certificate is less than a year old and nobody was there yet.</summary>
    NewProducer,

    /// <summary>Major or critical findings of the last two years.</summary>
    PastFindings,

    /// <summary>It claimed more than is plausible since somebody was there last.</summary>
    OverClaim,

    /// <summary>Its product spoils or makes ill soon.</summary>
    ProductRisk,

    /// <summary>It was drawn: one in twenty is, every year.</summary>
    Random,
}

/// <summary>State of a surveillance visit.</summary>
[DatabaseEnum("certification.surveillance_state")]
public enum SurveillanceState
{
    /// <summary>Still to be made.</summary>
    Open,

    /// <summary>Made and recorded.</summary>
    Recorded,
}

/// <summary>What suspended a production after a visit.</summary>
[DatabaseEnum("certification.hold_cause")]
public enum HoldCause
{
    /// <summary>A critical finding, at once.</summary>
    Critical,

    /// <summary>A major finding whose term of correction is over.</summary>
    Overdue,
}

/// <summary>A surveillance visit: to a household under a scheme, by one drawn sampler.</summary>
internal sealed record SurveillanceVisit(
    Guid Id, HouseholdId Household, string Scheme, CertificationApplicationId Application, ProductCode Product, OrganisationId Body, TerritoryCode Village,
    bool Announced, DateOnly DueOn, SurveillanceState State, PersonId? Sampler, DateTimeOffset ScheduledAt)
{
    public static readonly Sql Columns = Sql.Of($"""
        v.id, v.household, v.scheme, v.application, (select product from certification.application where id = v.application) as product, v.body, v.village,
        v.announced, v.due_on, v.state, v.sampler, v.scheduled_at
        """);

    /// <summary>Visits the actor knows of by office: drawn for it, quality manager of the body, auditor. Nobody knows those to their own household so.</summary>
    public static Sql ByOffice(Actor actor) => Sql.Of($"""
        ((v.sampler = {actor.Person} or {actor.Roles.Contains(Role.Auditor)} or (v.body = {actor.Organisation} and {actor.Roles.Contains(Role.QualityManager)}))
         and not certification.of_household({actor.Person}, v.household) and v.household is distinct from {actor.Household})
        """);

    /// <summary>What a household's side may know: an unannounced visit only once it was made.</summary>
    public static readonly Sql KnownAtHome = Sql.Of($"(v.announced or v.state = 'recorded')");

    public string Country => Place.Country(Village);

    public static Task<SurveillanceVisit?> Find(Guid id, Database database, CancellationToken cancel) =>
        database.Find<SurveillanceVisit>($"select {Columns} from certification.surveillance v where v.id = {id}", cancel);

    /// <summary>The visit, for the sampler drawn for it: another body's is not there, then it matters whose it is.</summary>
    public static async Task<Outcome<SurveillanceVisit>> ForVisitor(Guid id, Database database, CancellationToken cancel)
    {
        if (await Find(id, database, cancel) is not { } visit || visit.Body.Value != database.Actor.Organisation)
        {
            return Refusal.NotFound;
        }

        return visit.Household.Value == database.Actor.Household ? CaseWork.OwnWork
            : visit.Sampler?.Value == database.Actor.Person ? visit
            : CaseWork.NotAssigned;
    }

    /// <summary>The visit, for the household's side.</summary>
    public static async Task<Outcome<SurveillanceVisit>> ForProducer(Guid id, Database database, IHouseholds households, CancellationToken cancel)
    {
        var visit = await database.Find<SurveillanceVisit>($"select {Columns} from certification.surveillance v where v.id = {id} and {KnownAtHome}", cancel);
        return visit is not null && (await households.ToActFor(visit.Household, cancel)).Refusal is null ? visit : Refusal.NotFound;
    }
}

/// <summary>Kinds of the tasks around a visit.</summary>
internal static class SurveillanceTask
{
    public const string Visit = "surveillance-visit";
    public const string Assign = "assign-visitor";
    public const string Correct = "correct-finding";
    public const string Verify = "verify-finding";
    public const string Rule = "rule-on-hold";
}

// The history of a visit's stream.
internal sealed record SurveillanceScheduled(Guid Surveillance);

internal sealed record VisitorDrawn(Guid Surveillance, PersonId Sampler);

internal sealed record SurveillanceRecorded(Guid Surveillance, int Findings);

internal sealed record FindingCorrected(Guid Surveillance, int Finding);

internal sealed record FindingVerified(Guid Surveillance, int Finding, bool Accepted);

internal sealed record ProductionHeld(Guid Surveillance, HoldCause Cause);

internal sealed record HoldRuled(Guid Surveillance, bool Confirmed);
