using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Json.Schema;
using Marketplace.Certification;
using Xunit.Abstractions;

namespace Marketplace.Tests.Certification;

/// <summary>Labels, credentials and status lists with nothing but saved lists.</summary>
public sealed class OfflineCheckTests(ITestOutputHelper output)
{
    private const string Address = "https://example.test";
    private const string Did = "did:web:example.test";
    private static readonly DateTimeOffset Now = new(2026, 9, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly LabelClaims Claims = new(Serial.Make("KZ", 2026, 123), Guid.Parse("0198f000-0000-7000-8000-000000000001"), "potato", 420_000, "GRM",
        "kz-615235100", Guid.Parse("0198f000-0000-7000-8000-000000000002"), Now.AddDays(-1), Now.AddDays(60));

    private readonly SigningKey key = NewKey();

    [Fact]
    public void A_label_and_a_credential_stand_as_the_lists_say()
    {
        var label = key.Sign(Claims);
        var credential = Credential().ToJsonString();
        Both(OfflineStanding.Genuine, Lists([], []));
        Both(OfflineStanding.Suspended, Lists([], [122]));
        Both(OfflineStanding.Withdrawn, Lists([122], [122]));
        Both(OfflineStanding.Genuine, Lists([121, 123], [0, 131_071]));
        Both(OfflineStanding.StatusUnknown, []);
        Both(OfflineStanding.StatusUnknown, Lists([], [])[..1]);
        Both(OfflineStanding.StatusUnknown, Lists([], [], "KZ-25-0"));
        Both(OfflineStanding.StatusUnknown, Lists([122], [122], madeAt: Now.AddDays(-8)));
        Both(OfflineStanding.Withdrawn, Lists([122], [], madeAt: Now.AddDays(-6)));
        Both(OfflineStanding.Expired, Lists([], [122], madeAt: Now.AddDays(61)), Now.AddDays(61));
        Both(OfflineStanding.Withdrawn, Lists([122], [], madeAt: Now.AddDays(61)), Now.AddDays(61));
        Both(OfflineStanding.NotYetValid, Lists([], []), Now.AddDays(-2));

        void Both(OfflineStanding standing, IReadOnlyList<StatusList> lists, DateTimeOffset? at = null)
        {
            Assert.Equal(standing, OfflineCheck.OfLabel(label, [Known(key)], lists, at ?? Now).Standing);
            Assert.Equal(standing, OfflineCheck.OfCredential(credential, [Known(key)], lists, at ?? Now).Standing);
        }
    }

    [Fact]
    public void Keys_are_trusted_for_what_they_may_sign()
    {
        var (label, credential, lists) = (key.Sign(Claims), Credential().ToJsonString(), Lists([], []));
        Both(OfflineStanding.UnknownKey, Known(NewKey()));
        Both(OfflineStanding.RevokedKey, Known(key) with { RevokedAt = Now });
        Both(OfflineStanding.Forged, Known(key) with { ValidUntil = Now.AddDays(-3) });
        Both(OfflineStanding.Forged, Known(key) with { ValidFrom = Now.AddDays(1) });
        Both(OfflineStanding.Forged, Known(NewKey()) with { KeyId = key.KeyId });
        Both(OfflineStanding.Genuine, Known(key) with { ValidUntil = Now.AddDays(1) });
        Assert.Empty(StatusList.Read(Bundle(Signed([], "KZ-26-0-revocation", Now)), [Known(key) with { RevokedAt = Now }]));

        void Both(OfflineStanding standing, IssuerKey known)
        {
            Assert.Equal(standing, OfflineCheck.OfLabel(label, [known], lists, Now).Standing);
            Assert.Equal(standing, OfflineCheck.OfCredential(credential, [known], lists, Now).Standing);
        }
    }

    [Fact]
    public void A_credential_that_was_touched_is_a_forgery()
    {
        var lists = Lists([], []);
        var forged = Credential();
        forged["credentialSubject"]!["assessment"]![0]!["declaredValue"]![0]!["metricValue"]!["value"] = 840_000;
        Assert.Equal(OfflineStanding.Forged, Standing(forged));

        // Signed by a key of ours, but for another issuer than it names.
        var other = DataIntegrity.Sign(Unsigned(), key, $"did:web:elsewhere.test#{key.KeyId}", Now);
        Assert.Equal(OfflineStanding.Forged, Standing(other));

        // A withdrawn certificate that points to a live one's place on the lists, and one that points nowhere.
        var elsewhere = Unsigned();
        elsewhere["credentialStatus"]![0]!["statusListIndex"] = "5";
        Assert.Equal(OfflineStanding.NotALabel, Standing(DataIntegrity.Sign(elsewhere, key, Method, Now)));
        elsewhere.Remove("credentialStatus");
        Assert.Equal(OfflineStanding.NotALabel, Standing(DataIntegrity.Sign(elsewhere, key, Method, Now)));
        Assert.Equal(OfflineStanding.NotALabel, OfflineCheck.OfCredential("{", [Known(key)], lists, Now).Standing);
        Assert.Equal(OfflineStanding.NotALabel, OfflineCheck.OfCredential("[]", [Known(key)], lists, Now).Standing);

        OfflineStanding Standing(JsonObject credential) => OfflineCheck.OfCredential(credential.ToJsonString(), [Known(key)], lists, Now).Standing;
    }

    [Fact]
    public void A_status_list_that_was_touched_is_left_out()
    {
        var name = "KZ-26-0-suspension";
        Assert.True(Assert.Single(StatusList.Read(Bundle(Signed([122], name, Now)), [Known(key)])).Has(122));
        Empty(list => list["validUntil"] = "2036-09-01T12:00:00Z");
        Empty(list => list["id"] = $"{Address}/v1/status-lists/KZ-26-0-revocation");
        Empty(list => list["credentialSubject"]!["encodedList"] = Signed([], name, Now)["credentialSubject"]!["encodedList"]!.GetValue<string>());
        Assert.Empty(StatusList.Read(Bundle(Signed([122], name, Now)), [Known(NewKey())]));

        // A genuine list of one purpose must not pass for the other's.
        var renamed = StatusList.Credential(Address, Did, name, StatusList.Mark([]), Now);
        renamed["id"] = $"{Address}/v1/status-lists/KZ-26-0-revocation";
        Assert.Empty(StatusList.Read(Bundle(DataIntegrity.Sign(renamed, key, $"{Did}#{key.KeyId}", Now)), [Known(key)]));

        void Empty(Action<JsonObject> touch)
        {
            var list = Signed([122], name, Now);
            touch(list);
            Assert.Empty(StatusList.Read(Bundle(list), [Known(key)]));
        }
    }

    [Theory]
    [InlineData(0.01, 0.01)]
    [InlineData(0.02, 0.02)]
    public void A_hundred_thousand_certificates_take_less_than_twenty_kilobytes(double withdrawn, double suspended)
    {
        var random = new Random(20261125);
        int[] Share(double share) => [.. Enumerable.Range(0, 100_000).Where(_ => random.NextDouble() < share)];
        var (first, second) = (Share(withdrawn), Share(suspended));
        var bundle = Bundle(Signed(first, "KZ-26-0-revocation", Now), Signed(second, "KZ-26-0-suspension", Now));
        output.WriteLine($"{first.Length} withdrawn, {second.Length} suspended: {Encoding.UTF8.GetByteCount(bundle)} bytes");
        Assert.InRange(Encoding.UTF8.GetByteCount(bundle), 1_000, 20_000);
        var lists = StatusList.Read(bundle, [Known(key)]);
        Assert.Equal(first, Enumerable.Range(0, StatusList.Size).Where(lists[0].Has));
        Assert.Equal(second, Enumerable.Range(0, StatusList.Size).Where(lists[1].Has));
    }

    [Fact]
    public void The_longest_claims_of_a_certificate_fit_three_hundred_characters()
    {
        // Ten million certificates a year, the longest product and village codes of the reference data, a thousand tonnes.
        var longest = Claims with
        {
            Serial = Serial.Make("KG", 2026, 12_345_678), Product = "sunflower_seed", Amount = 1_000_000_000, Village = "kg-1277068345",
        };
        var text = key.Sign(longest);
        output.WriteLine($"{key.Sign(Claims).Length} usual, {text.Length} longest");
        Assert.InRange(text.Length, 250, 300);
    }

    [ReferenceFact]
    public void Our_credential_has_the_published_shape_of_a_conformity_credential()
    {
        var schema = JsonSchema.FromText(File.ReadAllText(Path.Combine(Reference.Folder!, "untp", "untp-dcc", "untp-dcc-schema.json")));
        Assert.Equal("", Complaints(Credential()));
        var without = Credential();
        without["credentialSubject"]!.AsObject().Remove("attestationType");
        Assert.NotEqual("", Complaints(without));

        string Complaints(JsonObject credential)
        {
            using var document = System.Text.Json.JsonDocument.Parse(credential.ToJsonString());
            var result = schema.Evaluate(document.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List, RequireFormatValidation = true });
            return result.IsValid ? "" : string.Join('\n', result.Details!.Where(detail => detail.Errors is not null)
                .Select(detail => $"{detail.InstanceLocation}: {string.Join(", ", detail.Errors!.Values)}").DefaultIfEmpty("invalid"));
        }
    }

