using Marketplace.Kernel;
using Marketplace.Registry.Households;

namespace Marketplace.Tests.Registry;

public sealed class HouseholdTests
{
    [Fact]
    public void Every_stage_and_step_has_a_known_answer()
    {
        var arrows = from stage in Enum.GetValues<HouseholdStage>()
                     from step in Enum.GetValues<HouseholdStep>()
                     let next = Household.Next(stage, step)
                     where next is not null
                     select $"{stage} --{step}--> {next}";
        Assert.Equal(
            """
            PendingVerification --Confirm--> Active
            PendingVerification --Return--> Returned
            PendingVerification --PassInSilence--> ActiveUnconfirmed
            MergeReview --KeepSeparate--> PendingVerification
            MergeReview --Merge--> Closed
            Returned --Resubmit--> PendingVerification
            Returned --FindDuplicate--> MergeReview
            Returned --Lapse--> Lapsed
            ActiveUnconfirmed --Confirm--> Active
            ActiveUnconfirmed --Return--> Returned
            """, string.Join('\n', arrows));
    }

    [Theory]
    [InlineData("KZ25464VUYCBYWB6UK95", "KZ25464VUYCBYWB6UK95")]
    [InlineData("KZ04838FCACQW5S3662Y", "KZ04838FCACQW5S3662Y")]
    [InlineData("kz86 125k zt50 0410 0100", "KZ86125KZT5004100100")]
    [InlineData("KZ419406891712187664", null)] // wrong check digits
    [InlineData("KZ86125KZT500410010", null)] // 19 characters
    [InlineData("KZ86125KZT50041001000", null)] // 21 characters
    [InlineData("KZ00125KZT5004100100", null)] // check digits nobody gives out
    [InlineData("KG86125KZT5004100100", null)] // Kyrgyzstan has no IBAN
    [InlineData("KZ86125KZT50041001О0", null)] // a Cyrillic letter
    public void An_account_number_is_judged_by_its_check_digits(string typed, string? normal) => Assert.Equal(normal, Iban.Normal(typed));

    [Theory]
    [InlineData("+77011234567", "KZ", "+77011234567")]
    [InlineData("87011234567", "KZ", "+77011234567")]
    [InlineData("8 (701) 123-45-67", "KZ", "+77011234567")]
    [InlineData("7011234567", "KZ", "+77011234567")]
    [InlineData("77011234567", "KZ", "+77011234567")]
    [InlineData("+77172749000", "KZ", "+77172749000")]
    [InlineData("+996555123456", "KZ", "+996555123456")]
    [InlineData("0555123456", "KG", "+996555123456")]
    [InlineData("996 555 12 34 56", "KG", "+996555123456")]
    [InlineData("+79161234567", "KZ", null)] // Russian
    [InlineData("+7701123456", "KZ", null)]
    [InlineData("+770112345678", "KZ", null)]
    [InlineData("+7(701)123-45-6A", "KZ", null)]
    [InlineData("112", "KZ", null)]
    [InlineData("", "KZ", null)]
    public void A_telephone_belongs_to_one_of_the_two_countries(string typed, string country, string? normal) =>
        Assert.Equal(normal, Telephone.Normal(typed, country));
}
