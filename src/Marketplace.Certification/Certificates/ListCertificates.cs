using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A certificate in the public register.</summary>
/// <param name="Serial">Its serial.</param>
/// <param name="State">Its state now.</param>
/// <param name="Product">Product code.</param>
/// <param name="Village">Territory code.</param>
/// <param name="Quantity">Certified quantity.</param>
/// <param name="Issuer">The certification body.</param>
/// <param name="Scheme">The conformity scheme.</param>
/// <param name="IssuedAt">When it was issued.</param>
/// <param name="ValidUntil">Last instant of validity.</param>
public sealed record CertificateSummary(
    string Serial, CertificateState State, ProductCode Product, TerritoryCode Village, Quantity Quantity, OrganisationId Issuer, string Scheme,
    DateTimeOffset IssuedAt, DateTimeOffset ValidUntil);

/// <summary>GET /v1/certificates.</summary>
public static class ListCertificates
{
    private const string Serials = "^K([ZG](-[0-9-]{0,14})?)?$";
    private const string States = "^(active|suspended|withdrawn|expired|depleted|replaced)$";

    internal static void Map(RouteGroupBuilder certificates) => certificates.MapGet("", Handle).WithName("listCertificates").Anyone();

    /// <summary>Search the public register, newest first.</summary>
    /// <param name="serial">Beginning of a serial, for example <c>KZ-26-0001</c>.</param>
    /// <param name="product">Only this product.</param>
    /// <param name="territory">Only this territory and everything below it.</param>
    /// <param name="issuer">Only this certification body.</param>
    /// <param name="scheme">Only this conformity scheme.</param>
    /// <param name="state">Only this state now.</param>
    /// <param name="issuedFrom">Issued on this day (UTC) or later.</param>
    /// <param name="issuedUntil">Issued on this day (UTC) or earlier.</param>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    /// <remarks>No personal data: product, village, quantity and who vouches. 400 `bad-cursor`.</remarks>
    public static async Task<Results<Ok<Page<CertificateSummary>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, [RegularExpression(Serials)] string? serial = null,
        ProductCode? product = null, TerritoryCode? territory = null, OrganisationId? issuer = null, [TextLength(31, MinimumLength = 3)] string? scheme = null,
        [RegularExpression(States)] string? state = null, DateOnly? issuedFrom = null, DateOnly? issuedUntil = null,
        [Range(1, Cursors.MostItems)] int limit = 50, [TextLength(400)] string? cursor = null)
    {
        ArgumentNullException.ThrowIfNull(cursors);
        ArgumentNullException.ThrowIfNull(database);
        var query = $"certificates {serial} {product} {territory} {issuer} {scheme} {state} {issuedFrom:O} {issuedUntil:O}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var rows = await database.List<Listed>($"""
            select c.id, c.serial, {Certificate.Shown} as state, c.product, c.village, c.amount, c.unit, c.issuer, c.scheme, c.issued_at, c.valid_until
              from certification.certificate c
             where true
               {(string.IsNullOrEmpty(serial) ? Sql.Of($"") : Sql.Of($"and c.serial collate \"C\" >= {serial} and c.serial collate \"C\" < {serial + "~"}"))}
               {(product is { } one ? Sql.Of($"and c.product = {one}") : Sql.Of($""))}
               {(territory is { } place ? Place.Within(place) : Sql.Of($""))}
               {(issuer is { } body ? Sql.Of($"and c.issuer = {body}") : Sql.Of($""))}
               {(string.IsNullOrEmpty(scheme) ? Sql.Of($"") : Sql.Of($"and c.scheme = {scheme}"))}
               {(Wire.Label<CertificateState>(state) is { } only ? Sql.Of($"and {Certificate.Shown} = {only}") : Sql.Of($""))}
               {(issuedFrom is { } from ? Sql.Of($"and c.issued_at >= {new DateTimeOffset(from, TimeOnly.MinValue, TimeSpan.Zero)}") : Sql.Of($""))}
               {(issuedUntil is { } until ? Sql.Of($"and c.issued_at <= {new DateTimeOffset(until, TimeOnly.MaxValue, TimeSpan.Zero)}") : Sql.Of($""))}
               {(after is { } before ? Sql.Of($"and c.id < {before}") : Sql.Of($""))}
             order by c.id desc limit {limit + 1}
            """, cancel);
        var page = cursors.Cut(http, rows, limit, query, row => [row.Id.ToString()]);
        return TypedResults.Ok(new Page<CertificateSummary>([.. page.Items.Select(row => row.Summary)], page.Next));
    }

    private sealed record Listed(
        Guid Id, string Serial, CertificateState State, ProductCode Product, TerritoryCode Village, long Amount, string Unit, OrganisationId Issuer, string Scheme,
        DateTimeOffset IssuedAt, DateTimeOffset ValidUntil)
    {
        public CertificateSummary Summary => new(Serial, State, Product, Village, new Quantity(Amount, Unit), Issuer, Scheme, IssuedAt, ValidUntil);
    }
}
