using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Settlement.Payouts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Settlement.Statements;

/// <summary>What a household earned and got.</summary>
/// <param name="Balances">Per currency: what the ledger owes it.</param>
/// <param name="Lots">What it sold, newest first.</param>
/// <param name="Next">The cursor of the next page of lots; absent on the last one.</param>
public sealed record HouseholdStatement(IReadOnlyList<HouseholdBalance> Balances, IReadOnlyList<HouseholdStatementLine> Lots, string? Next);

/// <summary>What the ledger owes a household in one currency.</summary>
/// <param name="Waiting">Earned; waits for the buyer's payment.</param>
/// <param name="Due">Paid by the buyer; waits for the payout.</param>
public sealed record HouseholdBalance(Money Waiting, Money Due);

/// <summary>A lot, or part of one, on a household's statement.</summary>
/// <param name="Lot">The lot.</param>
/// <param name="Invoice">The invoice's number.</param>
/// <param name="SoldOn">Date of the invoice.</param>
/// <param name="Product">What.</param>
/// <param name="Quantity">Accepted by the buyer.</param>
/// <param name="Price">What the chain pays for a unit.</param>
/// <param name="Gross">What the chain pays for this quantity.</param>
/// <param name="Fee">The applicant of record's fee.</param>
/// <param name="Net">What the household gets.</param>
/// <param name="ShareBasisPoints">The household's share of the chain's price, in 1/10,000, rounded half to even; 9,500 is 95 %.</param>
/// <param name="State"><c>waiting</c> for the buyer, <c>due</c>, or <c>paid</c>.</param>
public sealed record HouseholdStatementLine(
    LotId Lot, string Invoice, DateOnly SoldOn, ProductCode Product, Quantity Quantity, UnitPrice Price, Money Gross, Money Fee, Money Net,
    int ShareBasisPoints, string State);

/// <summary>GET /v1/households/{id}/statement.</summary>
public static class ReadHouseholdStatement
{
    internal static void Map(RouteGroupBuilder households) =>
        households.MapGet("/{id}/statement", Handle).WithName("readHouseholdStatement").RequiresSignIn();

    /// <summary>Read a household's statement.</summary>
    /// <remarks>By a member, or by somebody who may act for it now; 404 `not-found` for anybody else. 400 `bad-cursor`.</remarks>
    /// <param name="limit">At most this many lots; 1 to 200, default 50.</param>
    /// <param name="cursor">Where the last page ended.</param>
    public static async Task<Results<Ok<HouseholdStatement>, ProblemHttpResult>> Handle(
        HouseholdId id, HttpContext http, Database database, IHouseholds households, Cursors cursors, CancellationToken cancel,
        [Range(1, Cursors.MostItems)] int limit = 50, string? cursor = null)
    {
        var query = $"statement {id}";
        string[]? after = null;
        if (cursor is not null && (after = cursors.Read(query, cursor)) is not [_, _])
        {
            return Problems.From(Cursors.Bad);
        }

        var allowed = await households.ToActFor(id, cancel);
        if (allowed.Refusal is { } refusal)
        {
            return Problems.From(refusal);
        }

        var balances = await Balances(id, database, cancel);
        var rows = await Lots(id, after, limit + 1, database, cancel);
        var page = cursors.Cut(http, rows, limit, query, row => [row.InvoiceId.Value.ToString(), row.PromiseId.Value.ToString()]);
        return TypedResults.Ok(new HouseholdStatement(balances, [.. page.Items.Select(row => row.Line())], page.Next));
    }

    private static async Task<List<HouseholdBalance>> Balances(HouseholdId household, Database database, CancellationToken cancel)
    {
        // Credits are negative in the ledger: what is owed to the household is shown to it as a positive amount.
        var rows = await database.List<Balance>($"""
            select a.currency, coalesce(-sum(e.amount) filter (where a.purpose = 'household_hold'), 0)::bigint as waiting,
                   coalesce(-sum(e.amount) filter (where a.purpose = 'household_payable'), 0)::bigint as due
              from settlement.account a join settlement.entry e on e.account_id = a.id
             where a.party_kind = 'household' and a.party_id = {household}
             group by a.currency order by a.currency
            """, cancel);
        return [.. rows.Select(row => new HouseholdBalance(new Money(row.Waiting, row.Currency), new Money(row.Due, row.Currency)))];
    }

    private static Task<List<Row>> Lots(HouseholdId household, string[]? after, int most, Database database, CancellationToken cancel)
    {
        var from = after is [var invoice, var promise]
            ? Sql.Of($"and (p.invoice_id, p.promise_id) < ({Guid.Parse(invoice)}, {Guid.Parse(promise)})")
            : Sql.Of($"");
        return database.List<Row>($"""
            select p.invoice_id, p.promise_id, p.lot_id, i.number, i.issued_on, l.product_code, p.quantity, l.unit, l.price_ten_thousandths, l.per,
                   i.currency, p.gross, p.fee, p.net, coalesce(o.stage in ('executed', 'cash'), false) as paid, o.id is not null as due
              from settlement.invoice_part p
              join settlement.invoice i on i.id = p.invoice_id
              join settlement.invoice_line l on l.invoice_id = p.invoice_id and l.ordinal = p.line
              left join settlement.payout o on o.invoice_id = p.invoice_id and o.household_id = p.household_id
             where p.household_id = {household} {from}
             order by p.invoice_id desc, p.promise_id desc limit {most}
            """, cancel);
    }

    private sealed record Balance(string Currency, long Waiting, long Due);

    private sealed record Row(
        InvoiceId InvoiceId, PromiseId PromiseId, LotId LotId, string Number, DateOnly IssuedOn, ProductCode ProductCode, long Quantity, string Unit,
        long PriceTenThousandths, string Per, string Currency, long Gross, long Fee, long Net, bool Paid, bool Due)
    {
        public HouseholdStatementLine Line() => new(
            LotId, Number, IssuedOn, ProductCode, new Quantity(Quantity, Unit), new UnitPrice(PriceTenThousandths, Currency, Per),
            new Money(Gross, Currency), new Money(Fee, Currency), new Money(Net, Currency),
            Gross == 0 ? 10_000 : (int)Rounding.HalfEven((Int128)Net * 10_000, Gross), Paid ? "paid" : Due ? "due" : "waiting");
    }
}
