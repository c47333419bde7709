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
        string serial, PublicCertificates certificates, CurrentActor actor, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(certificates);
        ArgumentNullException.ThrowIfNull(actor);
        return await certificates.Find(actor.Value.Tenant, serial, cancel) is { } found ? TypedResults.Ok(found) : Problems.From(Refusal.NotFound);
    }
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
