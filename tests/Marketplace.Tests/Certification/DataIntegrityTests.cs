using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Certification;
using SimpleBase;

namespace Marketplace.Tests.Certification;

/// <summary>The published vectors of ecdsa-jcs-2019 on P-256, and the canonical form of RFC 8785 at its edges.</summary>
public sealed class DataIntegrityTests
{
    private static readonly JsonObject Vector = JsonNode.Parse(
        File.ReadAllText(Path.Combine(Repository.Root, "tests", "Marketplace.Tests", "Certification", "ecdsa-jcs-2019-p256.json")))!.AsObject();

    [Fact]
    public void Every_step_of_the_published_vector_is_reproduced()
    {
        var document = Vector["signed"]!.DeepClone().AsObject();
        document.Remove("proof");
        var proof = Vector["proofConfig"]!.AsObject();
        Assert.Equal(Text("canonicalDocument"), Jcs.Of(document));
        Assert.Equal(Text("documentHash"), Hash(Jcs.Of(document)));
        Assert.Equal(Text("canonicalProof"), Jcs.Of(proof));
        Assert.Equal(Text("proofHash"), Hash(Jcs.Of(proof)));
        Assert.Equal(Text("combinedHash"), Convert.ToHexStringLower(DataIntegrity.HashData(document, proof)));
        Assert.Equal(Text("proofValue"), "z" + Base58.Bitcoin.Encode(Convert.FromHexString(Text("signature"))));
    }

    [Fact]
    public void The_published_signature_verifies_and_any_change_breaks_it()
    {
        using var key = Key(Text("publicKeyMultibase"));
        Assert.Equal(Text("publicKeyMultibase"), DataIntegrity.Multikey(key.ExportSubjectPublicKeyInfo()));
        var signed = Vector["signed"]!.AsObject();
        Assert.True(DataIntegrity.Holds(signed, key));
        foreach (var path in (string[])["name", "issuer", "validFrom", "proof/created", "proof/proofPurpose", "proof/verificationMethod", "proof/proofValue", "proof/cryptosuite", "proof/type"])
        {
            var changed = signed.DeepClone().AsObject();
            var parts = path.Split('/');
            var holder = parts.Length > 1 ? changed[parts[0]]!.AsObject() : changed;
            holder[parts[^1]] = holder[parts[^1]]!.GetValue<string>() + "x";
            Assert.False(DataIntegrity.Holds(changed, key), path);
        }

        var added = signed.DeepClone().AsObject();
        added["@context"]!.AsArray().Add("https://www.w3.org/ns/other");
        Assert.False(DataIntegrity.Holds(added, key));
    }

    [ReferenceFact]
    public void Our_copy_of_the_vector_is_the_published_one()
    {
        string Published(string name) => File.ReadAllText(Path.Combine(Reference.Folder!, "vc", "ecdsa-jcs-2019-p256", name)).Trim();
        Assert.True(JsonNode.DeepEquals(Vector["signed"], JsonNode.Parse(Published("signedJCSECDSAP256.json"))));
        Assert.Equal(Published("canonDocJCSECDSAP256.txt"), Text("canonicalDocument"));
        Assert.Equal(Published("combinedHashJCSECDSAP256.txt"), Text("combinedHash"));
    }

    /// <summary>Appendix B of RFC 8785: the bits of a double and how it is written.</summary>
    [Theory]
    [InlineData("0000000000000000", "0")]
    [InlineData("8000000000000000", "0")]
    [InlineData("0000000000000001", "5e-324")]
    [InlineData("8000000000000001", "-5e-324")]
    [InlineData("7fefffffffffffff", "1.7976931348623157e+308")]
    [InlineData("4340000000000000", "9007199254740992")]
    [InlineData("c340000000000000", "-9007199254740992")]
    [InlineData("4430000000000000", "295147905179352830000")]
    [InlineData("44b52d02c7e14af5", "9.999999999999997e+22")]
    [InlineData("44b52d02c7e14af6", "1e+23")]
    [InlineData("44b52d02c7e14af7", "1.0000000000000001e+23")]
    [InlineData("444b1ae4d6e2ef4e", "999999999999999700000")]
    [InlineData("444b1ae4d6e2ef4f", "999999999999999900000")]
    [InlineData("444b1ae4d6e2ef50", "1e+21")]
    [InlineData("3eb0c6f7a0b5ed8c", "9.999999999999997e-7")]
    [InlineData("3eb0c6f7a0b5ed8d", "0.000001")]
    [InlineData("41b3de4355555553", "333333333.3333332")]
    [InlineData("41b3de4355555557", "333333333.33333343")]
    [InlineData("becbf647612f3696", "-0.0000033333333333333333")]
    [InlineData("43143ff3c1cb0959", "1424953923781206.2")]
    public void Numbers_are_written_as_the_standard_says(string bits, string written) =>
        Assert.Equal(written, Jcs.Number(BitConverter.Int64BitsToDouble(long.Parse(bits, NumberStyles.HexNumber, CultureInfo.InvariantCulture))));

    [Theory]
    [InlineData("""{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}""", "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}")]
    [InlineData("""{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}""",
        "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}")]
    [InlineData("""{ "b" : { } , "a" : [ ] }""", """{"a":[],"b":{}}""")]
    public void Objects_and_texts_have_one_form(string json, string canonical)
    {
        using var document = JsonDocument.Parse(json, Jcs.Strict);
        Assert.Equal(canonical, Jcs.Of(document.RootElement));
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""["\ud83d"]""")]
    [InlineData("""{"\ud83d":1}""")]
    [InlineData("[1e999]")]
    public void What_has_no_canonical_form_is_refused(string json) => Assert.ThrowsAny<Exception>(() =>
    {
        using var document = JsonDocument.Parse(json, Jcs.Strict);
        return Jcs.Of(document.RootElement);
    });

    /// <summary>The key of a Multikey's text: the point's other coordinate is a square root of the curve's equation.</summary>
    internal static ECDsa Key(string multikey)
    {
        var bytes = Base58.Bitcoin.Decode(multikey.AsSpan(1));
        var p = BigInteger.Parse("0FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF", NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var b = BigInteger.Parse("05AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B", NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var x = new BigInteger(bytes.AsSpan(3), isUnsigned: true, isBigEndian: true);
        var y = BigInteger.ModPow((BigInteger.ModPow(x, 3, p) - 3 * x + b) % p + p, (p + 1) / 4, p);
        var other = y.IsEven == (bytes[2] == 2) ? y : p - y;
        var written = other.ToByteArray(isUnsigned: true, isBigEndian: true);
        return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = bytes[3..], Y = [.. new byte[32 - written.Length], .. written] } });
    }

    private static string Text(string name) => Vector[name]!.GetValue<string>();

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
