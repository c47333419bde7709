using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Marketplace.Kernel.Http;

/// <summary>One page of a list.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="Items">At most <c>limit</c> entries.</param>
/// <param name="Next">The cursor of the next page; absent on the last one. Also in the <c>Link</c> header.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>Opaque, signed keyset cursors: they continue one query and no other, and cannot be made up.</summary>
public sealed class Cursors(Secrets secrets)
{
    /// <summary>The most entries a page may have.</summary>
    public const int MostItems = 200;

    /// <summary>The refusal of a cursor that is malformed, altered or of another query.</summary>
    public static readonly Refusal Bad = new("bad-cursor", "This cursor does not continue this query.", "#/query/cursor", 400);

    /// <summary>A cursor that continues a query after the row with these key values.</summary>
    /// <param name="query">The query's own text: its filters and sorting.</param>
    /// <param name="after">The last row's sort key values.</param>
    public string Write(string query, params string[] after)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(after);
        return WebEncoders.Base64UrlEncode([.. Seal(query, body), .. body]);
    }

    /// <summary>The key values of a cursor; null when there is none to read or it is not of this query.</summary>
    public string[]? Read(string query, string cursor)
    {
        try
        {
            var bytes = WebEncoders.Base64UrlDecode(cursor);
            return bytes.Length > 8 && CryptographicOperations.FixedTimeEquals(bytes.AsSpan(0, 8), Seal(query, bytes.AsSpan(8)))
                ? JsonSerializer.Deserialize<string[]>(bytes.AsSpan(8))
                : null;
        }
        catch (Exception failure) when (failure is FormatException or JsonException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The id of the last row before, for lists in the order of their ids.</summary>
    /// <param name="query">The query's own text.</param>
    /// <param name="cursor">What the request sent; null for the first page.</param>
    /// <param name="after">The id; null for the first page.</param>
    /// <returns>False when the cursor is not of this query.</returns>
    public bool After(string query, string? cursor, out Guid? after)
    {
        after = null;
        if (cursor is null)
        {
            return true;
        }

        if (Read(query, cursor) is not [var last] || !Guid.TryParse(last, out var id))
        {
            return false;
        }

        after = id;
        return true;
    }

    /// <summary>Cuts one row more than asked into a page and sets the <c>Link</c> header.</summary>
    /// <param name="http">The request.</param>
    /// <param name="rows">Up to <paramref name="limit"/> + 1 rows.</param>
    /// <param name="limit">How many were asked for.</param>
    /// <param name="query">The query's own text.</param>
    /// <param name="key">The sort key values of a row.</param>
    public Page<T> Cut<T>(HttpContext http, IReadOnlyList<T> rows, int limit, string query, Func<T, string[]> key)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(key);
        if (rows.Count <= limit)
        {
            return new Page<T>(rows, null);
        }

        var next = Write(query, key(rows[limit - 1]));
        var parameters = http.Request.Query.Where(pair => pair.Key != "cursor").Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value.ToString()));
        http.Response.Headers.Link = $"<{QueryHelpers.AddQueryString(http.Request.Path, parameters.Append(KeyValuePair.Create("cursor", (string?)next)))}>; rel=\"next\"";
        return new Page<T>([.. rows.Take(limit)], next);
    }

    private byte[] Seal(string query, ReadOnlySpan<byte> body) =>
        secrets.Hmac("cursor", [.. Encoding.UTF8.GetBytes(query), 0, .. body])[..8];
}
