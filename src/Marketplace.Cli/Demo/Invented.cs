using System.Globalization;

namespace Marketplace.Cli.Demo;

/// <summary>Invented people: names from a short list, national numbers and accounts made up with right check digits.</summary>
internal static class Invented
{
    private static readonly string[] First = ["Aigul", "Bakyt", "Dana", "Erlan", "Gulnar", "Marat", "Saule", "Timur", "Zhanar", "Nurlan"];
    private static readonly string[] Last = ["Serikova", "Omarov", "Akhmetova", "Kairatov", "Bekova", "Sultanov", "Ospanova"];
    private static readonly int[] FirstRound = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    private static readonly int[] SecondRound = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];

    public static string Head(int number) => $"{First[number % First.Length]} {Last[number / First.Length % Last.Length]}";

    /// <summary>Twelve digits with the check digit of the state's two-round rule.</summary>
    public static string Iin(int number)
    {
        for (var serial = number * 7; ; serial++)
        {
            var body = string.Create(CultureInfo.InvariantCulture, $"850101{40_000 + serial:00000}");
            var check = Weighted(body, FirstRound);
            if (check == 10)
            {
                check = Weighted(body, SecondRound);
            }

            if (check < 10)
            {
                return body + check.ToString(CultureInfo.InvariantCulture);
            }
        }
    }

    /// <summary>A Kazakh IBAN of no real bank, with right check digits.</summary>
    public static string Iban(int number)
    {
        var account = string.Create(CultureInfo.InvariantCulture, $"999{number + 1:0000000000000}");
        var remainder = 0;
        foreach (var digit in account + "203500")
        {
            remainder = (remainder * 10 + (digit - '0')) % 97;
        }

        return string.Create(CultureInfo.InvariantCulture, $"KZ{98 - remainder:00}{account}");
    }

    private static int Weighted(string digits, int[] weights) => digits.Select((digit, at) => (digit - '0') * weights[at]).Sum() % 11;
}
