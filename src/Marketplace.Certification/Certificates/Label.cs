using System.Formats.Cbor;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.Cose;
using SimpleBase;

namespace Marketplace.Certification;

/// <summary>What a label says.</summary>
/// <param name="Serial">Serial of the certificate.</param>
/// <param name="Lot">The lot.</param>
/// <param name="Product">Product code.</param>
/// <param name="Amount">Certified quantity in steps of the unit.</param>
/// <param name="Unit">UN/ECE Rec 20 code of the step: <c>GRM</c>, <c>MLT</c> or <c>H87</c>.</param>
/// <param name="Village">Territory code.</param>
/// <param name="Issuer">The certification body.</param>
/// <param name="ValidFrom">First instant of validity; whole seconds.</param>
/// <param name="ValidUntil">Last instant of validity; whole seconds.</param>
public sealed record LabelClaims(
    string Serial, Guid Lot, string Product, long Amount, string Unit, string Village, Guid Issuer, DateTimeOffset ValidFrom, DateTimeOffset ValidUntil);

/// <summary>A public key labels are checked with.</summary>
/// <param name="KeyId">First eight bytes of the SHA-256 of the key, 16 hexadecimal digits.</param>
/// <param name="PublicKey">SubjectPublicKeyInfo of an ECDSA P-256 key, base64.</param>
/// <param name="ValidFrom">Labels issued earlier than this are not accepted with it.</param>
/// <param name="ValidUntil">When it retired: labels issued later than this are not accepted with it; absent until then.</param>
/// <param name="ActivatedAt">From when it signs; absent while it is only announced.</param>
/// <param name="RevokedAt">When it was revoked; nothing it signed is accepted since, unless the register vouches for it.</param>
public sealed record IssuerKey(
    string KeyId, string PublicKey, DateTimeOffset ValidFrom, DateTimeOffset? ValidUntil = null, DateTimeOffset? ActivatedAt = null,
    DateTimeOffset? RevokedAt = null)
{
    /// <summary>The key itself, to check a signature with.</summary>
    internal ECDsa Open()
    {
        var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(PublicKey), out _);
        return key;
    }

    /// <summary>Whether it could sign at an instant, as far as the list knows.</summary>
    internal bool Signs(DateTimeOffset at) => at >= ValidFrom && !(at > ValidUntil);
}

/// <summary>What a label proves by itself, without asking anybody.</summary>
public enum LabelProof
{
    /// <summary>Signed by a known key and within its validity.</summary>
    Genuine,

    /// <summary>Signed by a known key, but its validity is over.</summary>
    Expired,

    /// <summary>Signed by a known key, but its validity has not begun.</summary>
    NotYetValid,

    /// <summary>A label whose key is not in the list.</summary>
    UnknownKey,

    /// <summary>Signed by a key that was revoked: only the register can say what it is worth.</summary>
    RevokedKey,

    /// <summary>A label whose signature, form or content is wrong.</summary>
    Forged,

    /// <summary>Not a label of ours at all.</summary>
    NotALabel,
}

/// <summary>The outcome of checking a label.</summary>
/// <param name="Proof">What it proves.</param>
/// <param name="Claims">What it says; absent unless the signature holds.</param>
public sealed record LabelVerdict(LabelProof Proof, LabelClaims? Claims);

/// <summary>
/// The text in the QR of a certificate: <c>MP1:</c>, then base45 of a COSE_Sign1 (ES256) over a CBOR map. There is exactly one text for
/// given claims, key and signature; every other spelling is refused.
/// </summary>
public static class Label
{
    /// <summary>What every label begins with.</summary>
    public const string Prefix = "MP1:";

    private const int LongestText = 1000;

    // Half of the order of P-256: of the two signatures (r, s) and (r, n - s) only the one with the small s is ours.
    private static readonly byte[] HalfOrder = Convert.FromHexString("7FFFFFFF800000007FFFFFFFFFFFFFFFDE737D56D38BCF4279DCE5617E3192A8");

    /// <summary>Checks a scanned text with a list of keys; no network, no database.</summary>
    /// <param name="text">The scanned text.</param>
    /// <param name="keys">The issuers' public keys.</param>
    /// <param name="now">The instant to judge validity at.</param>
    public static LabelVerdict Verify(string text, IReadOnlyList<IssuerKey> keys, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(keys);
        if (!text.StartsWith(Prefix, StringComparison.Ordinal) || text.Length > LongestText)
        {
            return new LabelVerdict(LabelProof.NotALabel, null);
        }

        if (Read(text) is not var (message, keyId, claims))
        {
            return new LabelVerdict(LabelProof.Forged, null);
        }

        if (keys.FirstOrDefault(key => key.KeyId == keyId) is not { } known)
        {
            return new LabelVerdict(LabelProof.UnknownKey, null);
        }

        if (!Signed(message, known) || !known.Signs(claims.ValidFrom))
        {
            return new LabelVerdict(LabelProof.Forged, null);
        }

        if (known.RevokedAt is not null)
        {
            return new LabelVerdict(LabelProof.RevokedKey, claims);
        }

        return new LabelVerdict(now < claims.ValidFrom ? LabelProof.NotYetValid : now > claims.ValidUntil ? LabelProof.Expired : LabelProof.Genuine, claims);
    }

