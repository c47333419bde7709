using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Marketplace.Web.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.WebEncoders;

namespace Marketplace.Web;

/// <summary>Server-rendered pages over the same use cases as the API; no page calls HTTP, none holds a rule.</summary>
public static class WebModule
{
    /// <summary>Adds what the pages need.</summary>
    public static IServiceCollection AddWeb(this IServiceCollection services)
    {
        services.AddRazorPages();
        // Without this every Cyrillic letter is escaped and pages grow by half.
        services.AddWebEncoders(encoders => encoders.TextEncoderSettings = new TextEncoderSettings(UnicodeRanges.All));
        return services;
    }

    /// <summary>Maps the pages, their style sheet, and the verifier's script and worker.</summary>
    public static void MapWeb(this IEndpointRouteBuilder routes)
    {
        routes.MapRazorPages().AllowAnonymous();
        VerifyPage.Map(routes);
        var (style, script) = (Asset("site.css"), Asset("verify.js"));
        Serve("/site.css", style, "text/css; charset=utf-8", "public, max-age=86400");
        Serve("/verify.js", script, "text/javascript; charset=utf-8", "public, max-age=300");

        // A new build is a new worker, which the browser notices by its bytes and which keeps the new page, script and style.
        var version = typeof(WebModule).Module.ModuleVersionId.ToString();
        var worker = Encoding.UTF8.GetString(Asset("verify-worker.js")).Replace("{version}", version, StringComparison.Ordinal);
        Serve("/verify-worker.js", Encoding.UTF8.GetBytes(worker), "text/javascript; charset=utf-8", "no-cache");

        void Serve(string address, byte[] content, string type, string keep) => routes.MapGet(address, (HttpContext http) =>
        {
            http.Response.Headers.CacheControl = keep;
            http.Response.Headers.ContentSecurityPolicy = VerifyPage.Policy; // a worker's own fetches obey its own policy
            return TypedResults.Bytes(content, type);
        }).AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>Embedded, so that it is served the same from a build, a test and a published folder.</summary>
    private static byte[] Asset(string name)
    {
        using var stream = typeof(WebModule).Assembly.GetManifestResourceStream($"Marketplace.Web.Assets.{name}")!;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
