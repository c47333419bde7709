using System.Text.Encodings.Web;
using System.Text.Unicode;
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

    /// <summary>Maps the pages and their style sheet.</summary>
    public static void MapWeb(this IEndpointRouteBuilder routes)
    {
        routes.MapRazorPages().AllowAnonymous();
        var style = Asset("site.css");
        routes.MapGet("/site.css", (HttpContext http) =>
        {
            http.Response.Headers.CacheControl = "public, max-age=86400";
            return TypedResults.Bytes(style, "text/css; charset=utf-8");
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
