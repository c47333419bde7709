using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A key made to sign next.</summary>
/// <param name="KeyId">16 hexadecimal digits.</param>
public sealed record AnnouncedKey(string KeyId);

/// <summary>POST /v1/issuer-keys: the first half of a rotation.</summary>
public static class AnnounceKey
{
    internal static void Map(RouteGroupBuilder keys) =>
        keys.MapPost("", Handle).WithName("announceIssuerKey").Requires(stepUp: true, Role.PlatformAdministrator).Moves();

    /// <summary>Make the next signing key and announce it; another person activates it a day later.</summary>
    /// <remarks>409 `key-announced` while one waits already; 409 `no-signing-key` before the first certificate made the first key.</remarks>
    public static async Task<Results<Created<AnnouncedKey>, ProblemHttpResult>> Handle(Database database, Secrets secrets, CancellationToken cancel) =>
        Answer.Created(await Announce(database, secrets, cancel), key => $"/v1/issuer-keys/{key.KeyId}");

    private static async Task<Outcome<AnnouncedKey>> Announce(Database database, Secrets secrets, CancellationToken cancel)
    {
        if (!await database.Value<bool>($"select exists (select from certification.issuer_key)", cancel))
        {
            return new Refusal("no-signing-key", "The first certificate makes the first key; then a next one can be announced.");
        }

        // key-announced is the table's index.
        var key = SigningKey.Make(secrets);
        await database.Execute($"""
            with made as (insert into certification.issuer_key (key_id, public_key) values ({key.KeyId}, {key.PublicKey}) returning key_id)
            select {KeyEvent.Append(nameof(IssuerKeyAnnounced), new IssuerKeyAnnounced(key.KeyId))} from made
            """, cancel);
        return new AnnouncedKey(key.KeyId);
    }
}

internal sealed record IssuerKeyAnnounced(string KeyId);
