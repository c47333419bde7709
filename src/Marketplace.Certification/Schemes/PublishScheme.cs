using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/scheme-drafts/{id}/publication.</summary>
public static class PublishScheme
{
    internal static void Map(RouteGroupBuilder drafts) => drafts.MapPost("/{id}/publication", Handle).WithName("publishScheme")
        .InPersonOnly().Requires(stepUp: true, Role.ProjectOfficer).Moves().ProducesProblem(412).ProducesProblem(428);

    /// <summary>Publish a draft as a version of its scheme: nobody changes it any more, and it judges what is filed from its first day on.</summary>
    /// <remarks>Needs <c>If-Match</c> with the version read, so that nothing is signed unseen. 409 `own-proposal` for one of its authors;
    /// 409 `wrong-stage` when it was published before; 409 `wrong-steps`, `unknown-indicator`, `valid-from-past`; 412 `stale`; 428 `if-match-required`.</remarks>
    public static async Task<Results<Created<ConformityScheme>, ProblemHttpResult>> Handle(
        SchemeDraftId id, IfMatch ifMatch, Database database, CancellationToken cancel) =>
        Answer.Created(await Publish(id, ifMatch, database, cancel), scheme => $"/v1/schemes/{scheme.Code}/versions/{scheme.Version}");

    internal static async Task<Outcome<ConformityScheme>> Publish(SchemeDraftId id, IfMatch ifMatch, Database database, CancellationToken cancel)
    {
        var found = await SchemeDraft.ToChange(id, ifMatch, database, cancel);
        if (found.Refusal is { } refused)
        {
            return refused;
        }

        var draft = found.Value!;

        // The function writes what no right of the application's could, and refuses with the names of the tables' constraints.
        var version = await database.Value<int>($"select certification.publish_scheme({id})", cancel);
        await database.Execute($"""
            select kernel.append({id}, {nameof(SchemePublished)}, {Event.Text(new SchemePublished(id, draft.Code, version))})
            """, cancel);
        return (await ShowScheme.Find(draft.Code, version, database, cancel))!;
    }
}
