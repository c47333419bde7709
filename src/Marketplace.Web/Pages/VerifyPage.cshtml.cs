using Marketplace.Certification;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Web.Pages;

/// <summary>The verifier: checks a label in the browser, without a network once it has been opened with one.</summary>
public sealed class VerifyPage : PageModel
{
    /// <summary>What the page may do beyond other pages: fetch the lists and keep itself.</summary>
    internal const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src 'self'; "
        + "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

    internal string Language { get; private set; } = "en";

    internal VerifyWords Words => VerifyWords.In(Language);

    /// <summary>Shows the page; nothing in it depends on who asks.</summary>
    public void OnGet(string language)
    {
        Language = language;
        Response.Headers.ContentLanguage = language;
        Response.Headers.ContentSecurityPolicy = Policy;
        Response.Headers["Permissions-Policy"] = "camera=(self)";
    }

    /// <summary>The short address goes on in the reader's language; the names make codes on a label readable without a network.</summary>
    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/verify", (HttpContext http) => TypedResults.LocalRedirect($"/{Problems.Language(http)}/verify"))
            .AllowAnonymous().ExcludeFromDescription();
        routes.MapGet("/{language:regex(^(kk|ru|ky|en)$)}/verify/names.json", async (
            string language, HttpContext http, Database database, IProducts products, ITerritories territories, IOrganisations organisations,
            CancellationToken cancel) =>
        {
            http.Response.Headers.CacheControl = "public, max-age=3600";
            return TypedResults.Json(await LabelNames.Read(language, database, products, territories, organisations, cancel));
        }).AllowAnonymous().ExcludeFromDescription();
    }

    internal static string Colour(string standing) => standing switch
    {
        "genuine" => "good",
        "suspended" or "status_unknown" or "not_yet_valid" or "unknown_key" or "revoked_key" => "wait",
        _ => "bad",
    };

    internal static string Icon(string standing) => Colour(standing) switch { "good" => "✓", "wait" => "!", _ => "✕" };
}
