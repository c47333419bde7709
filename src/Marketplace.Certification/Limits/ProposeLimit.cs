using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A limit to propose.</summary>
/// <param name="Terms">What it says; with a source, of confidence <c>A</c> or <c>B</c>.</param>
/// <param name="Number">The limit it is a new edition of, also to confirm what was only recalled; absent for a new limit.</param>
public sealed record LimitProposal(LimitTerms Terms, [Range(1, int.MaxValue)] int? Number = null);

/// <summary>POST /v1/limit-proposals.</summary>
public static class ProposeLimit
{
    internal static void Map(RouteGroupBuilder proposals) =>
        proposals.MapPost("", Handle).WithName("proposeLimit").Requires(SchemeDraft.Proposers).Moves();

    /// <summary>Propose a limit, or a new edition of one with its source; another person confirms it.</summary>
    /// <remarks>400 `unknown-limit`, `other-limit` when the number stands for another group or indicator, `unknown-group`, `bad-dates`, `unknown-month`, `not-seen` for
    /// confidence C; 409 `unknown-indicator`, `limit-unlike-its-kind`, `limit-known` when there is such a limit already.</remarks>
    public static async Task<Results<Created<LimitProposalDetails>, ProblemHttpResult>> Handle(
        LimitProposal proposal, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proposal);
        return Answer.Created(await Propose(proposal, database, cancel), details => $"/v1/limit-proposals?id={details.Id}");
    }

    internal static async Task<Outcome<LimitProposalDetails>> Propose(LimitProposal proposal, Database database, CancellationToken cancel)
    {
        var terms = proposal.Terms;
        if (terms.Confidence == "C")
        {
            return Refusal.Invalid("#/terms/confidence", "not-seen", "A limit that nobody has seen cannot be proposed.");
        }

        if (terms.ValidUntil < terms.ValidFrom)
        {
            return Refusal.Invalid("#/terms/validUntil", "bad-dates", "It ends before it begins.");
        }

        if (terms.Months?.Any(month => month is < 1 or > 12) == true)
        {
            return Refusal.Invalid("#/terms/months", "unknown-month", "A month is a number from 1 to 12.");
        }

        if (await RuleGroups.Unknown([terms.RuleGroup], database, cancel))
        {
            return Refusal.Invalid("#/terms/ruleGroup", "unknown-group", "There is no such group of goods.");
        }

        if (await Misplaced(proposal, database, cancel) is { } misplaced)
        {
            return misplaced;
        }

        var id = LimitProposalId.New();
        await database.Execute($"""
            with proposed as (
                insert into certification.limit_proposal (id, number, rule_group, products, months, growing, indicator, kind, lowest, highest, unit, sample,
                       regulation, annex, source, confidence, note, valid_from, valid_until)
                values ({id}, {proposal.Number}, {terms.RuleGroup}, {terms.Products?.Select(product => product.Value).ToArray()}, {terms.Months?.ToArray()},
                        {terms.Growing}, {terms.Indicator}, {terms.Kind}, {terms.Lowest}, {terms.Highest}, {terms.Unit}, {terms.Sample}, {terms.Regulation},
                        {terms.Annex}, {terms.Source}, {terms.Confidence}, {terms.Note}, {terms.ValidFrom}, {terms.ValidUntil})
                returning id)
            select kernel.append(id, {nameof(LimitProposed)}, {Event.Text(new LimitProposed(id, terms.Indicator))}) from proposed
            """, cancel);
        return (await LimitProposalDetails.List(Sql.Of($"id = {id}"), database, cancel))[0];
    }

    /// <summary>An edition stays with its limit's group and indicator; a new limit does not double one that is there.</summary>
    private static async Task<Refusal?> Misplaced(LimitProposal proposal, Database database, CancellationToken cancel)
    {
        var terms = proposal.Terms;
        if (proposal.Number is { } number)
        {
            var same = await database.Find<Same>($"""
                select rule_group = {terms.RuleGroup} and indicator = {terms.Indicator} as fits from certification.limit_rule
                 where number = {number} order by edition desc limit 1
                """, cancel);
            return same switch
            {
                null => Refusal.Invalid("#/number", "unknown-limit", "There is no limit of this number."),
                { Fits: false } => Refusal.Invalid("#/number", "other-limit", "This number stands for another group or indicator."),
                _ => null,
            };
        }

        return await database.Value<bool>($"""
            select exists (select from certification.limit_rule
             where rule_group = {terms.RuleGroup} and indicator = {terms.Indicator}
               and products is not distinct from {terms.Products?.Select(product => product.Value).ToArray()}::text[]
               and months is not distinct from {terms.Months?.ToArray()}::int[] and growing is not distinct from {terms.Growing}::certification.growing_method)
            """, cancel)
            ? new Refusal("limit-known", "There is such a limit already; propose a new edition of it.", "#/number")
            : null;
    }

    private sealed record Same(bool Fits);
}

/// <summary>GET /v1/limit-proposals.</summary>
public static class ListLimitProposals
{
    internal static void Map(RouteGroupBuilder proposals) => proposals.MapGet("", Handle).WithName("listLimitProposals").Requires(SchemeDraft.Readers);

    /// <summary>List proposed limits, newest first.</summary>
    /// <param name="id">Only this one.</param>
    /// <param name="open">Only those not confirmed yet.</param>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    /// <remarks>400 `bad-cursor`.</remarks>
    public static async Task<Results<Ok<Page<LimitProposalDetails>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, Guid? id = null, bool open = false,
        [Range(1, Cursors.MostItems)] int limit = 50, [TextLength(400)] string? cursor = null)
    {
        var query = $"limit-proposals {id} {open}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var rows = await LimitProposalDetails.List(Sql.Of($"""
            ({id} is null or id = {id}) and ({after} is null or id < {after}) and (not {open} or edition is null) order by id desc limit {limit + 1}
            """), database, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, query, row => [row.Id.Value.ToString()]));
    }
}
