using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>The key labels are signed with. It lives in the key folder, never in the database.</summary>
internal sealed class SigningKey
{
    private static readonly ConditionalWeakTable<Secrets, SigningKey> Known = [];
    private readonly string pem;

    private SigningKey(string pem)
    {
        this.pem = pem;
        using var key = Open();
        PublicKey = key.ExportSubjectPublicKeyInfo();
        KeyId = IdOf(PublicKey);
    }

    /// <summary>SubjectPublicKeyInfo.</summary>
    public byte[] PublicKey { get; }

    /// <summary>Names the key in a label.</summary>
    public string KeyId { get; }

    /// <summary>The key of a folder, made when it is not there.</summary>
    public static SigningKey Of(Secrets secrets) => Known.GetValue(secrets, folder => new SigningKey(folder.File("label-signing.pem", NewPem)));

    public static string IdOf(byte[] publicKey) => Convert.ToHexStringLower(SHA256.HashData(publicKey).AsSpan(0, 8));

    public string Sign(LabelClaims claims)
    {
        // A key object is not made for several threads at once; opening one costs a fraction of the signature.
        using var key = Open();
        return Label.Write(claims, key, KeyId);
    }

    private static string NewPem()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKeyPem();
    }

    private ECDsa Open()
    {
        var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return key;
    }
}