    private static string Issuer => $"{Did}:bodies:{Claims.Issuer}";

    private static SigningKey NewKey()
    {
        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return SigningKey.OfPem(made.ExportPkcs8PrivateKeyPem());
    }

    private static IssuerKey Known(SigningKey key) => new(key.KeyId, Convert.ToBase64String(key.PublicKey), Now.AddDays(-30));

    private static JsonObject Unsigned() => ConformityCredential.Of(
        new ConformityFacts(Claims, "Sapa", Guid.Empty.ToString(), "Birlik", "Potatoes", "Манкент", "PLANT-BATCH", 1, "Batch of plants", "TR CU 021", new DateOnly(2026, 1, 1), "Demo"),
        Address, Did, Issuer);

    private static string Bundle(params JsonObject[] lists) => new JsonObject { ["items"] = new JsonArray([.. lists.Select(list => list.DeepClone())]) }.ToJsonString();

    private string Method => $"{Issuer}#{key.KeyId}";

    private JsonObject Credential() => DataIntegrity.Sign(Unsigned(), key, Method, Now);

    private JsonObject Signed(int[] places, string name, DateTimeOffset madeAt) =>
        DataIntegrity.Sign(StatusList.Credential(Address, Did, name, StatusList.Mark(places), madeAt), key, $"{Did}#{key.KeyId}", madeAt);

    private StatusList[] Lists(int[] withdrawn, int[] suspended, string list = "KZ-26-0", DateTimeOffset? madeAt = null) => [.. StatusList.Read(
        Bundle(Signed(withdrawn, $"{list}-revocation", madeAt ?? Now), Signed(suspended, $"{list}-suspension", madeAt ?? Now)), [Known(key)])];
}
