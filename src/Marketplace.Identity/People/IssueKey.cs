using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Identity.Sessions;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Identity.People;

/// <summary>A key to issue.</summary>
/// <param name="Roles">Roles the key carries; absent means all the person holds there.</param>
/// <param name="Organisation">The organisation it acts for, when there is one.</param>
/// <param name="Days">Days until it expires, 1 to 365; 90 by default.</param>
/// <param name="Test">True makes a test key, which carries a second factor; sandbox tenants only.</param>
public sealed record NewKey([MaxLength(10)] IReadOnlyList<string>? Roles = null, OrganisationId? Organisation = null, [Range(1, 365)] int Days = 90, bool Test = false);

/// <summary>A key, shown once.</summary>
/// <param name="Id">The key's id, for ending it.</param>
/// <param name="Key">The secret: <c>mk_…</c>, or <c>test_…</c> for a test key.</param>
/// <param name="ExpiresAt">When it stops working.</param>
public sealed record KeyDetails(Guid Id, string Key, DateTimeOffset ExpiresAt);

/// <summary>Issues an API key.</summary>
public static class IssueKey
{
    internal static void Map(RouteGroupBuilder people) =>
        people.MapPost("/{id}/keys", Handle).WithName("issueKey").Requires(stepUp: true).InPersonOnly();

    /// <summary>Issue an API key: for yourself, or as administrator a test key for anybody.</summary>
    /// <remarks>Nobody holds somebody else's key outside a sandbox. 404 for any other person; 409 <c>not-a-sandbox</c> for a test key elsewhere;
    /// 409 <c>too-many-keys</c> when two live keys exist.</remarks>
    public static async Task<Results<Created<KeyDetails>, ProblemHttpResult>> Handle(
        PersonId id, NewKey key, Database database, TimeProvider clock, CancellationToken cancel) =>
        Answer.Created(await Issue(id, key, database, clock, cancel), made => $"/v1/people/{id}/keys/{made.Id}");

    internal static async Task<Outcome<KeyDetails>> Issue(PersonId id, NewKey key, Database database, TimeProvider clock, CancellationToken cancel)
    {
        if (id.Value != database.Actor.Person && !(key.Test && database.Actor.Roles.Contains(Role.PlatformAdministrator)))
        {
            return Refusal.NotFound;
        }

        // The person's row is the lock of its keys. Locked by a statement of its own, because the count must see what the rival committed.
        if (await database.Execute($"select 1 from identity.person where id = {id} for update", cancel) == 0)
        {
            return Refusal.NotFound;
        }

        var live = await database.Value<long>($"""
            select count(*) from identity.credential where person_id = {id} and kind = 'api_key' and revoked_at is null
               and expires_at > kernel.now() and organisation_id is not distinct from {key.Organisation}
            """, cancel);
        if (live >= 2)
        {
            return new Refusal("too-many-keys", "Two live keys exist already; end one first.");
        }

        var secret = BearerToken.NewSecret(key.Test ? "test_" : "mk_");
        var made = new KeyDetails(Guid.CreateVersion7(), secret, clock.GetUtcNow().AddDays(key.Days));
        await database.Execute($"""
            insert into identity.credential (id, person_id, kind, secret_hash, roles, organisation_id, expires_at, test)
            values ({made.Id}, {id}, 'api_key', {BearerToken.HashOf(secret)}, {key.Roles?.ToArray()}, {key.Organisation}, {made.ExpiresAt}, {key.Test})
            """, cancel);
        return made;
    }
}
