using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>The public part of a certificate.</summary>
/// <param name="Serial">Its serial.</param>
/// <param name="State">Its state now.</param>
/// <param name="Product">Product code.</param>
/// <param name="ProductNameEn">Product in English.</param>
/// <param name="ProductNameRu">Product in Russian.</param>
/// <param name="ProductNameKk">Product in Kazakh.</param>
/// <param name="ProductNameKy">Product in Kyrgyz.</param>
/// <param name="Village">Territory code.</param>
/// <param name="VillageNameKk">Village in the state language.</param>
/// <param name="VillageNameRu">Village in Russian.</param>
/// <param name="Lot">The lot.</param>
/// <param name="Quantity">Certified quantity.</param>
/// <param name="Left">What is left of it to sell now; zero unless active.</param>
/// <param name="Issuer">The certification body.</param>
/// <param name="IssuerName">Its name.</param>
/// <param name="Scheme">The conformity scheme.</param>
/// <param name="SchemeVersion">Its version.</param>
/// <param name="ValidFrom">First instant of validity.</param>
/// <param name="ValidUntil">Last instant of validity.</param>
/// <param name="Label">The signed text of the QR.</param>
/// <param name="Qr">Address of the QR as SVG.</param>
/// <param name="Replaces">Serial of the certificate whose place it took; absent when none.</param>
/// <param name="ReplacedBy">Serial of the certificate that took its place; absent unless replaced.</param>
/// <param name="Scope">Number of the scope certificate the batch was declared under; absent when the lot was decided on by itself.</param>
public sealed record CertificateDetails(
    string Serial, CertificateState State, ProductCode Product, string ProductNameEn, string ProductNameRu, string ProductNameKk, string ProductNameKy,
    TerritoryCode Village, string VillageNameKk, string VillageNameRu, LotId Lot, Quantity Quantity, Quantity Left, OrganisationId Issuer,
    string IssuerName, string Scheme, int SchemeVersion, DateTimeOffset ValidFrom, DateTimeOffset ValidUntil, string Label, string Qr, string? Replaces,
    string? ReplacedBy, string? Scope);

/// <summary>GET /v1/certificates/{serial}.</summary>
public static class GetCertificate
{
    internal static void Map(RouteGroupBuilder certificates) => certificates.MapGet("/{serial}", Handle).WithName("getCertificate").Anyone();

    /// <summary>Read the public part of a certificate.</summary>
    /// <param name="serial">For example <c>KZ-26-000123-7</c>.</param>
    public static async Task<Results<Ok<CertificateDetails>, ProblemHttpResult>> Handle(
        string serial, Database database, ITerritories territories, CancellationToken cancel) =>
        Answer.Ok(await Read(serial, database, territories, cancel));

    /// <summary>The page and the route show the same, in one round trip: this is what every shopper asks.</summary>
    public static async Task<Outcome<CertificateDetails>> Read(string serial, Database database, ITerritories territories, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(serial);
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(territories);
        if (!Serial.IsWellFormed(serial) || await database.Find<Shown>($"""
            select c.serial, {Certificate.Shown} as state, c.product, coalesce(p.name_en, c.product) as product_name_en,
                   coalesce(p.name_ru, c.product) as product_name_ru, coalesce(p.name_kk, c.product) as product_name_kk,
                   coalesce(p.name_ky, c.product) as product_name_ky, c.village, t.name_kk as village_name_kk, t.name_ru as village_name_ru, c.lot, c.amount,
                   c.unit, coalesce(s.available, 0) as left_to_sell, c.issuer, coalesce(o.name, '') as issuer_name, c.scheme, c.scheme_version,
                   c.valid_from, c.valid_until, c.label,
                   (select b.serial from certification.certificate b where b.id = c.replaces) as replaces,
                   (select n.serial from certification.certificate n where n.replaces = c.id) as replaced_by,
                   (select q.number from certification.scope q join certification.batch_declaration d on d.scope = q.id where d.id = c.declaration) as scope
              from certification.certificate c
              left join supply.public_product p on p.code = c.product
              left join registry.public_territory t on t.code = c.village
              left join registry.public_organisation o on o.id = c.issuer
              left join supply.public_sellable_lot s on s.lot_id = c.lot and s.tenant_id = c.tenant_id and not s.held
             where c.serial = {serial}
            """, cancel) is not { } shown)
        {
            return Refusal.NotFound;
        }

        // A village that was merged since then is found under its old code.
        var before = shown.VillageNameKk is null ? (await territories.Places([shown.Village], cancel)).GetValueOrDefault(shown.Village) : null;
        return new CertificateDetails(shown.Serial, shown.State, shown.Product, shown.ProductNameEn, shown.ProductNameRu, shown.ProductNameKk,
            shown.ProductNameKy, shown.Village, shown.VillageNameKk ?? before?.NameKk ?? shown.Village.Value,
            shown.VillageNameRu ?? before?.NameRu ?? shown.Village.Value, shown.Lot, new Quantity(shown.Amount, shown.Unit),
            new Quantity(shown.State == CertificateState.Active ? shown.LeftToSell : 0, shown.Unit), shown.Issuer, shown.IssuerName, shown.Scheme,
            shown.SchemeVersion, shown.ValidFrom, shown.ValidUntil, shown.Label, $"/v1/certificates/{shown.Serial}/label", shown.Replaces,
            shown.ReplacedBy, shown.Scope);
    }

    private sealed record Shown(
        string Serial, CertificateState State, ProductCode Product, string ProductNameEn, string ProductNameRu, string ProductNameKk, string ProductNameKy,
        TerritoryCode Village, string? VillageNameKk, string? VillageNameRu, LotId Lot, long Amount, string Unit, long LeftToSell, OrganisationId Issuer,
        string IssuerName, string Scheme, int SchemeVersion, DateTimeOffset ValidFrom, DateTimeOffset ValidUntil, string Label, string? Replaces,
        string? ReplacedBy, string? Scope);
}

/// <summary>GET /v1/certificates/{serial}/label.</summary>
public static class GetCertificateLabel
{
    internal static void Map(RouteGroupBuilder certificates) =>
        certificates.MapGet("/{serial}/label", Handle).WithName("getCertificateLabel").Anyone().Produces<string>(200, "image/svg+xml");

    /// <summary>The QR of a certificate as SVG.</summary>
    /// <param name="serial">For example <c>KZ-26-000123-7</c>.</param>
    public static async Task<Results<ContentHttpResult, ProblemHttpResult>> Handle(string serial, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(serial);
        ArgumentNullException.ThrowIfNull(database);
        var label = Serial.IsWellFormed(serial)
            ? await database.Value<string>($"select label from certification.certificate where serial = {serial}", cancel)
            : null;
        return label is null ? Problems.From(Refusal.NotFound) : TypedResults.Content(QrCode.Svg(label), "image/svg+xml");
    }
}
