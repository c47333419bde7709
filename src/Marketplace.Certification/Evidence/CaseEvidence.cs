using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>Who sees the evidence of a case and who adds to it. Evidence is more than the state of the case: an officer's colleagues see only that.</summary>
internal static class CaseEvidence
{
    /// <summary>The case, if the actor may see its evidence; null is the same to a stranger as no such case.</summary>
    public static async Task<CertificationApplication?> ToRead(
        CertificationApplicationId id, Database database, IHouseholds households, CancellationToken cancel)
    {
        if (await CertificationApplication.Find(id, database, cancel) is not { } application)
        {
            return null;
        }

        return await Oversees(application, database, cancel) || (await households.ToActFor(application.Household, cancel)).Refusal is null
            ? application
            : null;
    }

    /// <summary>
    /// Whether who may read a case also reads what its applicant of record has on file: its own people and the officers do, the household's side
    /// learns only that a requirement is met.
    /// </summary>
    public static async Task<bool> ReadsApplicantsPapers(CertificationApplication application, Database database, CancellationToken cancel) =>
        application.Applicant.Value == database.Actor.Organisation || await Oversees(application, database, cancel);

    private static async Task<bool> Oversees(CertificationApplication application, Database database, CancellationToken cancel) =>
        database.Actor.Roles.Contains(Role.Auditor)
        || (database.Actor.Roles.Contains(Role.QualityManager) && application.Body is { } body && body.Value == database.Actor.Organisation)
        || await WorksOn(application, database, cancel);

    /// <summary>The case, if the actor may add evidence: the household's side, and the people of the case.</summary>
    public static async Task<CertificationApplication?> ToAddTo(
        CertificationApplicationId id, Database database, IHouseholds households, CancellationToken cancel) =>
        await CertificationApplication.Find(id, database, cancel) is { } application
            && (await WorksOn(application, database, cancel) || (await households.ToActFor(application.Household, cancel)).Refusal is null)
            ? application
            : null;

    /// <summary>True for who has or had an officer's part in the case and still works for its body or laboratory.</summary>
    private static async Task<bool> WorksOn(CertificationApplication application, Database database, CancellationToken cancel) =>
        application.Stage != CertificationStage.Draft && database.Actor.Organisation is { } organisation && database.Actor.Person is { } person
        && (organisation == application.Body?.Value || organisation == application.Laboratory?.Value)
        && (Enum.GetValues<CasePart>().Any(part => application.Assigned(part)?.Value == person)
            || await database.Value<bool>($"""
                select exists (select from certification.participation
                                where application = {application.Id} and person = {person} and part <> {CasePart.Producer})
                """, cancel));
}

// History, for the audit trail: the hash is that of the kept bytes.
internal sealed record EvidenceFiled(CertificationApplicationId Application, string Hash);

internal sealed record DocumentHandedIn(CertificationApplicationId Application, Guid Document, string Requirement, IReadOnlyList<string> Files);

internal sealed record DocumentReused(CertificationApplicationId Application, Guid Document);

internal sealed record DocumentRejected(CertificationApplicationId Application, Guid Document);
