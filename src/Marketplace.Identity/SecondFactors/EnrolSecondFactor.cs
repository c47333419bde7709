using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Identity.SecondFactors;

/// <summary>The wish to enrol an authenticator app.</summary>
/// <param name="EnrolmentCode">The code the administrator handed over.</param>
public sealed record SecondFactorEnrolment([Required, TextLength(30, MinimumLength = 10)] string EnrolmentCode);

/// <summary>What the authenticator app needs, shown once.</summary>
/// <param name="Secret">The shared secret, base32, for typing in.</param>
/// <param name="Uri">The same as an <c>otpauth:</c> address, for a QR.</param>
public sealed record SecondFactorSecret(string Secret, string Uri);

/// <summary>POST /v1/second-factors.</summary>
public static class EnrolSecondFactor
{
    internal static void Map(RouteGroupBuilder factors) =>
        factors.MapPost("", Handle).WithName("enrolSecondFactor").InPersonOnly().RequiresSignIn();

    /// <summary>Enrol an authenticator app as second factor; it counts once a code of it was shown.</summary>
    /// <remarks>400 <c>wrong-enrolment-code</c> when the code is wrong, used, older than seven days or tried five times.</remarks>
    public static async Task<Results<Ok<SecondFactorSecret>, ProblemHttpResult>> Handle(
        SecondFactorEnrolment enrolment, Database database, Secrets secrets, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(enrolment);
        return Answer.Ok(await Enrol(enrolment, database, secrets, cancel));
    }

    internal static async Task<Outcome<SecondFactorSecret>> Enrol(
        SecondFactorEnrolment enrolment, Database database, Secrets secrets, CancellationToken cancel)
    {
        var me = PersonId.From(database.Actor.Person!.Value);

        // Counting the try down and using the code are one statement: two rivals cannot both spend it.
        var hash = InviteToEnrol.HashOf(enrolment.EnrolmentCode, me, secrets);
        var used = await database.Value<bool?>($"""
            update identity.enrolment_code set tries_left = tries_left - 1, used_at = case when code_hash = {hash} then kernel.now() end
             where id = (select id from identity.enrolment_code where person_id = {me} order by created_at desc, id desc limit 1)
               and used_at is null and expires_at > kernel.now() and tries_left > 0
            returning used_at is not null
            """, cancel);
        if (used is not true)
        {
            await database.Commit(cancel); // a wrong try must count although the request is refused
            return Refusal.Invalid("#/enrolmentCode", "wrong-enrolment-code", "This code is wrong or too old; ask your administrator for a new one.");
        }

        var id = Guid.CreateVersion7();
        var secret = OneTimePassword.NewSecret();
        await database.Execute($"""
            insert into identity.second_factor (id, person_id, secret_sealed) values ({id}, {me}, {secrets.Seal("second-factor", secret, id)})
            """, cancel);
        return new SecondFactorSecret(secret, OneTimePassword.Address(secret, me.Value.ToString("N")[^8..]));
    }
}
