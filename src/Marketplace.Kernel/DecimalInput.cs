using System.Globalization;

namespace Marketplace.Kernel;

/// <summary>Numbers as people type them: one rule for forms, CSV and XLSX, the same under every culture.</summary>
/// <remarks>
/// Spaces, also the narrow and the unbreakable one, only group digits. One comma or point is the decimal point, two are refused. A single one
/// before exactly three digits may also group thousands, so the writer is asked, except after a leading zero: no thousands begin with it.
/// </remarks>
public static class DecimalInput
{
    private const string Spaces = " \u00a0\u202f\u2009";

    /// <summary>Reads a number; refuses with <c>decimal-malformed</c> or <c>decimal-ambiguous</c>.</summary>
    /// <param name="text">What was typed.</param>
    public static Outcome<decimal> Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var plain = Plain(text);
        var negative = plain.StartsWith('-');
        var digits = negative || plain.StartsWith('+') ? plain[1..] : plain;
        var separator = digits.IndexOfAny([',', '.']);
        var (whole, part) = separator < 0 ? (digits, "") : (digits[..separator], digits[(separator + 1)..]);
        if (whole.Length == 0 || !whole.All(char.IsAsciiDigit) || !part.All(char.IsAsciiDigit) || (separator >= 0 && part.Length == 0)
            || !decimal.TryParse(separator < 0 ? whole : $"{whole}.{part}", NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return new Refusal("decimal-malformed", "Write a number with digits and at most one comma or point.", Status: 400);
        }

        if (part.Length == 3 && whole[0] != '0')
        {
            var (decimals, thousands) = Readings(text);
            return new Refusal("decimal-ambiguous", $"Does that mean {decimals} or {thousands}? Write it so.", Status: 400);
        }

        return negative ? -number : number;
    }

    /// <summary>The two unambiguous spellings of an ambiguous number: with a decimal part, and with thousands.</summary>
    public static (string Decimals, string Thousands) Readings(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var plain = Plain(text);
        return (plain + "0", plain.Replace(",", "", StringComparison.Ordinal).Replace(".", "", StringComparison.Ordinal));
    }

    private static string Plain(string text) => string.Concat(text.Where(letter => !Spaces.Contains(letter, StringComparison.Ordinal))).Replace('\u2212', '-');
}
