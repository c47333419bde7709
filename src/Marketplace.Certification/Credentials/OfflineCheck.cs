using System.Text.Json;
using System.Text.Json.Nodes;

namespace Marketplace.Certification;

/// <summary>What a label or a credential is worth to somebody without a network.</summary>
public enum OfflineStanding
{
    /// <summary>Signed by us, within its validity, on no status list.</summary>
    Genuine,

    /// <summary>Its validity has not begun.</summary>
    NotYetValid,

    /// <summary>Its validity is over.</summary>
    Expired,

    /// <summary>Suspended when the status list was made.</summary>
    Suspended,

    /// <summary>Withdrawn or replaced.</summary>
    Withdrawn,

    /// <summary>Signed by us, but there is no status list that is fresh enough to tell more.</summary>
    StatusUnknown,

    /// <summary>Its key was revoked: only the register can tell.</summary>
    RevokedKey,

    /// <summary>Its key is not in the list: of another register, or newer than the list.</summary>
    UnknownKey,

    /// <summary>A forgery.</summary>
    Forged,

    /// <summary>Not a label or credential of ours at all.</summary>
    NotALabel,
}

/// <summary>The outcome of a check without a network.</summary>
/// <param name="Standing">What it is worth.</param>
/// <param name="Claims">What the label says; absent unless its signature holds, and for a credential.</param>
/// <param name="ListMadeAt">When the older of the status lists used was made; absent when none was.</param>
public sealed record OfflineVerdict(OfflineStanding Standing, LabelClaims? Claims, DateTimeOffset? ListMadeAt);

/// <summary>Checks labels and credentials with the key list and the status lists alone.</summary>
public static class OfflineCheck
{
    /// <summary>Checks a scanned text.</summary>
    public static OfflineVerdict OfLabel(string text, IReadOnlyList<IssuerKey> keys, IReadOnlyList<StatusList> lists, DateTimeOffset now)
    {
        var (proof, claims) = Label.Verify(text, keys, now);
        return proof switch
        {
            LabelProof.NotALabel => new OfflineVerdict(OfflineStanding.NotALabel, null, null),
            LabelProof.UnknownKey => new OfflineVerdict(OfflineStanding.UnknownKey, null, null),
            LabelProof.Forged => new OfflineVerdict(OfflineStanding.Forged, null, null),
            LabelProof.RevokedKey => new OfflineVerdict(OfflineStanding.RevokedKey, claims, null),
            _ => Standing(claims!.Serial, claims.ValidFrom, claims.ValidUntil, lists, now) with { Claims = claims },
        };
    }

    /// <summary>Checks a credential as <c>/v1/certificates/{serial}/credential</c> gives it.</summary>
    public static OfflineVerdict OfCredential(string json, IReadOnlyList<IssuerKey> keys, IReadOnlyList<StatusList> lists, DateTimeOffset now)
    {
        try
        {
            if (JsonNode.Parse(json, documentOptions: Jcs.Strict) is not JsonObject credential
                || ConformityCredential.SerialOf(credential) is not { } serial || !StatusNamed(credential, serial))
            {
                return new OfflineVerdict(OfflineStanding.NotALabel, null, null);
            }

            var (proof, method) = SignedJson.Check(credential, keys);
            var issuer = credential["issuer"] is JsonObject named ? DataIntegrity.Text(named, "id") : null;
            return proof switch
            {
                LabelProof.UnknownKey => new OfflineVerdict(OfflineStanding.UnknownKey, null, null),
                LabelProof.RevokedKey => new OfflineVerdict(OfflineStanding.RevokedKey, null, null),
                LabelProof.Genuine when issuer is not null && method.StartsWith(issuer + "#", StringComparison.Ordinal) => Standing(
                    serial, SignedJson.Instant(credential, "validFrom"), SignedJson.Instant(credential, "validUntil"), lists, now),
                _ => new OfflineVerdict(OfflineStanding.Forged, null, null),
            };
        }
        catch (JsonException)
        {
            return new OfflineVerdict(OfflineStanding.NotALabel, null, null);
        }
        catch (FormatException)
        {
            return new OfflineVerdict(OfflineStanding.Forged, null, null);
        }
    }

    /// <summary>A credential that points to another certificate's place on the lists would be judged by that one.</summary>
    private static bool StatusNamed(JsonObject credential, string serial) =>
        StatusList.Of(serial) is var (list, place) && credential["credentialStatus"] is JsonArray { Count: 2 } entries
        && new[] { StatusList.Revocation, StatusList.Suspension }.Zip(entries.OfType<JsonObject>()).All(pair =>
            DataIntegrity.Text(pair.Second, "statusPurpose") == pair.First
            && DataIntegrity.Text(pair.Second, "statusListIndex") == place.ToString(System.Globalization.CultureInfo.InvariantCulture)
            && DataIntegrity.Text(pair.Second, "statusListCredential")?.Split('/')[^1] == $"{list}-{pair.First}");

    private static OfflineVerdict Standing(
        string serial, DateTimeOffset from, DateTimeOffset until, IReadOnlyList<StatusList> lists, DateTimeOffset now)
    {
        var (list, place) = StatusList.Of(serial) ?? ("", 0);
        StatusList? Fresh(string purpose) => lists.FirstOrDefault(one => one.Name == $"{list}-{purpose}" && now <= one.ValidUntil);
        var (revoked, suspended) = (Fresh(StatusList.Revocation), Fresh(StatusList.Suspension));
        var standing = revoked?.Has(place) == true ? OfflineStanding.Withdrawn
            : now < from ? OfflineStanding.NotYetValid
            : now > until ? OfflineStanding.Expired
            : suspended?.Has(place) == true ? OfflineStanding.Suspended
            : revoked is null || suspended is null ? OfflineStanding.StatusUnknown
            : OfflineStanding.Genuine;
        var madeAt = new[] { revoked?.MadeAt, suspended?.MadeAt }.Min();
        return new OfflineVerdict(standing, null, madeAt);
    }
}
