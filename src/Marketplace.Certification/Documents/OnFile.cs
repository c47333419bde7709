using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>How a required submission of a case stands.</summary>
public enum SubmissionState
{
    /// <summary>Handed in with this case.</summary>
    Given,

    /// <summary>Nobody has to hand it in: it is on file.</summary>
    OnFile,

    /// <summary>Still to be handed in.</summary>
    Missing,
}

/// <summary>One thing a case has to rest on.</summary>
/// <param name="Requirement">What is required, for example <c>household-book-extract</c>; titles are in <c>GET /v1/requirements</c>.</param>
/// <param name="State">Whether somebody has to do something about it.</param>
/// <param name="Document">The document; absent when missing, for results the product itself knows, and to the household for what is its applicant's.</param>
/// <param name="Holder">The organisation that has it: the certification body it was first handed in to, before that the applicant; absent as above.</param>
/// <param name="Since">Since when; absent as above.</param>
/// <param name="ValidUntil">The last day it counts; absent when missing or without an end.</param>
public sealed record RequiredSubmission(
    string Requirement, SubmissionState State, Guid? Document = null, OrganisationId? Holder = null, DateTimeOffset? Since = null,
    DateOnly? ValidUntil = null);

/// <summary>What is on file already, as the refusal to ask for it again says it.</summary>
/// <param name="Requirement">What was asked for.</param>
/// <param name="Holder">The organisation that has it.</param>
/// <param name="HolderName">Its name.</param>
/// <param name="Since">Since when.</param>
/// <param name="ValidUntil">The last day it counts; absent without an end.</param>
/// <param name="Document">The document; absent for results the product itself knows.</param>
public sealed record AlreadyOnFile(
    string Requirement, OrganisationId Holder, string HolderName, DateTimeOffset Since, DateOnly? ValidUntil, Guid? Document);

/// <summary>What a household and its applicant need not be asked for.</summary>
internal sealed record OnFile(
    string Requirement, Guid? Document, CertificationApplicationId Application, OrganisationId Holder, DateTimeOffset Since, DateOnly? ValidUntil,
    bool OfApplicant)
{
    public static Task<List<OnFile>> Of(CertificationApplication application, Database database, CancellationToken cancel) =>
        database.List<OnFile>($"""
            select f.requirement, f.document, f.application, f.holder, f.since, f.valid_until, coalesce(d.owner = {application.Applicant}, false) as of_applicant
              from certification.on_file({application.Household}, {application.Applicant}, {application.Product}) f
              left join certification.document d on d.id = f.document
            """, cancel);

    /// <summary>Lets a new case rest on what is on file, so that nobody hands it in again.</summary>
    public static Task Prefill(CertificationApplicationId id, Database database, CancellationToken cancel) => database.Execute($"""
        insert into certification.submission (application, document)
        select a.id, f.document
          from certification.application a
          join certification.scheme s on s.code = a.scheme and s.version = a.scheme_version
         cross join certification.on_file(a.household, a.applicant, a.product) f
         where a.id = {id} and f.requirement = any(s.required_submissions) and f.document is not null
            on conflict do nothing
        """, cancel);

    /// <summary>
    /// Refuses to ask for what is on file, saying who has it since when, and counts that it was tried. The table of completeness checks
    /// refuses the same.
    /// </summary>
    public static async Task<Refusal?> RefuseToAsk(
        CertificationApplication application, IReadOnlyList<string> requirements, Database database, IOrganisations organisations,
        CancellationToken cancel)
    {
        if (requirements.Count == 0)
        {
            return null;
        }

        if (await Certification.Requirement.Unknown(requirements, database, cancel))
        {
            return Refusal.Invalid("#/requirements", "unknown-requirement", "There is no such requirement.");
        }

        var held = (await Of(application, database, cancel)).Where(one => requirements.Contains(one.Requirement)).ToList();
        if (held.Count == 0)
        {
            return null;
        }

        database.EvenIfRefused(Sql.Of($"""
            insert into certification.duplicate_request (application, requirement, asker, holder, since)
            select {application.Id}, requirement, {database.Actor.Organisation}, holder, since
              from unnest({held.Select(one => one.Requirement).ToArray()}, {held.Select(one => one.Holder).ToArray()},
                          {held.Select(one => one.Since.UtcDateTime).ToArray()}) as held (requirement, holder, since)
                on conflict do nothing
            """));
        var names = await organisations.Of([.. held.Select(one => one.Holder).Distinct()], cancel);
        return new Refusal("already-on-file", "This is on file; use it instead of asking for it again.", "#/requirements",
            Details: held.Select(one => new AlreadyOnFile(one.Requirement, one.Holder, names.GetValueOrDefault(one.Holder)?.Name ?? "", one.Since,
                one.ValidUntil, one.Document)).ToList());
    }

    /// <summary>Every required submission with its state, and results that need not be tested again.</summary>
    public static async Task<IReadOnlyList<RequiredSubmission>> States(
        CertificationApplication application, IReadOnlyList<string> required, Database database, CancellationToken cancel)
    {
        var attached = await database.List<OnFile>($"""
            select d.requirement, d.id as document, d.application, coalesce(a.body, a.applicant) as holder, d.recorded_at as since, d.valid_until,
                   d.owner = {application.Applicant} as of_applicant
              from certification.submission s
              join certification.document d on d.id = s.document
              join certification.application a on a.id = d.application
             where s.application = {application.Id}
               and certification.document_counts(d, (coalesce({application.SubmittedAt}, kernel.now()) at time zone 'UTC')::date)
             order by d.recorded_at
            """, cancel);
        var held = (await Of(application, database, cancel)).Where(one => one.Document is not null || one.Application != application.Id)
            .ToDictionary(one => one.Requirement);
        var reads = await CaseEvidence.ReadsApplicantsPapers(application, database, cancel);
        return [.. required.Concat(held.Values.Where(one => one.Document is null).Select(one => one.Requirement)).Distinct().Select(State)];

        RequiredSubmission State(string requirement)
        {
            var own = attached.LastOrDefault(one => one.Requirement == requirement);
            if ((own ?? held.GetValueOrDefault(requirement)) is not { } one)
            {
                return new RequiredSubmission(requirement, SubmissionState.Missing);
            }

            var state = own?.Application == application.Id ? SubmissionState.Given : SubmissionState.OnFile;
            return one.OfApplicant && !reads
                ? new RequiredSubmission(requirement, state, ValidUntil: one.ValidUntil)
                : new RequiredSubmission(requirement, state, one.Document, one.Holder, one.Since, one.ValidUntil);
        }
    }
}
