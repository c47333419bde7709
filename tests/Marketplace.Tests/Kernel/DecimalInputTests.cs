using System.Globalization;
using CsCheck;
using Marketplace.Kernel;

namespace Marketplace.Tests.Kernel;

public sealed class DecimalInputTests
{
    private static readonly Gen<(long Whole, string Part)> Written =
        Gen.Select(Gen.Long[0, 999_999_999], Gen.Char["0123456789"].Array[0, 9].Select(digits => new string(digits)));

    [Fact]
    public void A_comma_and_a_point_read_the_same_whatever_the_machines_culture()
    {
        foreach (var culture in (string[])["en-US", "ru-RU", "kk-KZ"])
        {
            CultureInfo.CurrentCulture = new CultureInfo(culture);
            Written.Where(number => number.Part.Length != 3 || number.Whole == 0).Sample(number =>
            {
                var whole = number.Whole.ToString(CultureInfo.InvariantCulture);
                var expected = decimal.Parse($"{whole}.{number.Part}0", CultureInfo.InvariantCulture);
                foreach (var separator in (string[])[",", "."])
                {
                    var tail = number.Part.Length == 0 ? "" : separator + number.Part;
                    Assert.Equal(expected, DecimalInput.Read(whole + tail).Value);
                    Assert.Equal(-expected, DecimalInput.Read("\u2212" + Grouped(whole) + tail).Value);
                }
            }, iter: 500, threads: 1);
        }
    }

    [Fact]
    public void Three_digits_after_the_only_separator_are_asked_about_and_both_answers_are_clear() => Gen.Select(Gen.Long[1, 999_999], Gen.Int[0, 999]).Sample((whole, part) =>
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{whole},{part:000}");
        Assert.Equal("decimal-ambiguous", DecimalInput.Read(text).Refusal!.Code);
        var (decimals, thousands) = DecimalInput.Readings(text);
        Assert.Equal(whole + (part / 1000m), DecimalInput.Read(decimals).Value);
        Assert.Equal((whole * 1000m) + part, DecimalInput.Read(thousands).Value);
    });

    [Fact]
    public void Anything_else_is_refused_and_never_guessed() => Gen.Char["0123456789,. -+eE\u00a0xя"].Array[0, 12].Select(letters => new string(letters)).Sample(text =>
    {
        var read = DecimalInput.Read(text);
        var separators = text.Count(letter => letter is ',' or '.');
        if (read.Refusal is null)
        {
            Assert.True(separators <= 1 && text.Any(char.IsAsciiDigit) && !text.Any(char.IsLetter), text);
        }
    });

    [Theory]
    [InlineData("12,5", "12.5")]
    [InlineData("1 250,75", "1250.75")]
    [InlineData("0,125", "0.125")]
    [InlineData("0.005", "0.005")]
    [InlineData("-0,5", "-0.5")]
    [InlineData("1.234,56", null)]
    [InlineData("1,", null)]
    [InlineData(",5", null)]
    [InlineData("1e5", null)]
    [InlineData("", null)]
    [InlineData("99999999999999999999999999999999999", null)]
    public void Known_spellings(string text, string? expected)
    {
        var read = DecimalInput.Read(text);
        Assert.Equal(expected is null ? "decimal-malformed" : null, read.Refusal?.Code);
        Assert.Equal(expected is null ? 0 : decimal.Parse(expected, CultureInfo.InvariantCulture), read.Value);
    }

    [Fact]
    public void Decimals_are_kept_as_written() =>
        Assert.Equal("0.50", DecimalInput.Read("0,50").Value.ToString(CultureInfo.InvariantCulture));

    private static string Grouped(string digits) => digits.Length > 3 ? digits[..^3] + "\u202f" + digits[^3..] : digits;
}
