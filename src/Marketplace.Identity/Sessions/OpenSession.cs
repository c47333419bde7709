using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Identity.Sessions;

/// <summary>A telephone and the code that was sent to it.</summary>
/// <param name="Phone">The telephone the code went to.</param>
/// <param name="Code">Six digits; each code works once, for ten minutes, with five tries.</param>
public sealed record PhoneCodeProof([Required, TextLength(30, MinimumLength = 6)] string Phone, [Required, RegularExpression("^[0-9]{6}$")] string Code);

/// <summary>An open session.</summary>
/// <param name="Token">Opaque bearer token; shown once.</param>
/// <param name="Person">Who signed in; made at the first sign-in.</param>
/// <param name="ExpiresAt">When the session ends by itself: 30 days.</param>
public sealed record SessionDetails(string Token, PersonId Person, DateTimeOffset ExpiresAt);

/// <summary>Signs in with a telephone code.</summary>
public static class OpenSession
{
    internal static void Map(RouteGroupBuilder sessions) => sessions.MapPost("", Handle).WithName("openSession").Anyone();

    /// <summary>Sign in with a telephone code.</summary>
    /// <remarks>400 <c>wrong-code</c> when the code is wrong, used, too old or tried too often; the answer does not say which.</remarks>
    public static async Task<Results<Created<SessionDetails>, ProblemHttpResult>> Handle(
        PhoneCodeProof proof, Database database, Secrets secrets, IPeople people, TimeProvider clock, CancellationToken cancel) =>
        Answer.Created(await Open(proof, database, secrets, people, clock, cancel), _ => "/v1/me");

    internal static async Task<Outcome<SessionDetails>> Open(
        PhoneCodeProof proof, Database database, Secrets secrets, IPeople people, TimeProvider clock, CancellationToken cancel)
    {
        var wrong = Refusal.Invalid("#/code", "wrong-code", "The code is wrong or too old; ask for a new one.");
        if (Telephone.Normal(proof.Phone, "KZ") is not { } phone)
        {
            return wrong;
        }

        // Counting the try down and using the code are one statement: two rivals cannot both spend it.
        var right = secrets.Hmac("code", phone + proof.Code);
        var used = await database.Value<bool?>($"""
            update identity.phone_code
               set tries_left = tries_left - 1, used_at = case when code_hash = {right} then kernel.now() end
             where id = (select id from identity.phone_code
                          where tenant_id = kernel.tenant() and phone_hash = {secrets.Hmac("phone", phone)} order by created_at desc, id desc limit 1)
               and used_at is null and expires_at > kernel.now() and tries_left > 0
            returning used_at is not null
            """, cancel);
        if (used is not true)
        {
            // A wrong try must count although the request is refused.
            await database.Commit(cancel);
            return wrong;
        }

        var person = await people.OfPhone(phone, cancel);
        var token = BearerToken.NewSecret("ms_");
        var expires = clock.GetUtcNow().AddDays(30);
        await database.Execute($"""
            insert into identity.credential (id, person_id, kind, secret_hash, expires_at)
            values ({Guid.CreateVersion7()}, {person}, 'session', {BearerToken.HashOf(token)}, {expires})
            """, cancel);
        return new SessionDetails(token, person, expires);
    }
}
