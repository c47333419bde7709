using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace Marketplace.Certification;

/// <summary>
/// A W3C Bitstring Status List, checked. A certificate's place in it is its serial: list <c>KZ-26-0</c> holds the first 131,072 certificates of Kazakhstan
/// in 2026, in the order of their numbers, so that a label needs no further member and one list serves labels and credentials.
/// </summary>
/// <param name="Name">For example <c>KZ-26-0-revocation</c>.</param>
/// <param name="Bits">One bit per certificate, the first of each byte on the left.</param>
/// <param name="MadeAt">What it says was true then.</param>
/// <param name="ValidUntil">Older than this it says nothing any more.</param>
public sealed record StatusList(string Name, byte[] Bits, DateTimeOffset MadeAt, DateTimeOffset ValidUntil)
{
    /// <summary>Certificates per list: the least the specification allows.</summary>
    public const int Size = 131_072;

    /// <summary>Withdrawn or replaced: for good.</summary>
    public const string Revocation = "revocation";

    /// <summary>Suspended: may come back.</summary>
    public const string Suspension = "suspension";

    /// <summary>How long a list may be relied on. Phones stay offline for days; whoever is online gets a newer one within minutes.</summary>
    public static readonly TimeSpan Lasts = TimeSpan.FromDays(7);

    private const string Context = "https://www.w3.org/ns/credentials/v2";

    /// <summary>Whether the certificate at a place is on the list.</summary>
    public bool Has(int place) => (Bits[place / 8] & (0x80 >> (place % 8))) != 0;

    /// <summary>The list and the place in it that belong to a serial.</summary>
    internal static (string List, int Place)? Of(string serial)
    {
        if (!Serial.IsWellFormed(serial))
        {
            return null;
        }

        var parts = serial.Split('-');
        var number = int.Parse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture) - 1;
        return number < 0 ? null : (string.Create(CultureInfo.InvariantCulture, $"{parts[0]}-{parts[1]}-{number / Size}"), number % Size);
    }

    /// <summary>Bits with these places set.</summary>
    internal static byte[] Mark(IEnumerable<int> places)
    {
        var bits = new byte[Size / 8];
        foreach (var place in places)
        {
            bits[place / 8] |= (byte)(0x80 >> (place % 8));
        }

        return bits;
    }

    /// <summary>The credential that says these bits, not yet signed.</summary>
    internal static JsonObject Credential(string address, string issuer, string name, byte[] bits, DateTimeOffset madeAt) => new()
    {
        ["@context"] = new JsonArray(Context),
        ["id"] = $"{address}/v1/status-lists/{name}",
        ["type"] = new JsonArray("VerifiableCredential", "BitstringStatusListCredential"),
        ["issuer"] = issuer,
        ["validFrom"] = DataIntegrity.Instant(madeAt),
        ["validUntil"] = DataIntegrity.Instant(madeAt + Lasts),
        ["credentialSubject"] = new JsonObject
        {
            ["id"] = $"{address}/v1/status-lists/{name}#list",
            ["type"] = "BitstringStatusList",
            ["statusPurpose"] = name.Split('-')[^1],
            ["encodedList"] = "u" + WebEncoders.Base64UrlEncode(Zip(bits)),
        },
    };

    /// <summary>The lists of a saved <c>/v1/status-lists</c> that one of these keys signed; what is not signed is left out.</summary>
    /// <exception cref="JsonException">The text is not that document.</exception>
    public static IReadOnlyList<StatusList> Read(string text, IReadOnlyList<IssuerKey> keys)
    {
        var items = JsonNode.Parse(text, documentOptions: Jcs.Strict) is JsonObject document ? document["items"] as JsonArray : null;
        return items is null
            ? throw new JsonException("This is no list of status lists.")
            : [.. items.OfType<JsonObject>().Select(item => Read(item, keys)).OfType<StatusList>()];
    }

    private static StatusList? Read(JsonObject credential, IReadOnlyList<IssuerKey> keys)
    {
        try
        {
            return SignedJson.Check(credential, keys) is { Proof: LabelProof.Genuine } signed
                && DataIntegrity.Text(credential, "issuer") is { } issuer && signed.Method.StartsWith(issuer + "#", StringComparison.Ordinal)
                && credential["credentialSubject"] is JsonObject subject
                && DataIntegrity.Text(subject, "encodedList") is ['u', .. var list]
                && DataIntegrity.Text(credential, "id")?.Split('/')[^1] is { } name && name.Split('-')[^1] == DataIntegrity.Text(subject, "statusPurpose")
                && Unzip(WebEncoders.Base64UrlDecode(list)) is { } bits
                ? new StatusList(name, bits, SignedJson.Instant(credential, "validFrom"), SignedJson.Instant(credential, "validUntil"))
                : null;
        }
        catch (Exception wrong) when (wrong is FormatException or InvalidDataException or CryptographicException)
        {
            return null;
        }
    }

    private static byte[] Zip(byte[] bits)
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.SmallestSize))
        {
            zip.Write(bits);
        }

        return packed.ToArray();
    }

    private static byte[]? Unzip(byte[] packed)
    {
        using var zip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        var bits = new byte[Size / 8];
        return zip.ReadAtLeast(bits, bits.Length, throwOnEndOfStream: false) == bits.Length && zip.ReadByte() < 0 ? bits : null;
    }
}
