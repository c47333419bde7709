using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Files;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A file of a case.</summary>
/// <param name="Hash">SHA-256 of the kept bytes, 64 small hexadecimal digits; documents, samples and findings name the file by it.</param>
/// <param name="MediaType"><c>application/pdf</c> or <c>image/jpeg</c>.</param>
/// <param name="Size">Bytes kept, at most 8 MB.</param>
/// <param name="Person">Who sent it first.</param>
/// <param name="RecordedAt">When.</param>
public sealed record CaseFile(string Hash, string MediaType, int Size, PersonId Person, DateTimeOffset RecordedAt)
{
    /// <summary>Files attached to a case; those of the applicant's own documents only when the actor reads them or attached them.</summary>
    internal static Task<List<CaseFile>> Of(CertificationApplication application, string? hash, bool reads, Database database, CancellationToken cancel) =>
        database.List<CaseFile>($"""
            select c.hash, f.media_type, f.size, c.person, c.recorded_at
              from certification.case_file c join kernel.file f on f.tenant_id = c.tenant_id and f.hash = c.hash
             where c.application = {application.Id} and ({hash} is null or c.hash = {hash})
               and ({reads} or c.person = {database.Actor.Person} or not exists (
                        select from certification.document_file p join certification.document d on d.id = p.document
                         where p.application = c.application and p.hash = c.hash and d.owner = {application.Applicant}))
             order by c.recorded_at, c.hash
            """, cancel);
}

/// <summary>POST /v1/applications/{id}/files.</summary>
public static class AttachFile
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapPost("/{id}/files", Handle).WithName("attachFile").RequiresSignIn().WithMetadata(new LargeBody(ReceivedFile.MostBytes))
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge).ProducesProblem(StatusCodes.Status415UnsupportedMediaType);

    /// <summary>Attach a photo or a PDF to a case; the body is the file itself.</summary>
    /// <remarks>At most 8 MB of PDF, JPEG, PNG or WebP, told apart by content; a name is not taken. Pictures are kept as JPEG, upright, at most
    /// 2560 points long, without what the camera wrote beside them. The same file again gives the same answer. 404 unless you act for the
    /// household or work on the case; 413 `too-large`; 400 `file-empty`; 415 `unknown-file-type`, `file-not-as-said` when `Content-Type` says
    /// another type, `file-damaged`, `picture-too-large`, `file-active` for a PDF with scripts, attachments or encryption; 409 `too-many-files`
    /// after 200.</remarks>
    /// <param name="body">The file.</param>
    public static async Task<Results<Created<CaseFile>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, Stream body, HttpRequest request, Database database, IHouseholds households, TenantFiles files,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(database);
        if (await CaseEvidence.ToAddTo(id, database, households, cancel) is null)
        {
            return Problems.From(Refusal.NotFound);
        }

        // Looking into a file takes a while, for which no connection waits; whoever lost their part meanwhile is refused after it.
        await database.Rollback();
        var received = await ReceivedFile.Read(body, request.ContentType, cancel);
        return Answer.Created(received.Refusal is { } refusal ? refusal : await Attach(id, received.Value!, database, households, files, cancel),
            file => $"/v1/applications/{id}/files/{file.Hash}");
    }

    internal static async Task<Outcome<CaseFile>> Attach(
        CertificationApplicationId id, ReceivedFile file, Database database, IHouseholds households, TenantFiles files, CancellationToken cancel)
    {
        if (await CaseEvidence.ToAddTo(id, database, households, cancel) is not { } application)
        {
            return Refusal.NotFound;
        }

        await files.Keep(file, cancel);
        await database.Execute($"""
            with attached as (
                insert into certification.case_file (application, hash) values ({id}, {file.Hash}) on conflict do nothing returning application)
            select kernel.append(application, {nameof(EvidenceFiled)}, {Event.Text(new EvidenceFiled(id, file.Hash))}) from attached
            """, cancel);
        return (await CaseFile.Of(application, file.Hash, reads: true, database, cancel)).Single();
    }
}
