using CsCheck;
using Marketplace.Certification;

namespace Marketplace.Tests.Certification;

public sealed class SerialTests
{
    [Fact]
    public void A_single_wrong_digit_is_noticed() =>
        Gen.Select(Gen.Int[1, 999_999], Gen.Int[0, 8], Gen.Int[1, 9]).Sample((number, place, by) =>
        {
            var serial = Serial.Make("KZ", 2026, number);
            Assert.True(Serial.IsWellFormed(serial));
            var digits = serial.Select((character, at) => (character, at)).Where(pair => char.IsAsciiDigit(pair.character)).Select(pair => pair.at).ToList();
            var wrong = serial.ToCharArray();
            wrong[digits[place]] = (char)('0' + ((wrong[digits[place]] - '0' + by) % 10));
            Assert.False(Serial.IsWellFormed(new string(wrong)));
        });

    [Theory]
    [InlineData("KZ-26-000123")]
    [InlineData("RU-26-000123-7")]
    [InlineData("KZ-26-00012٣-7")]
    [InlineData("")]
    [InlineData("----")]
    public void What_is_not_a_serial_is_none(string text) => Assert.False(Serial.IsWellFormed(text));
}
