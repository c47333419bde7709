using System.Globalization;
using System.Text.Json.Nodes;

namespace Marketplace.Certification;

/// <summary>What the proof inside a JSON document is worth against a list of keys.</summary>
/// <param name="Proof">Genuine, forged, or by a key that is unknown or revoked.</param>
/// <param name="Method">Where the key stands, <c>did:…#keyId</c>; empty when there is none.</param>
internal sealed record SignedJson(LabelProof Proof, string Method)
{
    private static readonly SignedJson Forged = new(LabelProof.Forged, "");

    /// <exception cref="FormatException">A member has no canonical form.</exception>
    public static SignedJson Check(JsonObject secured, IReadOnlyList<IssuerKey> keys)
    {
        if (secured["proof"] is not JsonObject proof || DataIntegrity.Text(proof, "verificationMethod") is not { } method)
        {
            return Forged;
        }

        if (keys.FirstOrDefault(key => method.EndsWith("#" + key.KeyId, StringComparison.Ordinal)) is not { } known)
        {
            return new SignedJson(LabelProof.UnknownKey, method);
        }

        using var key = known.Open();
        return !DataIntegrity.Holds(secured, key) || !known.Signs(Instant(proof, "created")) ? Forged
            : new SignedJson(known.RevokedAt is null ? LabelProof.Genuine : LabelProof.RevokedKey, method);
    }

    /// <exception cref="FormatException">The member is no instant.</exception>
    public static DateTimeOffset Instant(JsonObject from, string name) => DateTimeOffset.ParseExact(
        DataIntegrity.Text(from, name) ?? "", "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
