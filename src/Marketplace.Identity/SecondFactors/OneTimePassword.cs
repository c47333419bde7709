using OtpNet;

namespace Marketplace.Identity.SecondFactors;

/// <summary>Time-based one-time passwords: RFC 6238 with six digits, SHA-1 and thirty seconds, which every authenticator app reads.</summary>
internal static class OneTimePassword
{
    public const int StepSeconds = 30;

    /// <summary>A new shared secret of 160 bits, base32.</summary>
    public static string NewSecret() => Base32Encoding.ToString(KeyGeneration.GenerateRandomKey(20));

    /// <summary>What an authenticator app scans.</summary>
    public static string Address(string secret, string account) =>
        new OtpUri(OtpType.Totp, secret, account, "Marketplace").ToString();

    /// <summary>The step the code is of, when it is of this step or one beside it: clocks of telephones run apart. Null for any other code.</summary>
    public static long? StepOf(string secret, string code, DateTimeOffset now) =>
        new Totp(Base32Encoding.ToBytes(secret)).VerifyTotp(now.UtcDateTime, code, out var step, new VerificationWindow(1, 1)) ? step : null;
}
