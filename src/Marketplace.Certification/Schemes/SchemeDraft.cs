using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;

namespace Marketplace.Certification;

/// <summary>A proposed version of a scheme.</summary>
/// <param name="Id">The draft.</param>
/// <param name="Code">The scheme.</param>
/// <param name="BasedOn">The version it was copied from and is compared with.</param>
/// <param name="Version">Row version, for <c>If-Match</c>.</param>
/// <param name="Authors">Everybody who wrote in it; none of them publishes it.</param>
/// <param name="CreatedAt">When it was begun.</param>
/// <param name="Published">The version it became; absent while it is open.</param>
/// <param name="PublishedBy">Who published it.</param>
/// <param name="Terms">What it says.</param>
public sealed record SchemeDraftDetails(
    SchemeDraftId Id, string Code, int BasedOn, int Version, IReadOnlyList<PersonId> Authors, DateTimeOffset CreatedAt, int? Published,
    PersonId? PublishedBy, SchemeTerms Terms);

/// <summary>A proposed version: edited by the certification body it comes from until somebody of the project office publishes it.</summary>
internal sealed record SchemeDraft(
    SchemeDraftId Id, string Code, int BasedOn, string Terms, int Version, Guid? Organisation, Guid[] Authors, DateTimeOffset CreatedAt, int? Published,
    PersonId? PublishedBy)
{
    /// <summary>Who proposes changes of rules.</summary>
    public static readonly string[] Proposers = [Role.Reviewer, Role.DecisionMaker, Role.QualityManager, Role.PlatformAdministrator];

    /// <summary>Who reads proposals: who makes them, who signs them, who audits.</summary>
    public static readonly string[] Readers = [.. Proposers, Role.ProjectOfficer, Role.Auditor];

    public static readonly Sql Columns = Sql.Of($"""
        id, code, based_on, terms::text as terms, version, organisation, authors, created_at, published, published_by
        """);

    public SchemeDraftDetails Details =>
        new(Id, Code, BasedOn, Version, [.. Authors.Select(PersonId.From)], CreatedAt, Published, PublishedBy, SchemeTerms.Read<SchemeTerms>(Terms));

    /// <summary>Drafts of the own body; the office, the auditor and the administrator see all of the operator's.</summary>
    public static Sql Visible(Actor actor) => Sql.Of($"""
        (organisation = {actor.Organisation} or {actor.Roles.Overlaps([Role.ProjectOfficer, Role.Auditor, Role.PlatformAdministrator])})
        """);

    public static Task<SchemeDraft?> Find(SchemeDraftId id, Database database, CancellationToken cancel) => Find(id, Sql.Of($""), database, cancel);

    /// <summary>The open draft as it was read, locked until commit.</summary>
    public static async Task<Outcome<SchemeDraft>> ToChange(SchemeDraftId id, IfMatch read, Database database, CancellationToken cancel) =>
        await Find(id, Sql.Of($"for update"), database, cancel) switch
        {
            null => Refusal.NotFound,
            { Published: not null } => new Refusal("wrong-stage", "A published draft is closed."),
            var draft => draft.Version == read.Version ? draft : IfMatch.Stale,
        };

    private static Task<SchemeDraft?> Find(SchemeDraftId id, Sql locked, Database database, CancellationToken cancel) => database.Find<SchemeDraft>($"""
        select {Columns} from certification.scheme_draft where id = {id} and {Visible(database.Actor)} {locked}
        """, cancel);
}

// The history of a draft's stream.
internal sealed record SchemeDrafted(SchemeDraftId Draft, string Code, int BasedOn);

internal sealed record SchemeDraftEdited(SchemeDraftId Draft);

internal sealed record SchemePublished(SchemeDraftId Draft, string Code, int Version);

internal sealed record SchemeRetirementProposed(Guid Proposal, string Code, int Version, DateOnly LastDay);

internal sealed record SchemeRetired(string Code, int Version, DateOnly LastDay);
