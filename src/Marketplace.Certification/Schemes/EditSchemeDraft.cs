using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>PUT /v1/scheme-drafts/{id}.</summary>
public static class EditSchemeDraft
{
    internal static void Map(RouteGroupBuilder drafts) => drafts.MapPut("/{id}", Handle).WithName("editSchemeDraft").Requires(SchemeDraft.Proposers)
        .ProducesProblem(412).ProducesProblem(428);

    /// <summary>Rewrite a draft; who does so becomes one of its authors.</summary>
    /// <remarks>Replaces everything. Needs <c>If-Match</c> with the version read. 400 `unknown-group`; 409 `wrong-stage` once it is published;
    /// 412 `stale`; 428 `if-match-required`. Steps, tests and indicators are checked when it is published.</remarks>
    public static async Task<Results<Ok<SchemeDraftDetails>, ProblemHttpResult>> Handle(
        SchemeDraftId id, SchemeTerms terms, IfMatch ifMatch, HttpContext http, Database database, CancellationToken cancel) =>
        Answer.Versioned(http, await Edit(id, terms, ifMatch, database, cancel), draft => draft.Version);

    internal static async Task<Outcome<SchemeDraftDetails>> Edit(
        SchemeDraftId id, SchemeTerms terms, IfMatch ifMatch, Database database, CancellationToken cancel)
    {
        var found = await SchemeDraft.ToChange(id, ifMatch, database, cancel);
        if (found.Refusal is { } refused)
        {
            return refused;
        }

        if (await RuleGroups.Unknown([.. terms.RuleGroups, .. terms.Tests.Select(test => test.RuleGroup)], database, cancel))
        {
            return Refusal.Invalid("#/ruleGroups", "unknown-group", "There is no such group of goods.");
        }

        await database.Execute($"""
            with edited as (
                update certification.scheme_draft set terms = {Event.Text(terms)}::jsonb, version = version + 1 where id = {id} returning id)
            select kernel.append(id, {nameof(SchemeDraftEdited)}, {Event.Text(new SchemeDraftEdited(id))}) from edited
            """, cancel);
        return (await SchemeDraft.Find(id, database, cancel))!.Details;
    }
}

/// <summary>The groups of goods that schemes and limits know.</summary>
internal static class RuleGroups
{
    public static async Task<bool> Unknown(IReadOnlyCollection<string> groups, Database database, CancellationToken cancel) =>
        await database.Value<bool>($"""
            select exists (select unnest({groups.ToArray()}) except
                (select unnest(rule_groups) from certification.scheme union select rule_group from certification.limit_rule))
            """, cancel);
}
