using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Files;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/applications/{id}/files.</summary>
public static class ListFiles
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapGet("/{id}/files", Handle).WithName("listFiles").RequiresSignIn();

    /// <summary>List the files attached to a case, oldest first.</summary>
    /// <remarks>404 unless it is of your household, you work on it, or you are its body's quality manager or an auditor.</remarks>
    public static async Task<Results<Ok<List<CaseFile>>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, Database database, IHouseholds households, CancellationToken cancel) =>
        Answer.Ok(await CaseEvidence.ToRead(id, database, households, cancel) is { } application
            ? await CaseFile.Of(application, null, await CaseEvidence.ReadsApplicantsPapers(application, database, cancel), database, cancel)
            : (Outcome<List<CaseFile>>)Refusal.NotFound);
}

/// <summary>GET /v1/applications/{id}/files/{hash}.</summary>
public static class GetFile
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapGet("/{id}/files/{hash}", Handle).WithName("getFile").RequiresSignIn().Produces<byte[]>(200, "application/pdf", "image/jpeg");

    /// <summary>Save a file of a case, or of a document the case rests on.</summary>
    /// <remarks>Always an attachment, named after its content. Papers of the applicant of record are not for the household's side. 404 unless it is of your
    /// household, you work on the case, or you are its body's
    /// quality manager or an auditor.</remarks>
    /// <param name="hash">SHA-256 of the kept bytes.</param>
    public static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Handle(
        CertificationApplicationId id, string hash, HttpContext http, Database database, IHouseholds households, TenantFiles files,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(hash);
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(files);
        if (!ReceivedFile.IsHash(hash) || await CaseEvidence.ToRead(id, database, households, cancel) is not { } application
            || !await BelongsTo(application, hash, database, cancel) || await files.Read(hash, cancel) is not { } file)
        {
            return Problems.From(Refusal.NotFound);
        }

        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.File(file.Bytes, file.MediaType, $"{hash[..12]}.{file.Ending}");
    }

    private static async Task<bool> BelongsTo(CertificationApplication application, string hash, Database database, CancellationToken cancel)
    {
        var reads = await CaseEvidence.ReadsApplicantsPapers(application, database, cancel);
        return (await CaseFile.Of(application, hash, reads, database, cancel)).Count > 0
            || await database.Value<bool>($"""
                select exists (select from certification.submission s join certification.document d on d.id = s.document
                                 join certification.document_file f on f.document = s.document
                                where s.application = {application.Id} and f.hash = {hash} and ({reads} or d.owner = {application.Household}))
                """, cancel);
    }
}
