using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/applications/{id}/documents.</summary>
public static class ListDocuments
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapGet("/{id}/documents", Handle).WithName("listDocuments").RequiresSignIn();

    /// <summary>List the documents a case rests on, newest first.</summary>
    /// <remarks>Documents of the applicant of record are for its own people and the officers; the household sees in the application that they are
    /// there. 404 unless it is of your household, you work on it, or you are its body's quality manager or an auditor.</remarks>
    public static async Task<Results<Ok<List<DocumentDetails>>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, Database database, IHouseholds households, IOrganisations organisations, CancellationToken cancel) =>
        Answer.Ok(await CaseEvidence.ToRead(id, database, households, cancel) is not { } application
            ? (Outcome<List<DocumentDetails>>)Refusal.NotFound
            : await DocumentDetails.Of(Sql.Of($"""
                d.id in (select document from certification.submission where application = {id})
                and (d.owner = {application.Household} or {await CaseEvidence.ReadsApplicantsPapers(application, database, cancel)})
                """), database, organisations, cancel));
}

/// <summary>GET /v1/households/{id}/documents.</summary>
public static class ListHouseholdDocuments
{
    internal static void Map(RouteGroupBuilder households) =>
        households.MapGet("/{id}/documents", Handle).WithName("listHouseholdDocuments").RequiresSignIn();

    /// <summary>List what is on file of a household, until when and who has it; with what no longer counts, newest first, at most 200.</summary>
    /// <remarks>404 unless you act for the household or are an auditor; the people of a case see what it rests on in the case.</remarks>
    public static async Task<Results<Ok<List<DocumentDetails>>, ProblemHttpResult>> Handle(
        HouseholdId id, Database database, IHouseholds households, IOrganisations organisations, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(households);
        return Answer.Ok(database.Actor.Roles.Contains(Role.Auditor) || (await households.ToActFor(id, cancel)).Refusal is null
            ? await DocumentDetails.Of(Sql.Of($"d.owner = {id}"), database, organisations, cancel)
            : (Outcome<List<DocumentDetails>>)Refusal.NotFound);
    }
}
