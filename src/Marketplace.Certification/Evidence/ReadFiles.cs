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
        Answer.Ok(await CaseEvidence.ToRead(id, database, households, cancel) is null
            ? (Outcome<List<CaseFile>>)Refusal.NotFound
            : await CaseFile.Of(id, null, database, cancel));
}

/// <summary>GET /v1/applications/{id}/files/{hash}.</summary>
public static class GetFile
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapGet("/{id}/files/{hash}", Handle).WithName("getFile").RequiresSignIn().Produces<byte[]>(200, "application/pdf", "image/jpeg");

    /// <summary>Save a file of a case, or of a document the case rests on.</summary>
    /// <remarks>Always an attachment, named after its content. 404 unless it is of your household, you work on the case, or you are its body's
    /// quality manager or an auditor.</remarks>
    /// <param name="hash">SHA-256 of the kept bytes.</param>
    public static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Handle(
        CertificationApplicationId id, string hash, HttpContext http, Database database, IHouseholds households, TenantFiles files,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(hash);
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(files);
        if (!ReceivedFile.IsHash(hash) || await CaseEvidence.ToRead(id, database, households, cancel) is null || !await BelongsTo(id, hash, database, cancel)
            || await files.Read(hash, cancel) is not { } file)
        {
            return Problems.From(Refusal.NotFound);
        }

        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.File(file.Bytes, file.MediaType, $"{hash[..12]}.{file.Ending}");
    }

    private static Task<bool> BelongsTo(CertificationApplicationId id, string hash, Database database, CancellationToken cancel) =>
        database.Value<bool>($"""
            select exists (select from certification.case_file where application = {id} and hash = {hash})
                or exists (select from certification.submission s join certification.document_file f on f.document = s.document
                            where s.application = {id} and f.hash = {hash})
            """, cancel);
}
