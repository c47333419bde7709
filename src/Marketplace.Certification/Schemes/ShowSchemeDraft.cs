using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/scheme-drafts/{id}.</summary>
public static class ShowSchemeDraft
{
    internal static void Map(RouteGroupBuilder drafts) => drafts.MapGet("/{id}", Handle).WithName("showSchemeDraft").Requires(SchemeDraft.Readers);

    /// <summary>Read a proposed version.</summary>
    /// <remarks>404 for a draft of another certification body, unless you sign or audit.</remarks>
    public static async Task<Results<Ok<SchemeDraftDetails>, ProblemHttpResult>> Handle(
        SchemeDraftId id, HttpContext http, Database database, CancellationToken cancel) =>
        Answer.Versioned(http, await SchemeDraft.Find(id, database, cancel) is { } draft
            ? draft.Details
            : (Outcome<SchemeDraftDetails>)Refusal.NotFound, draft => draft.Version);
}

/// <summary>GET /v1/scheme-drafts.</summary>
public static class ListSchemeDrafts
{
    internal static void Map(RouteGroupBuilder drafts) => drafts.MapGet("", Handle).WithName("listSchemeDrafts").Requires(SchemeDraft.Readers);

    /// <summary>List proposed versions of schemes, newest first.</summary>
    /// <param name="open">Only those not published yet.</param>
    /// <param name="limit">1 to 50; 20 by default.</param>
    /// <param name="cursor">From the page before.</param>
    /// <remarks>400 `bad-cursor`.</remarks>
    public static async Task<Results<Ok<Page<SchemeDraftDetails>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, bool open = false, [Range(1, 50)] int limit = 20,
        [TextLength(400)] string? cursor = null)
    {
        var query = $"scheme-drafts {open}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var drafts = await database.List<SchemeDraft>($"""
            select {SchemeDraft.Columns} from certification.scheme_draft
             where {SchemeDraft.Visible(database.Actor)} and ({after} is null or id < {after}) and (not {open} or published is null)
             order by id desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut<SchemeDraftDetails>(
            http, [.. drafts.Select(draft => draft.Details)], limit, query, draft => [draft.Id.Value.ToString()]));
    }
}
