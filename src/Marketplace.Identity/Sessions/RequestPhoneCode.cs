using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Security.Cryptography;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Identity.Sessions;

/// <summary>Asks for a sign-in code by SMS.</summary>
/// <param name="Phone">Telephone of Kazakhstan or Kyrgyzstan, as people write it: <c>8 701 123 45 67</c>, <c>+996 555 123456</c>.</param>
/// <param name="Language">Language of the message: <c>kk</c>, <c>ru</c> (the default), <c>ky</c> or <c>en</c>.</param>
public sealed record PhoneCodeWish(
    [Required, TextLength(30, MinimumLength = 6)] string Phone, [RegularExpression("^(kk|ru|ky|en)$")] string Language = "ru");

/// <summary>Sends a code to a telephone.</summary>
public static class RequestPhoneCode
{
    private const int MostPerHour = 5;

    internal static void Map(RouteGroupBuilder codes) => codes.MapPost("", Handle).WithName("requestPhoneCode").Anyone();

    /// <summary>Send a sign-in code.</summary>
    /// <remarks>The answer is the same for known and unknown numbers. 400 <c>not-a-phone</c>; 429 <c>too-many-codes</c> above five an hour.</remarks>
    public static async Task<Results<Accepted, ProblemHttpResult>> Handle(
        PhoneCodeWish wish, Database database, Secrets secrets, INotices notices, CancellationToken cancel) =>
        await Send(wish, database, secrets, notices, cancel) is { } refusal ? Problems.From(refusal) : TypedResults.Accepted((string?)null);

    internal static async Task<Refusal?> Send(PhoneCodeWish wish, Database database, Secrets secrets, INotices notices, CancellationToken cancel)
    {
        if (Telephone.Normal(wish.Phone, "KZ") is not { } phone)
        {
            return Refusal.Invalid("#/phone", "not-a-phone", "This is not a telephone number of Kazakhstan or Kyrgyzstan.");
        }

        var hash = secrets.Hmac("phone", phone);

        // One statement, so that parallel wishes for one number cannot pass the limit together: they queue on the lock.
        await database.Execute($"select pg_advisory_xact_lock(hashtextextended(encode({hash}, 'hex'), 7))", cancel);
        var code = RandomNumberGenerator.GetInt32(0, 1_000_000).ToString("000000", CultureInfo.InvariantCulture);
        var written = await database.Execute($"""
            insert into identity.phone_code (phone_hash, code_hash, expires_at)
            select {hash}, {secrets.Hmac("code", phone + code)}, kernel.now() + interval '10 minutes'
             where (select count(*) from identity.phone_code
                     where tenant_id = kernel.tenant() and phone_hash = {hash} and created_at > kernel.now() - interval '1 hour') < {MostPerHour}
            """, cancel);
        if (written == 0)
        {
            return new Refusal("too-many-codes", "Too many codes for this number; try again in an hour.", Status: 429);
        }

        await notices.Send([new Notice("sign-in-code", new Dictionary<string, string> { ["code"] = code }, Phone: phone, Language: wish.Language)], cancel);
        return null;
    }
}
