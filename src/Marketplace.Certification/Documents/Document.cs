using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>Form of a veterinary document as the Eurasian Economic Union knows it.</summary>
[DatabaseEnum("certification.veterinary_form")]
public enum VeterinaryForm
{
    /// <summary>Animals.</summary>
    Form1,

    /// <summary>Products of animals.</summary>
    Form2,

    /// <summary>Raw technical goods and feed.</summary>
    Form3,

    /// <summary>The certificate used inside a district.</summary>
    Local,
}

/// <summary>What the state's own register says of a document.</summary>
[DatabaseEnum("certification.external_status")]
public enum ExternalStatus
{
    /// <summary>Nobody asked.</summary>
    Unknown,

    /// <summary>It stands.</summary>
    Valid,

    /// <summary>It was used up by a movement.</summary>
    Used,

    /// <summary>It was annulled: it no longer counts.</summary>
    Annulled,
}

/// <summary>Whether a document counts now.</summary>
public enum DocumentStanding
{
    /// <summary>It counts; nobody may ask for it again.</summary>
    OnFile,

    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>The state's register says it was annulled.</summary>
    Annulled,

    /// <summary>A later one took its place.</summary>
    Superseded,

    /// <summary>Whoever checked the papers found that it does not serve.</summary>
    Rejected,
}

/// <summary>A document or data item of a household or its applicant.</summary>
/// <param name="Id">The document.</param>
/// <param name="Application">The case it was first handed in with.</param>
/// <param name="Requirement">What it is, for example <c>household-book-extract</c>.</param>
/// <param name="Product">The product it is about; absent when about all.</param>
/// <param name="Number">Its number.</param>
/// <param name="Issuer">Who issued it.</param>
/// <param name="IssuedOn">When it was issued.</param>
/// <param name="ValidUntil">The last day it counts; absent without an end.</param>
/// <param name="Value">The value of a data item.</param>
/// <param name="VeterinaryForm">Form of a veterinary document.</param>
/// <param name="ExternalStatus">What the state's register says of it.</param>
/// <param name="Supersedes">The document it corrects.</param>
/// <param name="Files">Hashes of its files, to be read through a case that rests on it.</param>
/// <param name="Standing">Whether it counts now.</param>
/// <param name="Holder">The organisation that has it: the certification body it was first handed in to, before that the applicant.</param>
/// <param name="HolderName">Its name.</param>
/// <param name="Since">Since when.</param>
/// <param name="Rejection">Why it does not serve; absent while it does.</param>
public sealed record DocumentDetails(
    Guid Id, CertificationApplicationId Application, string Requirement, ProductCode? Product, string? Number, string? Issuer, DateOnly? IssuedOn,
    DateOnly? ValidUntil, string? Value, VeterinaryForm? VeterinaryForm, ExternalStatus? ExternalStatus, Guid? Supersedes, IReadOnlyList<string> Files,
    DocumentStanding Standing, OrganisationId Holder, string HolderName, DateTimeOffset Since, string? Rejection)
{
    /// <summary>Documents that a condition chooses, newest first.</summary>
    /// <param name="chosen">A condition over <c>d</c>, the document.</param>
    internal static async Task<List<DocumentDetails>> Of(Sql chosen, Database database, IOrganisations organisations, CancellationToken cancel)
    {
        var rows = await database.List<DocumentRow>($"""
            select d.id, d.application, d.requirement, d.product, d.number, d.issuer, d.issued_on, d.valid_until, d.value, d.veterinary_form,
                   d.external_status, d.supersedes, array(select f.hash from certification.document_file f where f.document = d.id order by 1) as files,
                   exists (select from certification.document newer where newer.supersedes = d.id) as superseded,
                   coalesce(d.valid_until < kernel.now()::date, false) as expired, coalesce(a.body, a.applicant) as holder, d.recorded_at as since,
                   (select r.reason from certification.document_rejection r where r.document = d.id) as rejection
              from certification.document d
              join certification.application a on a.id = d.application
             where {chosen}
             order by d.recorded_at desc, d.id limit 200
            """, cancel);
        var names = await organisations.Of([.. rows.Select(row => row.Holder).Distinct()], cancel);
        return [.. rows.Select(row => new DocumentDetails(row.Id, row.Application, row.Requirement, row.Product, row.Number, row.Issuer, row.IssuedOn,
            row.ValidUntil, row.Value, row.VeterinaryForm, row.ExternalStatus, row.Supersedes, row.Files, row.Standing, row.Holder,
            names.GetValueOrDefault(row.Holder)?.Name ?? "", row.Since, row.Rejection))];
    }

    private sealed record DocumentRow(
        Guid Id, CertificationApplicationId Application, string Requirement, ProductCode? Product, string? Number, string? Issuer, DateOnly? IssuedOn,
        DateOnly? ValidUntil, string? Value, VeterinaryForm? VeterinaryForm, ExternalStatus? ExternalStatus, Guid? Supersedes, string[] Files,
        bool Superseded, bool Expired, OrganisationId Holder, DateTimeOffset Since, string? Rejection)
    {
        public DocumentStanding Standing => Superseded ? DocumentStanding.Superseded
            : Rejection is not null ? DocumentStanding.Rejected
            : ExternalStatus == Certification.ExternalStatus.Annulled ? DocumentStanding.Annulled
            : Expired ? DocumentStanding.Expired
            : DocumentStanding.OnFile;
    }
}
