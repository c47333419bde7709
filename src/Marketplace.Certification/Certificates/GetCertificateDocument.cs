using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/certificates/{serial}/document.</summary>
public static class GetCertificateDocument
{
    internal static void Map(RouteGroupBuilder certificates) => certificates.MapGet("/{serial}/document", Handle).WithName("getCertificateDocument")
        .Anyone().Produces<byte[]>(200, "application/pdf");

    /// <summary>A certificate as a PDF of one A4 page.</summary>
    /// <param name="serial">For example <c>KZ-26-000123-7</c>.</param>
    /// <param name="lang"><c>kk</c>, <c>ru</c>, <c>ky</c> or <c>en</c>; by default the first of <c>Accept-Language</c>.</param>
    /// <remarks>It shows the state when it was printed; its QR shows the state now.</remarks>
    public static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Handle(
        string serial, HttpContext http, PublicCertificates certificates, CurrentActor actor, TimeProvider time, CancellationToken cancel,
        [RegularExpression("^(kk|ru|ky|en)$")] string? lang = null)
    {
        ArgumentNullException.ThrowIfNull(certificates);
        ArgumentNullException.ThrowIfNull(actor);
        ArgumentNullException.ThrowIfNull(time);
        if (await certificates.Find(actor.Value.Tenant, serial, cancel) is not { } found)
        {
            return Problems.From(Refusal.NotFound);
        }

        var language = string.IsNullOrEmpty(lang) ? Problems.Language(http) : lang;
        return TypedResults.File(CertificateDocument.Print(new CertificateText(found, language), time.GetUtcNow()), "application/pdf", $"{serial}-{language}.pdf");
    }
}
