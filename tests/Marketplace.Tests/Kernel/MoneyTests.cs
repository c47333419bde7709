using CsCheck;
using Marketplace.Kernel;

namespace Marketplace.Tests.Kernel;

public sealed class MoneyTests
{
    [Fact]
    public void The_parts_of_a_split_sum_to_the_whole_and_lie_within_one_of_their_share() =>
        Gen.Select(Gen.Long[-1_000_000_000_000, 1_000_000_000_000], Gen.Long[0, 1_000_000].Array[1, 300]).Where(pair => pair.Item2.Sum() > 0).Sample((whole, weights) =>
        {
            var parts = new Money(whole, "KZT").Split(weights);
            var total = weights.Sum();
            return parts.Sum(part => part.Minor) == whole
                && parts.Zip(weights).All(pair => Math.Abs(pair.First.Minor - ((decimal)whole * pair.Second / total)) < 1);
        });

    [Theory]
    [InlineData(5, 2, 2)]
    [InlineData(7, 2, 4)]
    [InlineData(-5, 2, -2)]
    [InlineData(-7, 2, -4)]
    [InlineData(10, 4, 2)]
    [InlineData(11, 4, 3)]
    [InlineData(0, 4, 0)]
    public void Halves_round_to_even(long dividend, long divisor, long expected) => Assert.Equal(expected, Rounding.HalfEven(dividend, divisor));

    [Theory]
    [InlineData(2_145_000, "KGM", 12_500, "GRM", 268_125)]
    [InlineData(1, "KGM", 1_000, "GRM", 0)]
    [InlineData(50, "KGM", 1_000, "GRM", 0)]
    [InlineData(150, "KGM", 1_000, "GRM", 2)]
    [InlineData(1_000_000, "H87", 3, "H87", 30_000)]
    public void A_price_times_a_quantity_is_exact(long price, string per, long amount, string unit, long minor) =>
        Assert.Equal(new Money(minor, "KZT"), new UnitPrice(price, "KZT", per).Of(new Quantity(amount, unit)));

    [Fact]
    public void What_does_not_belong_together_does_not_add()
    {
        Assert.Throws<InvalidOperationException>(() => new Money(1, "KZT") + new Money(1, "KGS"));
        Assert.Throws<InvalidOperationException>(() => new UnitPrice(1, "KZT", "LTR").Of(new Quantity(1, "GRM")));
        Assert.Throws<OverflowException>(() => new Money(long.MaxValue, "KZT") + new Money(1, "KZT"));
    }
}
