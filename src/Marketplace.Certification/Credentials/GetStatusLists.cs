using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/status-lists and /v1/status-lists/{name}: which certificates are withdrawn or suspended, signed.</summary>
public static class GetStatusLists
{
    private static readonly TimeSpan MadeAgainAfter = TimeSpan.FromHours(1);

    // Certificates live at most as long as a scheme says, ten years.
    private const int Years = 10;

    internal static void Map(RouteGroupBuilder lists)
    {
        lists.MapGet("", Handle).WithName("getStatusLists").Anyone().Produces<string>(200, "application/json").Produces(304);
        lists.MapGet("/{name}", One).WithName("getStatusList").Anyone().Produces<string>(200, "application/vc").Produces(304);
    }

    /// <summary>All status lists at once, to keep for checks without a network.</summary>
    /// <remarks><c>{"items": […]}</c>, each a W3C Bitstring Status List credential with an ecdsa-jcs-2019 proof. Made again when a state changes and at
    /// least hourly, valid for seven days; <c>ETag</c> and <c>If-None-Match</c> are understood. While no key signs, after a revocation, the last signed
    /// ones are served: whoever knows the key list learns from it that they vouch for nothing.</remarks>
    public static async Task<Results<ContentHttpResult, StatusCodeHttpResult, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Secrets secrets, PublicAddress address, CancellationToken cancel) =>
        Cached(http, $$"""{"items":[{{string.Join(',', await Current(null, database, secrets, address, cancel))}}]}""", "application/json");

    /// <summary>One status list, as a credential's <c>credentialStatus</c> names it.</summary>
    /// <param name="name">Country, year, number of the list and purpose, for example <c>KZ-26-0-revocation</c>.</param>
    public static async Task<Results<ContentHttpResult, StatusCodeHttpResult, ProblemHttpResult>> One(
        string name, HttpContext http, Database database, Secrets secrets, PublicAddress address, CancellationToken cancel) =>
        await Current(name, database, secrets, address, cancel) is [var only] ? Cached(http, only, "application/vc") : Problems.From(Refusal.NotFound);

    /// <summary>The lists of every certificate that may still be valid, or the one asked for; made again where the last ones say something else.</summary>
    private static async Task<List<string>> Current(string? wanted, Database database, Secrets secrets, PublicAddress address, CancellationToken cancel)
    {
        var counted = await database.List<Counted>($"""
            select split_part(kind, '-', 2) || '-' || right(kind, 2) as prefix, last from certification.numbering
             where kind like 'certificate-__-____' and right(kind, 4)::int >= extract(year from kernel.now()) - {Years} and last > 0 order by kind
            """, cancel);
        var names = counted.SelectMany(one => Enumerable.Range(0, checked((int)((one.Last - 1) / StatusList.Size)) + 1)
                .SelectMany(block => new[] { StatusList.Revocation, StatusList.Suspension }
                    .Select(purpose => string.Create(CultureInfo.InvariantCulture, $"{one.Prefix}-{block}-{purpose}"))))
            .Where(name => wanted is null || name == wanted).ToList();
        if (names.Count == 0)
        {
            return [];
        }

        var barred = (await database.List<Barred>($"""
            select serial, state from certification.certificate where state in ('suspended', 'withdrawn', 'replaced')
            """, cancel)).ToLookup(
                one => $"{StatusList.Of(one.Serial)?.List}-{(one.State == CertificateState.Suspended ? StatusList.Suspension : StatusList.Revocation)}",
                one => StatusList.Of(one.Serial)?.Place ?? 0);
        var key = await SigningKey.ForReaders(database, secrets, cancel);
        var kept = (await database.List<Kept>($"""
            select name, content, key_id, made_at, credential from certification.status_list where name = any({names.ToArray()})
            """, cancel)).ToDictionary(one => one.Name, StringComparer.Ordinal);
        var now = await database.Value<DateTimeOffset>($"select kernel.now()", cancel);
        var credentials = new List<string>();
        foreach (var name in names)
        {
            var bits = StatusList.Mark(barred[name]);
            var content = SHA256.HashData(bits);
            var last = kept.GetValueOrDefault(name);
            if (key is null || (last?.KeyId == key.KeyId && last.Content.AsSpan().SequenceEqual(content) && now - last.MadeAt < MadeAgainAfter))
            {
                if (last is not null)
                {
                    credentials.Add(last.Credential);
                }

                continue;
            }

            var did = address.Did(database.Actor.Tenant);
            var credential = DataIntegrity.Sign(
                StatusList.Credential(address.Of(database.Actor.Tenant), did, name, bits, now), key, $"{did}#{key.KeyId}", now).ToJsonString();
            await database.Execute($"""
                insert into certification.status_list (name, content, key_id, credential) values ({name}, {content}, {key.KeyId}, {credential})
                    on conflict (tenant_id, name) do update set content = excluded.content, key_id = excluded.key_id, made_at = excluded.made_at,
                        credential = excluded.credential
                """, cancel);
            credentials.Add(credential);
        }

        return credentials;
    }

    private static Results<ContentHttpResult, StatusCodeHttpResult, ProblemHttpResult> Cached(HttpContext http, string body, string type)
    {
        var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)).AsSpan(0, 12))}\"";
        http.Response.Headers.ETag = tag;
        http.Response.Headers.CacheControl = "public, max-age=300";
        return http.Request.Headers.IfNoneMatch.ToString().Split(',', StringSplitOptions.TrimEntries).Contains(tag)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Content(body, type);
    }

    private sealed record Counted(string Prefix, long Last);

    private sealed record Barred(string Serial, CertificateState State);

    private sealed record Kept(string Name, byte[] Content, string KeyId, DateTimeOffset MadeAt, string Credential);
}
