using System.Security.Cryptography;
using System.Security.Cryptography.Cose;
using System.Text.Json;
using Marketplace.Certification;
using SimpleBase;

namespace Marketplace.Tests.Certification;

public sealed class LabelTests : IDisposable
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    private static readonly DateTimeOffset Now = new(2026, 9, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly LabelClaims Claims = new("KZ-26-000123-7", Guid.Parse("0198f000-0000-7000-8000-000000000001"), "potato", 420_000, "GRM",
        "kz-615235100", Guid.Parse("0198f000-0000-7000-8000-000000000002"), Now.AddDays(-1), Now.AddDays(60));

    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly IssuerKey issuer;
    private readonly string text;

    public LabelTests()
    {
        var spki = key.ExportSubjectPublicKeyInfo();
        issuer = new IssuerKey(SigningKey.IdOf(spki), Convert.ToBase64String(spki), Now.AddDays(-30), null);
        text = Label.Write(Claims, key, issuer.KeyId);
    }

    public void Dispose() => key.Dispose();

    [Fact]
    public void A_label_says_what_was_signed_and_is_small()
    {
        Assert.Equal(new LabelVerdict(LabelProof.Genuine, Claims), Label.Verify(text, [issuer], Now));
        Assert.InRange(text.Length, 200, 320);
        Assert.InRange(QrCode.Svg(text).Length, 1_000, 8_000);
    }

    [Theory]
    [InlineData(61, LabelProof.Expired)]
    [InlineData(-2, LabelProof.NotYetValid)]
    public void A_label_outside_its_validity_is_not_genuine(int days, LabelProof proof) =>
        Assert.Equal(proof, Label.Verify(text, [issuer], Now.AddDays(days)).Proof);

    [Fact]
    public void A_label_of_a_stranger_proves_nothing()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal(LabelProof.Forged, Label.Verify(Label.Write(Claims, other, issuer.KeyId), [issuer], Now).Proof);
        Assert.Equal(LabelProof.UnknownKey, Label.Verify(text, [], Now).Proof);
        Assert.Equal(LabelProof.Forged, Label.Verify(text, [issuer with { ValidUntil = Now.AddDays(-2) }], Now).Proof);
        Assert.Equal(LabelProof.Forged, Label.Verify(text, [issuer with { ValidFrom = Now }], Now).Proof);
        Assert.Equal(LabelProof.NotALabel, Label.Verify("https://example.test/c/1", [issuer], Now).Proof);
    }

    [Fact]
    public void Ten_thousand_mutations_are_all_refused()
    {
        var random = new Random(20261124);
        var bytes = Base45.Default.Decode(text.AsSpan(Label.Prefix.Length));
        var accepted = new List<string>();
        for (var i = 0; i < 5_000; i++)
        {
            var at = random.Next(text.Length);
            Try((i % 3) switch
            {
                0 => text[..at] + Alphabet[(Alphabet.IndexOf(text[at]) + 1 + random.Next(Alphabet.Length - 1)) % Alphabet.Length] + text[(at + 1)..],
                1 => text[..at] + text[(at + 1)..],
                _ => text[..at] + Alphabet[random.Next(Alphabet.Length)] + text[at..],
            });
            var altered = bytes.ToArray();
            altered[random.Next(altered.Length)] ^= (byte)(1 + random.Next(255));
            Try(Label.Prefix + Base45.Default.Encode(altered));
        }

        Assert.Empty(accepted);

        void Try(string mutated)
        {
            if (mutated != text && Label.Verify(mutated, [issuer], Now).Proof is LabelProof.Genuine or LabelProof.Expired or LabelProof.NotYetValid)
            {
                accepted.Add(mutated);
            }
        }
    }

    [Fact]
    public void Another_spelling_of_the_same_label_is_refused()
    {
        var bytes = Base45.Default.Decode(text.AsSpan(Label.Prefix.Length));
        Assert.Equal(LabelProof.Forged, Verdict([.. bytes, 0]));
        Assert.Equal(LabelProof.Forged, Verdict(bytes[1..])); // without its tag
        Assert.NotEqual(LabelProof.Genuine, Label.Verify(text.ToLowerInvariant(), [issuer], Now).Proof);
        Assert.NotEqual(LabelProof.Genuine, Label.Verify(text + " ", [issuer], Now).Proof);

        // The other signature of the pair (r, s), (r, n - s) verifies as well: only one of them is ours.
        var order = new System.Numerics.BigInteger(Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"), isUnsigned: true, isBigEndian: true);
        var s = new System.Numerics.BigInteger(bytes.AsSpan(bytes.Length - 32), isUnsigned: true, isBigEndian: true);
        var twin = (order - s).ToByteArray(isUnsigned: true, isBigEndian: true);
        byte[] malleable = [.. bytes[..^32], .. new byte[32 - twin.Length], .. twin];
        Assert.True(CoseMessage.DecodeSign1(malleable).VerifyEmbedded(key));
        Assert.Equal(LabelProof.Forged, Verdict(malleable));

        LabelProof Verdict(byte[] altered) => Label.Verify(Label.Prefix + Base45.Default.Encode(altered), [issuer], Now).Proof;
    }

    [ReferenceFact]
    public void Our_base45_and_COSE_read_the_published_vectors_of_the_same_technique()
    {
        var read = 0;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Reference.Folder!, "compact-qr-hc1"), "*.json"))
        {
            var vector = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
            if (!vector.TryGetProperty("PREFIX", out var prefix) || !vector.TryGetProperty("COSE", out var cose)
                || !vector.TryGetProperty("EXPECTEDRESULTS", out var expected) || !expected.TryGetProperty("EXPECTEDVERIFY", out var verify) || !verify.GetBoolean())
            {
                continue;
            }

            using var zipped = new System.IO.Compression.ZLibStream(
                new MemoryStream(Base45.Default.Decode(prefix.GetString()!.AsSpan(4))), System.IO.Compression.CompressionMode.Decompress);
            using var plain = new MemoryStream();
            zipped.CopyTo(plain);
            Assert.Equal(Convert.FromHexString(cose.GetString()!), plain.ToArray());
            try
            {
                Assert.NotNull(CoseMessage.DecodeSign1(plain.ToArray()).Content);
                read++;
            }
            catch (CryptographicException)
            {
                // Some issuers put the key id into both header buckets, which RFC 9052 forbids and the platform's reader refuses.
            }
        }

        Assert.True(read > 0);
    }
}
