using System.Security.Cryptography;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Identity.SecondFactors;

/// <summary>A code to enrol a second factor with, shown once.</summary>
/// <param name="Code">Twelve letters and digits in groups of four; hand it over in person.</param>
/// <param name="ExpiresAt">Seven days from now.</param>
public sealed record EnrolmentCode(string Code, DateTimeOffset ExpiresAt);

/// <summary>POST /v1/people/{id}/enrolment-codes.</summary>
public static class InviteToEnrol
{
    // Without letters and digits people mistake for one another.
    private const string Letters = "23456789ABCDEFGHJKMNPQRSTVWXYZ";

    internal static void Map(RouteGroupBuilder people) =>
        people.MapPost("/{id}/enrolment-codes", Handle).WithName("inviteToEnrol").Requires(stepUp: true, Role.PlatformAdministrator);

    /// <summary>Make a code with which a person enrols a second factor, also after losing one.</summary>
    /// <remarks>Seeing the person and handing the code over in person is what binds the factor to them: a telephone alone never does.
    /// An earlier code ends. 404 when there is no such person; 409 <c>own-rights</c>.</remarks>
    public static async Task<Results<Created<EnrolmentCode>, ProblemHttpResult>> Handle(
        PersonId id, Database database, Secrets secrets, TimeProvider clock, CancellationToken cancel) =>
        Answer.Created(await Invite(id, database, secrets, clock, cancel), _ => "/v1/second-factors");

    /// <summary>The route and the making of a tenant do the same.</summary>
    public static async Task<Outcome<EnrolmentCode>> Invite(PersonId id, Database database, Secrets secrets, TimeProvider clock, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(secrets);
        ArgumentNullException.ThrowIfNull(clock);
        if (id.Value == database.Actor.Person)
        {
            return OwnRights;
        }

        var code = string.Join('-', Enumerable.Range(0, 3).Select(_ => RandomNumberGenerator.GetString(Letters, 4)));
        var made = new EnrolmentCode(code, clock.GetUtcNow().AddDays(7));
        var written = await database.Execute($"""
            insert into identity.enrolment_code (id, person_id, code_hash, expires_at)
            select {Guid.CreateVersion7()}, p.id, {HashOf(code, id, secrets)}, {made.ExpiresAt} from identity.person p where p.id = {id}
            """, cancel);
        return written == 0 ? Refusal.NotFound : made;
    }

    internal static readonly Refusal OwnRights = new("own-rights", "Nobody gives rights to themselves.");

    /// <summary>The keyed hash of a typed code: small letters, spaces and missing hyphens are forgiven.</summary>
    internal static byte[] HashOf(string typed, PersonId person, Secrets secrets) =>
        secrets.Hmac("enrolment", $"{person.Value:N}|{string.Concat(typed.ToUpperInvariant().Where(char.IsAsciiLetterOrDigit))}");
}