    /// <summary>Writes and signs a label.</summary>
    internal static string Write(LabelClaims claims, ECDsa key, string keyId)
    {
        var payload = Encode(claims);
        while (true)
        {
            var headers = new CoseHeaderMap { [CoseHeaderLabel.KeyIdentifier] = CoseHeaderValue.FromBytes(Convert.FromHexString(keyId)) };
            var message = CoseSign1Message.SignEmbedded(payload, new CoseSigner(key, HashAlgorithmName.SHA256, headers));
            if (SmallS(CoseMessage.DecodeSign1(message).Signature.Span))
            {
                return Prefix + Base45.Default.Encode(message);
            }
        }
    }

    /// <summary>The parts of a text in the one canonical form, or null.</summary>
    private static (byte[] Message, string KeyId, LabelClaims Claims)? Read(string text)
    {
        try
        {
            var bytes = Base45.Default.Decode(text.AsSpan(Prefix.Length));
            var message = CoseMessage.DecodeSign1(bytes);
            if (message.Content is not { } content
                || !message.ProtectedHeaders.TryGetValue(CoseHeaderLabel.KeyIdentifier, out var header)
                || header.GetValueAsBytes() is not { Length: 8 } kid || !SmallS(message.Signature.Span))
            {
                return null;
            }

            var claims = Decode(content);
            // Written again from what was understood: anything else that was in there shows as a difference.
            return text == Prefix + Base45.Default.Encode(Envelope(kid, Encode(claims), message.Signature.Span))
                ? (bytes, Convert.ToHexStringLower(kid), claims)
                : null;
        }
        catch (Exception wrong) when (wrong is CryptographicException or CborContentException or InvalidOperationException or ArgumentException
            or FormatException or OverflowException)
        {
            return null;
        }
    }

    private static bool Signed(byte[] message, IssuerKey key)
    {
        using var publicKey = key.Open();
        try
        {
            return CoseMessage.DecodeSign1(message).VerifyEmbedded(publicKey);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool SmallS(ReadOnlySpan<byte> signature) => signature.Length == 64 && signature[32..].SequenceCompareTo(HalfOrder) <= 0;

    private static byte[] Envelope(byte[] kid, byte[] payload, ReadOnlySpan<byte> signature)
    {
        var headers = new CborWriter(CborConformanceMode.Canonical);
        headers.WriteStartMap(2);
        headers.WriteInt32(1);
        headers.WriteInt32(-7); // ES256
        headers.WriteInt32(4);
        headers.WriteByteString(kid);
        headers.WriteEndMap();
        var writer = new CborWriter(CborConformanceMode.Canonical);
        writer.WriteTag((CborTag)18); // COSE_Sign1
        writer.WriteStartArray(4);
        writer.WriteByteString(headers.Encode());
        writer.WriteStartMap(0);
        writer.WriteEndMap();
        writer.WriteByteString(payload);
        writer.WriteByteString(signature);
        writer.WriteEndArray();
        return writer.Encode();
    }

    private static byte[] Encode(LabelClaims claims)
    {
        var writer = new CborWriter(CborConformanceMode.Canonical);
        writer.WriteStartMap(9);
        writer.WriteInt32(1);
        writer.WriteTextString(claims.Serial);
        writer.WriteInt32(2);
        writer.WriteByteString(claims.Lot.ToByteArray(bigEndian: true));
        writer.WriteInt32(3);
        writer.WriteTextString(claims.Product);
        writer.WriteInt32(4);
        writer.WriteInt64(claims.Amount);
        writer.WriteInt32(5);
        writer.WriteTextString(claims.Unit);
        writer.WriteInt32(6);
        writer.WriteTextString(claims.Village);
        writer.WriteInt32(7);
        writer.WriteByteString(claims.Issuer.ToByteArray(bigEndian: true));
        writer.WriteInt32(8);
        writer.WriteInt64(claims.ValidFrom.ToUnixTimeSeconds());
        writer.WriteInt32(9);
        writer.WriteInt64(claims.ValidUntil.ToUnixTimeSeconds());
        writer.WriteEndMap();
        return writer.Encode();
    }

    private static LabelClaims Decode(ReadOnlyMemory<byte> payload)
    {
        var reader = new CborReader(payload, CborConformanceMode.Canonical);
        Expect(reader.ReadStartMap(), 9);
        var claims = new LabelClaims(
            Claim(reader, 1).ReadTextString(), new Guid(Claim(reader, 2).ReadByteString(), bigEndian: true), Claim(reader, 3).ReadTextString(),
            Claim(reader, 4).ReadInt64(), Claim(reader, 5).ReadTextString(), Claim(reader, 6).ReadTextString(),
            new Guid(Claim(reader, 7).ReadByteString(), bigEndian: true), DateTimeOffset.FromUnixTimeSeconds(Claim(reader, 8).ReadInt64()),
            DateTimeOffset.FromUnixTimeSeconds(Claim(reader, 9).ReadInt64()));
        reader.ReadEndMap();
        Expect(reader.BytesRemaining, 0);
        return claims;
    }

    private static CborReader Claim(CborReader reader, int number)
    {
        Expect(reader.ReadInt32(), number);
        return reader;
    }

    private static void Expect(int? found, int wanted)
    {
        if (found != wanted)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"{wanted} was expected."));
        }
    }
}
