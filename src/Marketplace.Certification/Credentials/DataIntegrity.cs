using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using SimpleBase;

namespace Marketplace.Certification;

/// <summary>W3C Data Integrity with the cryptosuite <c>ecdsa-jcs-2019</c> on P-256: a proof inside the JSON it proves.</summary>
internal static class DataIntegrity
{
    private const string Suite = "ecdsa-jcs-2019";

    /// <summary>The document with its proof; <paramref name="method"/> is where the public key stands, <c>did:…#keyId</c>.</summary>
    public static JsonObject Sign(JsonObject document, SigningKey key, string method, DateTimeOffset created)
    {
        var proof = new JsonObject
        {
            ["type"] = "DataIntegrityProof",
            ["cryptosuite"] = Suite,
            ["created"] = Instant(created),
            ["verificationMethod"] = method,
            ["proofPurpose"] = "assertionMethod",
        };
        if (document["@context"] is { } context)
        {
            proof["@context"] = context.DeepClone();
        }

        proof["proofValue"] = "z" + Base58.Bitcoin.Encode(key.Sign(HashData(document, proof)));
        var secured = (JsonObject)document.DeepClone();
        secured["proof"] = proof;
        return secured;
    }

    /// <summary>Whether the proof is of this document and by this key.</summary>
    public static bool Holds(JsonObject secured, ECDsa key)
    {
        var document = (JsonObject)secured.DeepClone();
        if (document["proof"] is not JsonObject proof || !document.Remove("proof")
            || Text(proof, "type") != "DataIntegrityProof" || Text(proof, "cryptosuite") != Suite || Text(proof, "proofPurpose") != "assertionMethod"
            || Text(proof, "proofValue") is not ['z', .. var encoded] || !JsonNode.DeepEquals(proof["@context"], document["@context"]))
        {
            return false;
        }

        proof.Remove("proofValue");
        try
        {
            var signature = Base58.Bitcoin.Decode(encoded);
            return signature.Length == 64 && key.VerifyData(HashData(document, proof), signature, HashAlgorithmName.SHA256);
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or CryptographicException)
        {
            return false;
        }
    }

    /// <summary>What is signed: the hash of the proof without its value, then the hash of the document without its proof.</summary>
    internal static byte[] HashData(JsonObject document, JsonObject proof) => [.. Hash(proof), .. Hash(document)];

    /// <summary>A P-256 key as a Multikey's text: base58 of the code of the curve and the compressed point.</summary>
    public static string Multikey(byte[] publicKey)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(publicKey, out _);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return "z" + Base58.Bitcoin.Encode([0x80, 0x24, (byte)(2 + (point.Y![^1] & 1)), .. point.X!]);
    }

    public static string Instant(DateTimeOffset instant) => instant.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string? Text(JsonObject from, string name) => from[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static byte[] Hash(JsonNode node) => SHA256.HashData(Encoding.UTF8.GetBytes(Jcs.Of(node)));
}
