using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A scanned text.</summary>
/// <param name="Text">1 to 2000 characters, exactly as scanned.</param>
public sealed record ScannedLabel([TextLength(2000, MinimumLength = 1)] string Text);

/// <summary>What a scanned text turns out to be.</summary>
public enum LabelStanding
{
    /// <summary>Genuine: signed by us, live in the register.</summary>
    Genuine,

    /// <summary>Genuine, but its validity is over.</summary>
    Expired,

    /// <summary>Genuine, but suspended.</summary>
    Suspended,

    /// <summary>Genuine, but withdrawn.</summary>
    Withdrawn,

    /// <summary>Genuine, but its quantity is used up.</summary>
    Depleted,

    /// <summary>Genuine, but replaced by another certificate.</summary>
    Replaced,

    /// <summary>A forgery.</summary>
    Forged,

    /// <summary>Not a label of this register.</summary>
    Unknown,
}

/// <summary>The verdict on a scanned text.</summary>
/// <param name="Verdict">What it is.</param>
/// <param name="Certificate">The public part of the certificate; absent for forged and unknown texts.</param>
public sealed record LabelVerification(LabelStanding Verdict, CertificateDetails? Certificate);

/// <summary>POST /v1/verifications.</summary>
public static class VerifyLabel
{
    internal static void Map(RouteGroupBuilder verifications) => verifications.MapPost("", Handle).WithName("verifyLabel").Anyone();

    /// <summary>Check a scanned label against keys and register.</summary>
    /// <remarks>A copied label stays genuine: compare product, village and what is left.</remarks>
    public static async Task<Results<Ok<LabelVerification>, ProblemHttpResult>> Handle(
        ScannedLabel scanned, Database database, ITerritories territories, TimeProvider time, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(scanned);
        ArgumentNullException.ThrowIfNull(time);
        return Answer.Ok(await Verify(scanned.Text, database, territories, time, cancel));
    }

    internal static async Task<Outcome<LabelVerification>> Verify(
        string text, Database database, ITerritories territories, TimeProvider time, CancellationToken cancel)
    {
        var (proof, claims) = Label.Verify(text, await ListIssuerKeys.All(database, cancel), time.GetUtcNow());
        if (proof is LabelProof.NotALabel or LabelProof.UnknownKey)
        {
            return new LabelVerification(LabelStanding.Unknown, null);
        }

        if (proof == LabelProof.Forged)
        {
            return new LabelVerification(LabelStanding.Forged, null);
        }

        var found = await PublicCertificates.Read(claims!.Serial, database, territories, cancel);
        if (found?.Label != text)
        {
            // Whoever holds a revoked key can sign anything with it: what the register does not know is theirs.
            return new LabelVerification(proof == LabelProof.RevokedKey ? LabelStanding.Forged : LabelStanding.Unknown, null);
        }

        return new LabelVerification(found.State switch
        {
            CertificateState.Active => LabelStanding.Genuine,
            CertificateState.Suspended => LabelStanding.Suspended,
            CertificateState.Withdrawn => LabelStanding.Withdrawn,
            CertificateState.Expired => LabelStanding.Expired,
            CertificateState.Depleted => LabelStanding.Depleted,
            _ => LabelStanding.Replaced,
        }, found);
    }
}
