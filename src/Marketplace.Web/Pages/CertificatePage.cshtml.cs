using Marketplace.Certification;
using Marketplace.Kernel;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Marketplace.Web.Pages;

/// <summary>A certificate for whoever holds the goods or the label in hand.</summary>
public sealed class CertificatePage(PublicCertificates certificates, CurrentActor actor) : PageModel
{
    internal static readonly IReadOnlyList<(string Code, string Name)> Languages = [("kk", "Қазақша"), ("ru", "Русский"), ("ky", "Кыргызча"), ("en", "English")];

    internal string Language { get; private set; } = "en";

    internal string Serial { get; private set; } = "";

    internal CertificateWords Words => CertificateWords.In(Language);

    internal CertificateDetails? Certificate { get; private set; }

    internal string Qr => QrCode.Svg(Certificate!.Label);

    internal string Colour => Certificate!.State switch { CertificateState.Active => "good", CertificateState.Suspended => "wait", _ => "bad" };

    internal string Icon => Certificate!.State switch { CertificateState.Active => "✓", CertificateState.Suspended => "!", _ => "✕" };

    internal CertificateText Text => new(Certificate!, Language);

    /// <summary>Shows the certificate; an unknown serial is a page too, with status 404.</summary>
    public async Task<IActionResult> OnGetAsync(string language, string serial, CancellationToken cancel)
    {
        (Language, Serial) = (language, serial);
        Certificate = await certificates.Find(actor.Value.Tenant, serial, cancel);
        Response.StatusCode = Certificate is null ? 404 : 200;
        Response.Headers.ContentLanguage = language;
        return Page();
    }
}
