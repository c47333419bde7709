using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Marketplace.Kernel;

/// <summary>What the whole log was on one day: whoever keeps it can tell later whether a row was changed since.</summary>
/// <param name="Number">1, 2, 3 …; at most one a day.</param>
/// <param name="Origin">The log: <c>marketplace-audit/</c> and the operator.</param>
/// <param name="Size">Events the log held.</param>
/// <param name="Root">Root of the RFC 9162 tree (SHA-256) whose leaves are the hashes of these events; 64 lower-case hexadecimal digits.</param>
/// <param name="TakenAt">When it was taken, in microseconds.</param>
/// <param name="KeyId">First 16 hexadecimal digits of the SHA-256 of the public key.</param>
/// <param name="PublicKey">The key it is signed with: SubjectPublicKeyInfo, base64.</param>
/// <param name="Signature">
/// ECDSA P-256 with SHA-256, IEEE P1363, base64, over four lines, each ended by a line feed: origin, size, root, and the time as
/// <c>yyyy-MM-ddTHH:mm:ss.ffffffZ</c>.
/// </param>
public sealed record AuditCheckpoint(
    int Number, string Origin, long Size, string Root, DateTimeOffset TakenAt, string KeyId, string PublicKey, string Signature)
{
    /// <summary>The log of an operator.</summary>
    public static string OriginOf(string tenant) => "marketplace-audit/" + tenant;

    /// <summary>How people name a public key.</summary>
    public static string KeyIdOf(byte[] publicKey) => Convert.ToHexStringLower(SHA256.HashData(publicKey).AsSpan(0, 8));

    /// <summary>What is signed.</summary>
    public static byte[] Text(string origin, long size, string root, DateTimeOffset takenAt) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"{origin}\n{size}\n{root}\n{takenAt.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}\n"));

    /// <summary>Whether the signature is this key's over this checkpoint.</summary>
    public bool IsSigned()
    {
        try
        {
            var publicKey = Convert.FromBase64String(PublicKey);
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(publicKey, out _);
            return KeyId == KeyIdOf(publicKey)
                && key.VerifyData(Text(Origin, Size, Root, TakenAt), Convert.FromBase64String(Signature), HashAlgorithmName.SHA256);
        }
        catch (Exception failure) when (failure is FormatException or CryptographicException)
        {
            return false;
        }
    }
}

/// <summary>The key checkpoints are signed with. It lives in the key folder, never in the database, and signs nothing else.</summary>
internal sealed class AuditKey : IDisposable
{
    private readonly ECDsa key = ECDsa.Create();

    private AuditKey(string pem) => key.ImportFromPem(pem);

    public byte[] PublicKey => key.ExportSubjectPublicKeyInfo();

    /// <summary>The key of a folder, made when it is not there.</summary>
    public static AuditKey Of(Secrets secrets) => new(secrets.File("audit-signing.pem", NewPem));

    public byte[] Sign(byte[] text) => key.SignData(text, HashAlgorithmName.SHA256);

    public void Dispose() => key.Dispose();

    private static string NewPem()
    {
        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return made.ExportPkcs8PrivateKeyPem();
    }
}
