using CsCheck;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Settlement.Invoices;

namespace Marketplace.Tests.Settlement;

public sealed class InvoiceDraftTests
{
    private static readonly PurchaseOrderId Order = PurchaseOrderId.New();
    private static readonly ReceiptId Receipt = ReceiptId.New();
    private static readonly OrderLineId[] Lines = [OrderLineId.New(), OrderLineId.New(), OrderLineId.New()];

    private static readonly Gen<(int Line, long Price, long Accepted, long Rejected)[]> Receipts = Gen.Select(
        Gen.Int[0, 2], Gen.Long[1, 50_000_000], Gen.Long[0, 5_000_000], Gen.Long[0, 100_000]).Array[1, 60];

    [Fact]
    public void Parts_sum_to_lines_lines_to_the_total_and_fees_to_the_fee() => Gen.Select(Receipts, Gen.Int[0, 3_000]).Sample((rows, fee) =>
    {
        var (parts, promises) = Received(rows);
        if (InvoiceDraft.Of(parts, promises, fee) is not { } draft)
        {
            // Nothing is accepted, or what is accepted rounds to nothing.
            Assert.True(parts.Zip(promises).Sum(one => (decimal)one.First.Accepted * one.Second.Price.TenThousandths) < 100_000m * 3);
            return;
        }

        Assert.Equal(draft.Total.Minor, draft.Lines.Sum(line => line.Amount.Minor));
        foreach (var line in draft.Lines)
        {
            var its = draft.Parts.Where(part => part.Line == line.Ordinal).ToList();
            Assert.Equal(line.Amount.Minor, its.Sum(part => part.Gross.Minor));
            Assert.Equal(line.Quantity.Amount, its.Sum(part => part.Amount));
            Assert.Equal(line.Price.Of(line.Quantity), line.Amount);
        }

        Assert.Equal(draft.Total.Share(fee), draft.Fee);
        Assert.Equal(draft.Fee.Minor, draft.Parts.Sum(part => part.Fee.Minor));
        Assert.All(draft.Parts, part => Assert.InRange(part.Fee.Minor, 0, part.Gross.Minor));
        Assert.Equal(parts.Sum(part => part.Accepted), draft.Parts.Sum(part => part.Amount));
    });

    [Fact]
    public void No_household_is_more_than_one_unit_away_from_its_exact_share() => Receipts.Sample(rows =>
    {
        var (parts, promises) = Received(rows);
        foreach (var part in InvoiceDraft.Of(parts, promises, 500)?.Parts ?? [])
        {
            var price = promises.Single(promise => promise.Id == part.Promise).Price;
            Assert.True(Math.Abs(part.Gross.Minor - (price.TenThousandths * (decimal)part.Amount / 100_000m)) < 2m);
        }
    });

    [Fact]
    public void A_receipt_rejected_whole_makes_no_invoice()
    {
        var (parts, promises) = Received([(0, 2_145_000, 0, 5_000), (1, 10_000, 0, 1)]);
        Assert.Null(InvoiceDraft.Of(parts, promises, 500));
    }

    [Fact]
    public void A_total_that_rounds_to_zero_makes_no_invoice()
    {
        var (parts, promises) = Received([(0, 1, 1, 0)]);
        Assert.Null(InvoiceDraft.Of(parts, promises, 500));
    }

    [Theory]
    [InlineData(10_000, 50, 0)] // 0.5 tiyin rounds to the even 0
    [InlineData(10_000, 150, 2)] // 1.5 tiyin rounds to the even 2
    [InlineData(10_000, 250, 2)] // 2.5 tiyin rounds to the even 2
    [InlineData(2_145_000, 119_346, 2_559_972)]
    public void A_line_is_rounded_once_half_to_even(long price, long grams, long minor) =>
        Assert.Equal(minor, new UnitPrice(price, "KZT", "KGM").Of(new Quantity(grams / (price == 10_000 ? 10 : 1), "GRM")).Minor);

    private static (List<ReceivedPart> Parts, List<PromiseCard> Promises) Received((int Line, long Price, long Accepted, long Rejected)[] rows)
    {
        var (parts, promises) = (new List<ReceivedPart>(), new List<PromiseCard>());
        foreach (var (line, price, accepted, rejected) in rows)
        {
            var (promise, lot, household) = (PromiseId.New(), LotId.New(), HouseholdId.New());
            promises.Add(new PromiseCard(promise, Order, Lines[line], lot, household, ProductCode.From("potato"), 0, accepted + rejected, "GRM",
                new UnitPrice(price, "KZT", "KGM"), 10, true));
            parts.Add(new ReceivedPart(Receipt, promise, Lines[line], lot, household, accepted + rejected, accepted, rejected, "GRM"));
        }

        return (parts, promises);
    }
}
