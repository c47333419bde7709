namespace Marketplace.Registry.Households;

/// <summary>A Kazakh or Kyrgyz bank account number; check digits by ISO 13616, modulo 97.</summary>
internal static class Iban
{
    /// <summary>The account number without spaces, or null when it is not one.</summary>
    public static string? Normal(string typed)
    {
        var iban = typed.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        if (iban.Length != 20 || !iban.StartsWith("KZ", StringComparison.Ordinal) || !iban.All(char.IsAsciiLetterOrDigit)
            || !iban[2..7].All(char.IsAsciiDigit))
        {
            return null;
        }

        var rest = 0;
        foreach (var character in iban[4..] + iban[..4])
        {
            rest = char.IsAsciiDigit(character) ? (rest * 10 + character - '0') % 97 : (rest * 100 + character - 'A' + 10) % 97;
        }

        // 00, 01 and 99 satisfy the remainder but are never given out.
        return rest == 1 && iban[2..4] is not ("00" or "01" or "99") ? iban : null;
    }
}
