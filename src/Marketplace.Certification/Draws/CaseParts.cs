using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>The parts people are put on a case for: role, place, and how a person is put there.</summary>
internal static class CaseParts
{
    public static readonly CasePart[] Assigned = [.. Enum.GetValues<CasePart>().Where(part => part != CasePart.Producer)];

    public static string RoleOf(CasePart part) => part switch
    {
        CasePart.Intake => Role.IntakeOfficer,
        CasePart.Sampler => Role.Sampler,
        CasePart.Analyst => Role.LaboratoryAnalyst,
        CasePart.Supervisor => Role.LaboratorySupervisor,
        CasePart.Reviewer => Role.Reviewer,
        CasePart.DecisionMaker => Role.DecisionMaker,
        _ => throw new ArgumentOutOfRangeException(nameof(part), part, "Nobody is put on a case for this part."),
    };

    /// <summary>Where the part is taken in a case: the laboratory for its people, the body for all others.</summary>
    public static OrganisationId? PlaceOf(CasePart part, CertificationApplication application) =>
        part is CasePart.Analyst or CasePart.Supervisor ? application.Laboratory : application.Body;

    /// <summary>How the part is written on the wire and in the database.</summary>
    public static string Word(CasePart part) => JsonNamingPolicy.SnakeCaseLower.ConvertName(part.ToString());

    /// <summary>True while somebody works on the case.</summary>
    public static bool IsOpen(CertificationApplication application) => application.Stage is not (CertificationStage.Draft or CertificationStage.Granted
        or CertificationStage.Refused or CertificationStage.Withdrawn);

    /// <summary>Puts a drawn person on the case; false when somebody else moved it first. Own work, interests, qualification and draw are the table's trigger.</summary>
    public static Task<bool> Put(CertificationApplication application, CasePart part, PersonId person, Database database, CancellationToken cancel)
    {
        var column = part switch
        {
            CasePart.Intake => Sql.Of($", intake = {person}"),
            CasePart.Sampler => Sql.Of($", sampler = {person}"),
            CasePart.Analyst => Sql.Of($", analyst = {person}"),
            CasePart.Supervisor => Sql.Of($", supervisor = {person}"),
            CasePart.Reviewer => Sql.Of($", reviewer = {person}"),
            _ => Sql.Of($", decision_maker = {person}"),
        };
        return application.Move(application.Stage, column, new ApplicationReassigned(application.Id, part, person), database, cancel);
    }
}
