using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/scope-certificates.</summary>
public static class ListScopes
{
    private const string States = "^(active|suspended|withdrawn|expired|replaced)$";

    internal static void Map(RouteGroupBuilder scopes) => scopes.MapGet("", Handle).WithName("listScopeCertificates").Anyone();

    /// <summary>Search the public register of scope certificates, newest first.</summary>
    /// <param name="product">Only this product.</param>
    /// <param name="scheme">Only this conformity scheme.</param>
    /// <param name="applicant">Only this applicant of record.</param>
    /// <param name="issuer">Only this certification body.</param>
    /// <param name="state">Only this state now.</param>
    /// <param name="household">Only those this household may declare batches under; 404 unless you may act for it.</param>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    /// <remarks>No personal data: village, product and who vouches. 400 `bad-cursor`.</remarks>
    public static async Task<Results<Ok<Page<ScopeDetails>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, IHouseholds households, CancellationToken cancel, ProductCode? product = null,
        [TextLength(31, MinimumLength = 3)] string? scheme = null, OrganisationId? applicant = null, OrganisationId? issuer = null,
        [RegularExpression(States)] string? state = null, HouseholdId? household = null, [Range(1, Cursors.MostItems)] int limit = 50,
        [TextLength(400)] string? cursor = null)
    {
        ArgumentNullException.ThrowIfNull(cursors);
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(households);
        if (household is { } mine && (await households.ToActFor(mine, cancel)).Refusal is { } stranger)
        {
            return Problems.From(stranger);
        }

        var query = $"scope-certificates {product} {scheme} {applicant} {issuer} {state} {household}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var rows = await database.List<ScopeRow>(ScopeRow.Where(Sql.Of($"""
            true
            {(product is { } one ? Sql.Of($"and s.product = {one}") : Sql.Of($""))}
            {(string.IsNullOrEmpty(scheme) ? Sql.Of($"") : Sql.Of($"and s.scheme = {scheme}"))}
            {(applicant is { } of ? Sql.Of($"and s.applicant = {of}") : Sql.Of($""))}
            {(issuer is { } body ? Sql.Of($"and s.issuer = {body}") : Sql.Of($""))}
            {(household is { } own ? Sql.Of($"and certification.in_scope(s, {own})") : Sql.Of($""))}
            {(Wire.Label<ScopeState>(state) is { } only ? Sql.Of($"and {Scope.Shown} = {only}") : Sql.Of($""))}
            {(after is { } before ? Sql.Of($"and s.id < {before}") : Sql.Of($""))}
            order by s.id desc limit {limit + 1}
            """)), cancel);
        var page = cursors.Cut(http, rows, limit, query, row => [row.Id.ToString()]);
        return TypedResults.Ok(new Page<ScopeDetails>([.. page.Items.Select(row => row.Details)], page.Next));
    }
}
