using Marketplace.Supply.Lots;

namespace Marketplace.Tests.Supply;

public sealed class LotTests
{
    [Fact]
    public void Every_state_and_step_has_a_known_answer()
    {
        var arrows = from state in Enum.GetValues<LotState>() from step in Enum.GetValues<LotStep>()
                     let next = Lot.Next(state, step) where next is not null
                     select $"{state} --{step}--> {next}";
        Assert.Equal(
            """
            Declared --PutUnderCertification--> UnderCertification
            Declared --Close--> Closed
            UnderCertification --TakeFromCertification--> Declared
            UnderCertification --Certify--> Certified
            Certified --Close--> Closed
            """, string.Join('\n', arrows));
    }
}
