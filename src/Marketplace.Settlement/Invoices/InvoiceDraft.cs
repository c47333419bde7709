using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Settlement.Invoices;

/// <summary>What an invoice will say, computed from what was accepted: pure, and exact to the last tiyin.</summary>
/// <param name="Lines">One per order line and price.</param>
/// <param name="Parts">One per promise: what each household earns.</param>
/// <param name="Total">Sum of the lines.</param>
/// <param name="Fee">The applicant's fee on the total; the parts' fees sum to it.</param>
internal sealed record InvoiceDraft(IReadOnlyList<DraftLine> Lines, IReadOnlyList<DraftPart> Parts, Money Total, Money Fee)
{
    /// <summary>
    /// The draft for a receipt, or null when there is nothing to pay: a receipt that was rejected whole makes no invoice, and neither does
    /// a total that rounds to zero.
    /// </summary>
    /// <param name="received">The parts of the receipt.</param>
    /// <param name="promises">The order's promises with their frozen prices.</param>
    /// <param name="feeBasisPoints">The applicant's fee.</param>
    public static InvoiceDraft? Of(IEnumerable<ReceivedPart> received, IEnumerable<PromiseCard> promises, int feeBasisPoints)
    {
        var terms = promises.ToDictionary(promise => promise.Id);
        var accepted = received.GroupBy(part => part.Promise)
            .Select(same => (Promise: terms[same.Key], Amount: same.Sum(part => part.Accepted)))
            .Where(part => part.Amount > 0)
            .ToList();

        // A price that mixes currencies cannot be summed: Money refuses it, and the order's currency is one by its own rule.
        var lines = accepted.GroupBy(part => (part.Promise.Line, part.Promise.Product, part.Promise.Unit, part.Promise.Price))
            .OrderBy(line => line.Key.Line.Value).ThenBy(line => line.Key.Price.TenThousandths)
            .Select((line, at) =>
            {
                var quantity = new Quantity(line.Sum(part => part.Amount), line.Key.Unit);
                return (Line: new DraftLine(at + 1, line.Key.Line, line.Key.Product, quantity, line.Key.Price, line.Key.Price.Of(quantity)),
                    Members: line.OrderBy(part => part.Promise.Id.Value).ToList());
            })
            .ToList();
        if (lines.Count == 0)
        {
            return null;
        }

        var total = lines.Select(line => line.Line.Amount).Aggregate((sum, amount) => sum + amount);
        if (total.Minor == 0)
        {
            return null;
        }

        // Rounded once per document line; each household's share is a largest-remainder part, so nothing is lost or made up.
        var shares = lines.SelectMany(line => line.Members.Zip(line.Line.Amount.Split([.. line.Members.Select(member => member.Amount)]),
            (member, gross) => (line.Line.Ordinal, member.Promise, member.Amount, Gross: gross))).ToList();
        var fee = total.Share(feeBasisPoints);
        var parts = shares.Zip(fee.Split([.. shares.Select(share => share.Gross.Minor)]), (share, its) => new DraftPart(
            share.Ordinal, share.Promise.Id, share.Promise.Lot, share.Promise.Household, share.Amount, share.Gross, its)).ToList();
        return new InvoiceDraft([.. lines.Select(line => line.Line)], parts, total, fee);
    }
}

/// <summary>A line of a draft.</summary>
internal sealed record DraftLine(int Ordinal, OrderLineId OrderLine, ProductCode Product, Quantity Quantity, UnitPrice Price, Money Amount);

/// <summary>A household's part of a line.</summary>
internal sealed record DraftPart(int Line, PromiseId Promise, LotId Lot, HouseholdId Household, long Amount, Money Gross, Money Fee)
{
    public Money Net => Gross - Fee;
}
