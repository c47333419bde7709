using System.Globalization;
using Marketplace.Kernel;

namespace Marketplace.ApiTests.Registry;

/// <summary>Numbers that may exist and that nobody has: no month 99.</summary>
internal static class NationalNumbers
{
    private static int serial;

    public static string New()
    {
        while (true)
        {
            var eleven = string.Create(CultureInfo.InvariantCulture, $"9999{Interlocked.Increment(ref serial):0000000}");
            if (NationalNumber.CheckDigit(eleven) is { } check)
            {
                return eleven + check.ToString(CultureInfo.InvariantCulture);
            }
        }
    }
}
