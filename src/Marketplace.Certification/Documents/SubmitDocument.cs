using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A document that is not on file yet.</summary>
/// <param name="Requirement">What it is: a code of <c>GET /v1/requirements</c>.</param>
/// <param name="Number">Its number, at most 60 characters.</param>
/// <param name="Issuer">Who issued it, 2 to 200 characters.</param>
/// <param name="IssuedOn">When it was issued; not in the future.</param>
/// <param name="ValidUntil">The last day it counts; by default as many days after its date as the requirement says.</param>
/// <param name="Value">The value of a data item, at most 200 characters.</param>
/// <param name="VeterinaryForm">Form of a veterinary document, which also needs number, issuer, date and external status.</param>
/// <param name="ExternalStatus">What the state's register says of it.</param>
/// <param name="Supersedes">The document it corrects, of the same owner and requirement.</param>
/// <param name="Files">Hashes of at most 10 files attached to this case.</param>
public sealed record NewDocument(
    [TextLength(60, MinimumLength = 3)] string Requirement, [TextLength(60, MinimumLength = 1)] string? Number = null,
    [TextLength(200, MinimumLength = 2)] string? Issuer = null, DateOnly? IssuedOn = null, DateOnly? ValidUntil = null,
    [TextLength(200, MinimumLength = 1)] string? Value = null, VeterinaryForm? VeterinaryForm = null, ExternalStatus? ExternalStatus = null,
    Guid? Supersedes = null, [MaxLength(10)] IReadOnlyList<string>? Files = null);

/// <summary>A document for a case: one that is on file, or a new one.</summary>
/// <param name="OnFile">A document on file; instead of a new one.</param>
/// <param name="New">A new document; instead of one on file.</param>
public sealed record DocumentForCase(Guid? OnFile = null, NewDocument? New = null);

/// <summary>POST /v1/applications/{id}/documents.</summary>
public static class SubmitDocument
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapPost("/{id}/documents", Handle).WithName("submitDocument").RequiresSignIn().Moves();

    /// <summary>Let a case rest on a document: a new one, or one that is on file.</summary>
    /// <remarks>A new document stays on file for later cases of its owner until its last day; one that was annulled is only noted.
    /// 404 unless you act for the household or work on the case, and for a document of another owner; 400 `one-document`, `unknown-requirement`,
    /// `document-empty`; 409 `no-value`, `veterinary-document-incomplete`, `bad-document-dates`, `unknown-file` for a file that is not attached to
    /// this case, `document-on-file` for a number and issuer that are on file, `superseded-already`, `applicants-document` when the household hands in what
    /// is the applicant's, `foreign-document`, `document-expired`,
    /// `wrong-stage` once decided.</remarks>
    public static async Task<Results<Created<DocumentDetails>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, DocumentForCase document, Database database, IHouseholds households, IOrganisations organisations,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(document);
        return Answer.Created(await Submit(id, document, database, households, organisations, cancel), _ => $"/v1/applications/{id}/documents");
    }

    internal static async Task<Outcome<DocumentDetails>> Submit(
        CertificationApplicationId id, DocumentForCase document, Database database, IHouseholds households, IOrganisations organisations,
        CancellationToken cancel)
    {
        if (await CaseEvidence.ToAddTo(id, database, households, cancel) is not { } application)
        {
            return Refusal.NotFound;
        }

        Guid submitted;
        switch (document)
        {
            case { OnFile: { } existing, New: null }:
                if (!await database.Value<bool>($"""
                    select exists (select from certification.document where id = {existing} and (owner = {application.Household}
                           or owner = {application.Applicant} and {await CaseEvidence.ReadsApplicantsPapers(application, database, cancel)}))
                    """, cancel))
                {
                    return Refusal.NotFound;
                }

                submitted = existing;
                break;
            case { OnFile: null, New: { } paper }:
                var made = await HandIn(application, paper, database, cancel);
                if (made.Refusal is { } refusal)
                {
                    return refusal;
                }

                submitted = made.Value;
                break;
            default:
                return Refusal.Invalid("#", "one-document", "Name a document on file or a new one, not both.");
        }

        // That a document was annulled is news of it, nothing a case can rest on.
        await database.Execute($"""
            with rests as (
                insert into certification.submission (application, document)
                select {id}, {submitted} where {document.New?.ExternalStatus != ExternalStatus.Annulled} on conflict do nothing returning application)
            select kernel.append(application, {nameof(DocumentReused)}, {Event.Text(new DocumentReused(id, submitted))})
              from rests where {document.OnFile is not null}
            """, cancel);
        return (await DocumentDetails.Of(Sql.Of($"d.id = {submitted}"), database, organisations, cancel)).Single();
    }

    private static async Task<Outcome<Guid>> HandIn(
        CertificationApplication application, NewDocument paper, Database database, CancellationToken cancel)
    {
        if (await Requirement.Find(paper.Requirement, database, cancel) is not { } requirement)
        {
            return Refusal.Invalid("#/new/requirement", "unknown-requirement", "There is no such requirement.");
        }

        var files = (paper.Files ?? []).Distinct(StringComparer.Ordinal).ToArray();
        if (requirement.Form == "document" && files.Length == 0 && (paper.Number is null || paper.Issuer is null))
        {
            return Refusal.Invalid("#/new", "document-empty", "A document has a file, or a number and an issuer.");
        }

        // Whose it is, and until when it counts, is for the table to say.
        var id = Guid.CreateVersion7();
        await database.Execute($"""
            with handed_in as (
                insert into certification.document (id, application, requirement, number, issuer, issued_on, valid_until, value, veterinary_form,
                       external_status, supersedes)
                values ({id}, {application.Id}, {requirement.Code}, {paper.Number?.Trim()}, {paper.Issuer?.Trim()}, {paper.IssuedOn}, {paper.ValidUntil},
                       {paper.Value?.Trim()}, {paper.VeterinaryForm}, {paper.ExternalStatus}, {paper.Supersedes})
                returning id)
            select kernel.append({application.Id}, {nameof(DocumentHandedIn)},
                       {Event.Text(new DocumentHandedIn(application.Id, id, requirement.Code, files))}) from handed_in
            """, cancel);
        await database.Execute($"""
            insert into certification.document_file (document, application, hash) select {id}, {application.Id}, unnest({files})
            """, cancel);
        return id;
    }
}
