using Marketplace.Kernel;
using PhoneNumbers;

namespace Marketplace.Identity;

/// <summary>Telephone numbers of Kazakhstan and Kyrgyzstan.</summary>
internal static class Telephone
{
    /// <summary>The number in E.164, or null when it is not a possible mobile or fixed number of the two countries.</summary>
    public static string? Normal(string typed, string country)
    {
        var digits = PhoneNumberUtil.GetInstance();
        try
        {
            var number = digits.Parse(typed, country);
            var region = digits.GetRegionCodeForNumber(number);
            return region is "KZ" or "KG" && digits.IsValidNumber(number) ? digits.Format(number, PhoneNumberFormat.E164) : null;
        }
        catch (NumberParseException)
        {
            return null;
        }
    }

    public static byte[] Hash(Secrets secrets, string e164) => secrets.Hmac("phone", e164);
}
