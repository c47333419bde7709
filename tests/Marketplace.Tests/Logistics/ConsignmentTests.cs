using Marketplace.Logistics.Consignments;

namespace Marketplace.Tests.Logistics;

public sealed class ConsignmentTests
{
    [Fact]
    public void Every_stage_and_step_has_a_known_answer()
    {
        var arrows = from stage in Enum.GetValues<ConsignmentStage>()
                     from step in Enum.GetValues<ConsignmentStep>()
                     let next = Consignment.Next(stage, step)
                     where next is not null
                     select $"{stage} --{step}--> {next}";
        Assert.Equal("Loading --Dispatch--> Dispatched\nDispatched --Receive--> Received", string.Join('\n', arrows));
    }

    /// <summary>The worked example of the GS1 check digit calculator.</summary>
    [Theory]
    [InlineData("37610425002123456", 9)]
    [InlineData("629104150021", 3)]
    [InlineData("00000000000000000", 0)]
    public void The_check_digit_is_the_one_of_GS1(string digits, int expected) => Assert.Equal(expected, Sscc.CheckDigit(digits));

    [Fact]
    public void A_logistic_unit_has_eighteen_digits() => Assert.Matches("^[0-9]{18}$", Sscc.Of("04870000", 999_999_999));
}
