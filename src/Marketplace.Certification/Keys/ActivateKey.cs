using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/issuer-keys/{keyId}/activation: the second half of a rotation.</summary>
public static class ActivateKey
{
    internal static void Map(RouteGroupBuilder keys) => keys.MapPost("/{keyId}/activation", Handle).WithName("activateIssuerKey")
        .Requires(stepUp: true, Role.QualityManager, Role.PlatformAdministrator).Moves();

    /// <summary>Sign with an announced key from now on; the one in use retires and what it signed stays valid.</summary>
    /// <param name="keyId">16 hexadecimal digits.</param>
    /// <remarks>409 `second-person` for whoever announced it; 409 `key-too-new` within 24 hours of the announcement, unless no key signs now;
    /// 409 `wrong-key-state` unless it is announced.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(string keyId, Database database, CancellationToken cancel)
    {
        // Who may, when, and what becomes of the key in use: the table's trigger.
        var written = await database.Execute($"""
            with activated as (update certification.issuer_key set activated_at = kernel.now() where key_id = {keyId} returning key_id)
            select {KeyEvent.Append(nameof(IssuerKeyActivated), new IssuerKeyActivated(keyId))} from activated
            """, cancel);
        return Answer.NoContent(written == 1 ? null : Refusal.NotFound);
    }
}

internal sealed record IssuerKeyActivated(string KeyId);

/// <summary>The stream of a tenant's keys.</summary>
internal static class KeyEvent
{
    public static Sql Append<T>(string type, T happened) =>
        Sql.Of($"kernel.append(md5('issuer-keys ' || kernel.tenant())::uuid, {type}, {Event.Text(happened)})");
}
