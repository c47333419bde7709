using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;

namespace Marketplace.Certification;

/// <summary>What a limit says.</summary>
/// <param name="RuleGroup">Group of goods, for example <c>veg_root</c>.</param>
/// <param name="Indicator">Code of the indicator.</param>
/// <param name="Kind">How it limits.</param>
/// <param name="Regulation">The act.</param>
/// <param name="Annex">Annex, section or table.</param>
/// <param name="Source">Where the text was seen, 3 to 500 characters.</param>
/// <param name="Confidence"><c>A</c> seen in the act, <c>B</c> in a sibling act or secondary page, <c>C</c> recalled: such a row judges nothing.</param>
/// <param name="ValidFrom">First day it is in force.</param>
/// <param name="ValidUntil">Last day it is in force; absent while open.</param>
/// <param name="Products">Products it narrows to; absent for the whole group. Such a limit goes before its group's.</param>
/// <param name="Months">Months of readiness it holds for, 1 to 12; absent for all.</param>
/// <param name="Growing">How the goods were grown; absent for any way.</param>
/// <param name="Lowest">The lowest value allowed, of a <c>min</c> or <c>range</c>.</param>
/// <param name="Highest">The highest value allowed, of a <c>max</c> or <c>range</c>.</param>
/// <param name="Unit">The unit of the values, for example <c>mg/kg</c>.</param>
/// <param name="Sample">The sample something must not be found in, for example <c>25 g</c>.</param>
/// <param name="Note">A remark, at most 500 characters.</param>
public sealed record LimitTerms(
    [RegularExpression("^[a-z_]{2,40}$")] string RuleGroup, [TextLength(40, MinimumLength = 2)] string Indicator, LimitKind Kind,
    [TextLength(200, MinimumLength = 3)] string Regulation, [TextLength(200, MinimumLength = 1)] string Annex,
    [TextLength(500, MinimumLength = 3)] string Source, [RegularExpression("^[ABC]$")] string Confidence, DateOnly ValidFrom,
    DateOnly? ValidUntil = null, [MinLength(1), MaxLength(60)] IReadOnlyList<ProductCode>? Products = null,
    [MinLength(1), MaxLength(12)] IReadOnlyList<int>? Months = null, GrowingMethod? Growing = null,
    [Range(typeof(decimal), "0", "1000000000", ParseLimitsInInvariantCulture = true)] decimal? Lowest = null,
    [Range(typeof(decimal), "0", "1000000000", ParseLimitsInInvariantCulture = true)] decimal? Highest = null,
    [TextLength(20, MinimumLength = 1)] string? Unit = null, [TextLength(20, MinimumLength = 1)] string? Sample = null,
    [TextLength(500)] string? Note = null)
{
    /// <summary>The terms of a row of <c>limit_rule</c> or <c>limit_proposal</c>, whose columns have the same names.</summary>
    internal static readonly Sql Json = Sql.Of($"""
        jsonb_build_object('ruleGroup', rule_group, 'indicator', indicator, 'kind', kind, 'regulation', regulation, 'annex', annex, 'source', source,
            'confidence', confidence, 'validFrom', valid_from, 'validUntil', valid_until, 'products', products, 'months', months, 'growing', growing,
            'lowest', lowest, 'highest', highest, 'unit', unit, 'sample', sample, 'note', note)
        """);
}

/// <summary>One edition of a limit.</summary>
/// <param name="Number">Number of the limit; up to 1000 for those that come with the product.</param>
/// <param name="Edition">Its edition; up to 1000 for those that come with the product. Of the editions in force the latest judges.</param>
/// <param name="Active">Whether it judges anything; what is only recalled does not.</param>
/// <param name="Terms">What it says.</param>
/// <param name="Signed">Whether two persons of this operator signed it, one proposing and another confirming; false for those that come with the product.</param>
public sealed record LimitEdition(int Number, int Edition, bool Active, LimitTerms Terms, bool Signed);

/// <summary>A proposed edition, or a proposed new limit.</summary>
/// <param name="Id">The proposal.</param>
/// <param name="Number">The limit it is an edition of; absent for a new limit until it is confirmed.</param>
/// <param name="Terms">What it says.</param>
/// <param name="ProposedBy">Who proposed it.</param>
/// <param name="ProposedAt">When.</param>
/// <param name="Edition">The edition it became; absent while it waits.</param>
/// <param name="ConfirmedBy">Who confirmed it.</param>
/// <param name="ConfirmedAt">When.</param>
public sealed record LimitProposalDetails(
    LimitProposalId Id, LimitTerms Terms, PersonId ProposedBy, DateTimeOffset ProposedAt, int? Number = null, int? Edition = null,
    PersonId? ConfirmedBy = null, DateTimeOffset? ConfirmedAt = null)
{
    internal static async Task<List<LimitProposalDetails>> List(Sql where, Database database, CancellationToken cancel) =>
        [.. (await database.List<string>($"""
            select jsonb_strip_nulls(jsonb_build_object('id', id, 'number', number, 'terms', {LimitTerms.Json}, 'proposedBy', proposed_by,
                       'proposedAt', proposed_at, 'edition', edition, 'confirmedBy', confirmed_by, 'confirmedAt', confirmed_at))::text
              from certification.limit_proposal where {where}
            """, cancel)).Select(SchemeTerms.Read<LimitProposalDetails>)];
}

// The history of a proposal's stream.
internal sealed record LimitProposed(LimitProposalId Proposal, string Indicator);

internal sealed record LimitConfirmed(LimitProposalId Proposal, int Number, int Edition);
