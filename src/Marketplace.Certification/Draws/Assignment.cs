using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>The parts people are put on a case for: where, and how a person is put there.</summary>
internal static class Assignment
{
    /// <summary>Everybody but the producer, who is not put there, and the quality manager, who acts over a case.</summary>
    public static readonly CasePart[] Parts = [.. Enum.GetValues<CasePart>().Where(part => part is not (CasePart.Producer or CasePart.QualityManager))];

    /// <summary>Where the part is taken in a case: the laboratory for its people, the body for all others.</summary>
    public static OrganisationId? PlaceOf(CasePart part, CertificationApplication application) =>
        part.InLaboratory() ? application.Laboratory : application.Body;

    /// <summary>How the part is written on the wire and in the database.</summary>
    public static string Word(CasePart part) => JsonNamingPolicy.SnakeCaseLower.ConvertName(part.ToString());

    /// <summary>Puts a drawn person on the case; false when somebody else moved it first. Own work, interests, qualification and draw are the table's trigger.</summary>
    public static Task<bool> Put(CertificationApplication application, CasePart part, PersonId person, Database database, CancellationToken cancel)
    {
        var column = part switch
        {
            CasePart.Intake => Sql.Of($", intake = {person}"),
            CasePart.DocumentReviewer => Sql.Of($", document_reviewer = {person}"),
            CasePart.Sampler => Sql.Of($", sampler = {person}"),
            CasePart.Analyst => Sql.Of($", analyst = {person}"),
            CasePart.Supervisor => Sql.Of($", supervisor = {person}"),
            CasePart.Reviewer => Sql.Of($", reviewer = {person}"),
            _ => Sql.Of($", decision_maker = {person}"),
        };
        return application.Move(application.Stage, column, new ApplicationReassigned(application.Id, part, person), database, cancel);
    }
}
