using System.Security.Cryptography;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>The key a tenant signs with now. It lives in the key folder that all instances share, never in the database.</summary>
internal sealed class SigningKey
{
    public static readonly Refusal NoneSigns = new("no-signing-key", "No key signs now: activate the next one.");

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

    /// <summary>The key in use; its row is shared until commit, so that a change of keys waits for this signing. A tenant's first key is made here.</summary>
    /// <exception cref="RefusedException"><c>no-signing-key</c>: the last one is revoked; <c>signing-key-missing</c>: another key folder.</exception>
    public static async Task<SigningKey> InUse(Database database, Secrets secrets, CancellationToken cancel) =>
        await Find(Sql.Of($"for share"), database, secrets, cancel) ?? await First(database, secrets, cancel);

    /// <summary>The key in use, for what anybody may ask to have signed: no row is locked, or readers could hold up a change of keys for ever. Null
    /// when none signs. What a change of keys overtakes in the same moment is signed with a key just retired: verifiers refuse it, the next is right.</summary>
    public static Task<SigningKey?> ForReaders(Database database, Secrets secrets, CancellationToken cancel) =>
        Find(Sql.Of($""), database, secrets, cancel);

    /// <summary>Makes a key and keeps it in the folder; the database does not know it yet.</summary>
    public static SigningKey Make(Secrets secrets)
    {
        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = new SigningKey(made.ExportPkcs8PrivateKeyPem());
        secrets.File(FileOf(key.KeyId), () => key.pem);
        return key;
    }

    /// <summary>A key of its own, outside any folder.</summary>
    public static SigningKey OfPem(string pem) => new(pem);

    public static string IdOf(byte[] publicKey) => Convert.ToHexStringLower(SHA256.HashData(publicKey).AsSpan(0, 8));

    /// <summary>Writes and signs a label.</summary>
    public string Sign(LabelClaims claims)
    {
        // A key object is not made for several threads at once; opening one costs a fraction of the signature.
        using var key = Open();
        return Label.Write(claims, key, KeyId);
    }

    /// <summary>ECDSA with SHA-256, 64 bytes.</summary>
    public byte[] Sign(byte[] data)
    {
        using var key = Open();
        return key.SignData(data, HashAlgorithmName.SHA256);
    }

    private static async Task<SigningKey?> Find(Sql locked, Database database, Secrets secrets, CancellationToken cancel) => await database.Value<string>($"""
        select key_id from certification.issuer_key where activated_at is not null and valid_until is null and revoked_at is null {locked}
        """, cancel) is { } id ? new SigningKey(secrets.File(FileOf(id), Missing)) : null;

    private static async Task<SigningKey> First(Database database, Secrets secrets, CancellationToken cancel)
    {
        await database.Execute($"select pg_advisory_xact_lock(hashtextextended('certification.issuer_key ' || kernel.tenant(), 0))", cancel);
        if (await Find(Sql.Of($"for share"), database, secrets, cancel) is { } meanwhile)
        {
            return meanwhile;
        }

        if (await database.Value<bool>($"select exists (select from certification.issuer_key)", cancel))
        {
            throw new RefusedException(NoneSigns);
        }

        var key = Make(secrets);
        await database.Execute($"insert into certification.issuer_key (key_id, public_key) values ({key.KeyId}, {key.PublicKey})", cancel);
        return key;
    }

    private static string FileOf(string keyId) => $"label-{keyId}.pem";

    private static string Missing() =>
        throw new RefusedException(new Refusal("signing-key-missing", "This instance lacks the signing key: its key folder is not the shared one.", Status: 503));

    private ECDsa Open()
    {
        var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return key;
    }
}
