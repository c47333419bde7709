using System.Text.Json;
using CsCheck;
using Marketplace.Kernel;

namespace Marketplace.Tests.Registry;

public sealed class NationalNumberTests
{
    [Theory]
    [InlineData("000813159890", false)] // from MIT-licensed kaz-person-id tests: both rounds give 10
    [InlineData("900404404463", true)] // second weight round
    [InlineData("970531358525", true)] // first round
    [InlineData("611206412317", true)] // first round
    [InlineData("570501406234", true)] // first round
    [InlineData("400810448038", true)] // first round
    [InlineData("751103385877", true)] // second weight round
    [InlineData("770825494940", true)] // first round
    [InlineData("910810452384", true)] // second weight round (forced)
    [InlineData("660123393685", true)] // second weight round (forced)
    [InlineData("010913645586", true)] // second weight round (forced)
    [InlineData("870319392710", true)] // second weight round (forced)
    [InlineData("860714333779", true)] // second weight round (forced)
    [InlineData("691231498934", false)] // both rounds give 10: no such number can exist
    [InlineData("370419369112", false)] // both rounds give 10: no such number can exist
    [InlineData("500804412636", false)] // both rounds give 10: no such number can exist
    [InlineData("530326494808", false)] // both rounds give 10: no such number can exist
    [InlineData("030124593335", false)] // both rounds give 10: no such number can exist
    [InlineData("060304690787", false)] // wrong check digit
    [InlineData("350629408460", false)] // wrong check digit
    [InlineData("771008322246", false)] // wrong check digit
    [InlineData("631016425148", false)] // wrong check digit
    [InlineData("650531423547", false)] // wrong check digit
    [InlineData("418909905672", true)] // first round; digits not a date
    [InlineData("229793323626", true)] // first round; digits not a date
    [InlineData("379374606518", true)] // first round; digits not a date
    [InlineData("521090452615", true)] // first round; digits not a date
    [InlineData("271732331205", true)] // first round; digits not a date
    [InlineData("", false)] // empty
    [InlineData("12345678901", false)] // 11 digits
    [InlineData("1234567890123", false)] // 13 digits
    [InlineData("９４０１４００００３８５", false)] // full-width digits: reject (Char.IsDigit trap)
    [InlineData("٩٤٠١٤٠٠٠٠٣٨٥", false)] // Arabic-Indic digits: reject
    [InlineData("000000000000", false)] // all zeros: check digit fits (0) but must be rejected as placeholder
    public void A_kazakh_number_is_judged_by_its_check_digit_alone(string typed, bool may) =>
        Assert.Equal(may, NationalNumber.Typed(typed).MayExistIn("KZ"));

    [Theory]
    [InlineData("20101199012345", true)]
    [InlineData("2010119901234", false)]
    [InlineData("201011990123456", false)]
    [InlineData("2010119901234x", false)]
    [InlineData("00000000000000", false)]
    public void A_kyrgyz_number_has_fourteen_digits(string typed, bool may) => Assert.Equal(may, NationalNumber.Typed(typed).MayExistIn("KG"));

    [Fact]
    public void No_other_check_digit_fits() => Gen.Select(Gen.Int[0, 99_999_999], Gen.Int[100, 999], Gen.Int[1, 9])
        .Sample((head, tail, by) =>
        {
            var eleven = $"{head:00000000}{tail:000}";
            if (NationalNumber.CheckDigit(eleven) is not { } check || head == 0)
            {
                return;
            }

            Assert.True(NationalNumber.Typed(eleven + check).MayExistIn("KZ"));
            Assert.False(NationalNumber.Typed(eleven + (check + by) % 10).MayExistIn("KZ"));
        });

    [Fact]
    public void It_is_masked_wherever_it_is_written()
    {
        var number = NationalNumber.Typed("900404 404463");
        Assert.Equal("**********63", number.ToString());
        Assert.Equal("\"**********63\"", JsonSerializer.Serialize(number));
        Assert.Equal("registered **********63", $"registered {number}");
        Assert.Equal("**", default(NationalNumber).ToString());
        Assert.False(default(NationalNumber).MayExistIn("KG"));
    }
}
