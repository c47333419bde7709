using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/limits.</summary>
public static class ListLimits
{
    internal static void Map(RouteGroupBuilder limits) => limits.MapGet("", Handle).WithName("listLimits").Anyone();

    /// <summary>List the limits, every edition, by number and newest edition first.</summary>
    /// <param name="group">Only this group of goods.</param>
    /// <param name="product">Only limits that speak of this product by name.</param>
    /// <param name="indicator">Only this indicator.</param>
    /// <param name="confidence">Only <c>A</c>, <c>B</c> or <c>C</c>.</param>
    /// <param name="active">Only those that judge, or only those that do not.</param>
    /// <param name="growing">Only those for <c>open_field</c> or <c>greenhouse</c>.</param>
    /// <param name="limit">1 to 200; 100 by default.</param>
    /// <param name="cursor">From the page before.</param>
    /// <remarks>400 `bad-cursor`.</remarks>
    public static async Task<Results<Ok<Page<LimitEdition>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, [TextLength(40)] string? group = null,
        [TextLength(40)] string? product = null, [TextLength(40)] string? indicator = null, [RegularExpression("^[ABC]?$")] string? confidence = null,
        bool? active = null, [RegularExpression("^(open_field|greenhouse)?$")] string? growing = null, [Range(1, Cursors.MostItems)] int limit = 100,
        [TextLength(400)] string? cursor = null)
    {
        var query = $"limits {group} {product} {indicator} {confidence} {active} {growing}";
        var (number, edition) = (0, int.MaxValue);
        if (cursor is not null && !(cursors.Read(query, cursor) is [var one, var other]
            && int.TryParse(one, CultureInfo.InvariantCulture, out number) && int.TryParse(other, CultureInfo.InvariantCulture, out edition)))
        {
            return Problems.From(Cursors.Bad);
        }

        var grown = Wire.Label<GrowingMethod>(growing) is { } method ? Sql.Of($"and growing = {method}") : Sql.Of($"");
        var rows = await database.List<string>($"""
            select jsonb_strip_nulls(jsonb_build_object('number', number, 'edition', edition, 'active', active, 'terms', {LimitTerms.Json},
                       'signed', confirmed_by is not null))::text
              from certification.limit_rule
             where ({group} is null or rule_group = {group}) and ({product} is null or {product} = any (products))
               and ({indicator} is null or indicator = {indicator}) and (coalesce({confidence}, '') in ('', confidence))
               and ({active} is null or active = {active}) {grown} and (number > {number} or (number = {number} and edition < {edition}))
             order by number, edition desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut<LimitEdition>(http, [.. rows.Select(SchemeTerms.Read<LimitEdition>)], limit, query, row =>
            [row.Number.ToString(CultureInfo.InvariantCulture), row.Edition.ToString(CultureInfo.InvariantCulture)]));
    }
}
