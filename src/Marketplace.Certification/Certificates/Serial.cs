using System.Globalization;

namespace Marketplace.Certification;

/// <summary>Serials people read out: <c>KZ-26-000123-7</c>, country, year, number and a check digit (ISO 7064, MOD 11,10).</summary>
internal static class Serial
{
    public static string Make(string country, int year, long number)
    {
        var digits = string.Create(CultureInfo.InvariantCulture, $"{year % 100:D2}{number:D6}");
        return string.Create(CultureInfo.InvariantCulture, $"{country}-{digits[..2]}-{digits[2..]}-{CheckDigit(digits)}");
    }

    /// <summary>Whether a typed serial can be one: form and check digit.</summary>
    public static bool IsWellFormed(string serial) =>
        serial.Split('-') is [("KZ" or "KG"), { Length: 2 } year, { Length: >= 6 and <= 9 } number, { Length: 1 } check]
        && (year + number + check).All(char.IsAsciiDigit)
        && CheckDigit(year + number) == check[0] - '0';

    private static int CheckDigit(string digits)
    {
        var product = 10;
        foreach (var digit in digits)
        {
            var sum = (digit - '0' + product) % 10;
            product = (sum == 0 ? 10 : sum) * 2 % 11;
        }

        return (11 - product) % 10;
    }
}
