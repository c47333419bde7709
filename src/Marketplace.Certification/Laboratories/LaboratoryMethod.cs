using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>How an uncertainty is stated.</summary>
[DatabaseEnum("certification.uncertainty_kind")]
public enum UncertaintyKind
{
    /// <summary>Per cent of the value, 0 to 100.</summary>
    Relative,

    /// <summary>In the method's unit.</summary>
    Absolute,
}

/// <summary>A row of a laboratory's scope.</summary>
/// <param name="Id">The row.</param>
/// <param name="Laboratory">The laboratory.</param>
/// <param name="Indicator">Code of the indicator.</param>
/// <param name="RuleGroups">Groups of goods it may be reported for.</param>
/// <param name="Method">The method, for example a standard's number.</param>
/// <param name="Unit">The unit it is reported in.</param>
/// <param name="Quantification">Limit of quantification, in the unit.</param>
/// <param name="Lowest">Lower end of the range.</param>
/// <param name="Highest">Upper end of the range.</param>
/// <param name="Uncertainty">Expanded uncertainty, k = 2.</param>
/// <param name="UncertaintyKind">How it is stated.</param>
/// <param name="Accredited">Whether the accreditation covers it; only then it covers a result.</param>
/// <param name="AccreditationNumber">Number of the accreditation certificate.</param>
/// <param name="ValidFrom">First day.</param>
/// <param name="ValidUntil">Last day.</param>
/// <param name="ProposedBy">The laboratory supervisor who entered it.</param>
/// <param name="ConfirmedBy">The quality manager who confirmed it; absent before.</param>
/// <param name="EndedAt">When it was ended early.</param>
/// <param name="EndReason">Why.</param>
public sealed record LaboratoryMethodDetails(
    LaboratoryMethodId Id, OrganisationId Laboratory, string Indicator, IReadOnlyList<string> RuleGroups, string Method, string Unit, decimal Quantification,
    decimal Lowest, decimal Highest, decimal Uncertainty, UncertaintyKind UncertaintyKind, bool Accredited, string? AccreditationNumber, DateOnly ValidFrom,
    DateOnly ValidUntil, PersonId ProposedBy, PersonId? ConfirmedBy, DateTimeOffset? EndedAt, string? EndReason)
{
    internal static async Task<List<LaboratoryMethodDetails>> Of(Sql which, Database database, CancellationToken cancel) =>
        [.. (await database.List<Row>($"""
            select id, laboratory, indicator, rule_groups, method, unit, quantification, lowest, highest, uncertainty, uncertainty_kind, accredited,
                   accreditation_number, valid_from, valid_until, proposed_by, confirmed_by, ended_at, end_reason
              from certification.laboratory_method where {which}
            """, cancel)).Select(row => new LaboratoryMethodDetails(row.Id, row.Laboratory, row.Indicator, row.RuleGroups, row.Method, row.Unit,
            row.Quantification, row.Lowest, row.Highest, row.Uncertainty, row.UncertaintyKind, row.Accredited, row.AccreditationNumber, row.ValidFrom,
            row.ValidUntil, row.ProposedBy, row.ConfirmedBy, row.EndedAt, row.EndReason))];

    private sealed record Row(
        LaboratoryMethodId Id, OrganisationId Laboratory, string Indicator, string[] RuleGroups, string Method, string Unit, decimal Quantification,
        decimal Lowest, decimal Highest, decimal Uncertainty, UncertaintyKind UncertaintyKind, bool Accredited, string? AccreditationNumber,
        DateOnly ValidFrom, DateOnly ValidUntil, PersonId ProposedBy, PersonId? ConfirmedBy, DateTimeOffset? EndedAt, string? EndReason);
}

/// <summary>GET /v1/laboratory-methods.</summary>
public static class ListLaboratoryMethods
{
    internal static void Map(RouteGroupBuilder methods) => methods.MapGet("", Handle).WithName("listLaboratoryMethods").RequiresSignIn();

    /// <summary>List the scope of a laboratory, oldest row first: proposed, confirmed and ended ones.</summary>
    /// <param name="laboratory">The laboratory; your own organisation by default.</param>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    /// <remarks>400 `bad-cursor`.</remarks>
    public static async Task<Results<Ok<Page<LaboratoryMethodDetails>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, Guid? laboratory = null,
        [Range(1, Cursors.MostItems)] int limit = 50, [TextLength(400)] string? cursor = null)
    {
        var query = $"laboratory-methods {laboratory}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var rows = await LaboratoryMethodDetails.Of(Sql.Of($"""
            laboratory = {laboratory ?? database.Actor.Organisation} and ({after} is null or id > {after}) order by id limit {limit + 1}
            """), database, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, query, row => [row.Id.Value.ToString()]));
    }
}
