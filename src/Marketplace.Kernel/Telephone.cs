using PhoneNumbers;

namespace Marketplace.Kernel;

/// <summary>Telephone numbers of Kazakhstan and Kyrgyzstan: one reading for signing in, for officers and for households.</summary>
public static class Telephone
{
    /// <summary>The number in E.164, or null when it is not a number of the two countries.</summary>
    /// <param name="typed">As people write it.</param>
    /// <param name="country">Where a number without a country code belongs.</param>
    public static string? Normal(string typed, string country)
    {
        if (typed.Any(char.IsLetter))
        {
            return null; // the library reads letters as keypad digits
        }

        var plan = PhoneNumberUtil.GetInstance();
        foreach (var text in (string[])[typed, "+" + typed.TrimStart()])
        {
            try
            {
                var number = plan.Parse(text, country);
                if (plan.GetRegionCodeForNumber(number) is "KZ" or "KG" && plan.IsValidNumber(number))
                {
                    return plan.Format(number, PhoneNumberFormat.E164);
                }
            }
            catch (NumberParseException)
            {
                // Tried with a plus next: people leave it out before 996.
            }
        }

        return null;
    }
}
