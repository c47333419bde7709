using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Why a key must not be trusted any more.</summary>
/// <param name="Reason">3 to 2000 characters; kept for good.</param>
public sealed record KeyRevocation([TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>POST /v1/issuer-keys/{keyId}/revocation and its confirmation by another person.</summary>
public static class RevokeKey
{
    internal static void Map(RouteGroupBuilder keys)
    {
        keys.MapPost("/{keyId}/revocation", Handle).WithName("proposeKeyRevocation").Requires(stepUp: true, Role.QualityManager, Role.PlatformAdministrator).Moves();
        keys.MapPost("/{keyId}/revocation/confirmation", Confirm).WithName("confirmKeyRevocation")
            .Requires(stepUp: true, Role.QualityManager, Role.PlatformAdministrator).Moves();
    }

    /// <summary>Propose to revoke a key that somebody else may hold; another person confirms.</summary>
    /// <param name="keyId">16 hexadecimal digits.</param>
    /// <param name="revocation">Why.</param>
    /// <remarks>409 `revocation-proposed` when somebody proposed it already. The issuance switch stops a body at once and alone.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        string keyId, KeyRevocation revocation, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(revocation);
        var written = await database.Execute($"""
            with proposed as (
                insert into certification.issuer_key_revocation (key_id, reason)
                select key_id, {revocation.Reason} from certification.issuer_key where key_id = {keyId}
                returning key_id)
            select {KeyEvent.Append(nameof(KeyRevocationProposed), new KeyRevocationProposed(keyId))} from proposed
            """, cancel);
        return Answer.NoContent(written == 1 ? null : Refusal.NotFound);
    }

    /// <summary>Confirm a revocation: from now on only the register vouches for what the key signed.</summary>
    /// <param name="keyId">16 hexadecimal digits.</param>
    /// <remarks>409 `second-person` for whoever proposed it; 409 `wrong-key-state` when it is revoked already. Nothing is issued until the next key is
    /// activated, which then needs no day of waiting.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Confirm(string keyId, Database database, CancellationToken cancel)
    {
        var written = await database.Execute($"""
            with confirmed as (
                update certification.issuer_key_revocation set confirmed_at = kernel.now() where key_id = {keyId} returning key_id)
            select {KeyEvent.Append(nameof(IssuerKeyRevoked), new IssuerKeyRevoked(keyId))} from confirmed
            """, cancel);
        return Answer.NoContent(written == 1 ? null : Refusal.NotFound);
    }
}

internal sealed record KeyRevocationProposed(string KeyId);

internal sealed record IssuerKeyRevoked(string KeyId);
