using CsCheck;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Settlement.Ledger;

namespace Marketplace.Tests.Settlement;

public sealed class TransferTests
{
    private static readonly OrganisationId Book = OrganisationId.New();
    private static readonly HouseholdId[] Households = [.. Enumerable.Range(0, 7).Select(_ => HouseholdId.New())];

    private static readonly Gen<(long Whole, long[] Weights)> Splits = Gen.Select(Gen.Long[2, 1_000_000_000_000], Gen.Long[1, 1_000_000].Array[1, 40]);

    [Fact]
    public void A_whole_and_its_split_balance_and_the_reversal_returns_to_zero() => Splits.Sample((whole, weights) =>
    {
        var money = new Money(whole, "KZT");
        var transfer = Transfer.Of(Book, "invoice", Guid.NewGuid(),
        [
            Posting.Of(Book, Purpose.BuyerReceivable, money),
            .. money.Split(weights).Select((part, at) =>
                Posting.Of(Households[at % Households.Length], Purpose.HouseholdHold, part with { Minor = -part.Minor })),
        ]);

        Assert.True(transfer.Balances);
        Assert.Equal(transfer.Postings.Count, transfer.Postings.Select(one => (one.Party, one.Purpose)).Distinct().Count());
        var reversal = transfer.Reversal();
        Assert.True(reversal.Balances);
        Assert.Equal(transfer.Id, reversal.Evidence);
        Assert.All(
            transfer.Postings.Concat(reversal.Postings).GroupBy(one => (one.Kind, one.Party, one.Purpose)),
            account => Assert.Equal(0, account.Sum(one => one.Amount.Minor)));
    });

    [Fact]
    public void Parts_are_within_one_of_their_exact_share_and_sum_to_the_whole() => Splits.Sample((whole, weights) =>
    {
        var parts = Rounding.LargestRemainder(whole, weights);
        Assert.Equal(whole, parts.Sum());
        var total = weights.Sum();
        Assert.All(parts.Zip(weights), one => Assert.True(Math.Abs(one.First - ((decimal)whole * one.Second / total)) < 1m));
    });

    [Fact]
    public void One_unit_off_does_not_balance() => Assert.False(Transfer.Of(Book, "payment", Guid.NewGuid(),
    [
        Posting.Of(Book, Purpose.BankClearing, new Money(100, "KZT")), Posting.Of(Book, Purpose.BuyerReceivable, new Money(-99, "KZT")),
    ]).Balances);

    [Fact]
    public void Currencies_do_not_balance_each_other() => Assert.False(Transfer.Of(Book, "payment", Guid.NewGuid(),
    [
        Posting.Of(Book, Purpose.BankClearing, new Money(100, "KZT")), Posting.Of(Book, Purpose.BuyerReceivable, new Money(-100, "KGS")),
    ]).Balances);

    [Fact]
    public void The_same_evidence_has_the_same_id_and_another_kind_has_another()
    {
        var evidence = Guid.NewGuid();
        Assert.Equal(Transfer.IdOf("payment", evidence), Transfer.IdOf("payment", evidence));
        Assert.NotEqual(Transfer.IdOf("payment", evidence), Transfer.IdOf("release", evidence));
    }
}
