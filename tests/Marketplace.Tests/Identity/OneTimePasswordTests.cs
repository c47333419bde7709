using Marketplace.Identity.SecondFactors;

namespace Marketplace.Tests.Identity;

public sealed class OneTimePasswordTests
{
    // RFC 6238, appendix B, SHA-1: the last six of its eight digits. The secret is the ASCII text 12345678901234567890.
    private const string Secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1234567890, "005924")]
    [InlineData(20000000000, "353130")]
    public void The_codes_of_the_standard_are_taken_at_their_time_and_one_step_beside(long at, string code)
    {
        var step = at / OneTimePassword.StepSeconds;
        var now = DateTimeOffset.FromUnixTimeSeconds(at);
        Assert.Equal(step, OneTimePassword.StepOf(Secret, code, now));
        Assert.Equal(step, OneTimePassword.StepOf(Secret, code, now.AddSeconds(30)));
        Assert.Null(OneTimePassword.StepOf(Secret, code, now.AddSeconds(90)));
        Assert.Null(OneTimePassword.StepOf(Secret, code, now.AddSeconds(-90)));
    }
}
