using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Marketplace.Web.Pages;

/// <summary>The short address on a label: goes on in the reader's language.</summary>
public sealed class CertificateRedirect : PageModel
{
    /// <summary>Redirects.</summary>
    public IActionResult OnGet(string serial) => LocalRedirect($"/{Problems.Language(HttpContext)}/c/{Uri.EscapeDataString(serial)}");
}
