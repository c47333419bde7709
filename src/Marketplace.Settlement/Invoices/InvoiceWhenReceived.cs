using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Settlement.Ledger;

namespace Marketplace.Settlement.Invoices;

/// <summary>Issues the invoice on what the buyer accepted, and books what it owes to whom.</summary>
/// <remarks>
/// A rejected quantity is nobody's claim: its loss stays with the lot it was found in, the rule frozen for every order of this version.
/// A receipt rejected whole makes no invoice.
/// </remarks>
internal sealed class InvoiceWhenReceived(Database database, IReceipts receipts, IOrders orders, IOrganisations organisations) : ISubscriber<ReceiptRecorded>
{
    public async Task When(ReceiptRecorded happened, Envelope envelope, CancellationToken cancel)
    {
        if (await database.Value<bool?>($"select true from settlement.invoice where receipt_id = {happened.Receipt}", cancel) == true)
        {
            return;
        }

        var order = await orders.Find(happened.Order, cancel)
            ?? throw new InvalidOperationException($"Order {happened.Order} of receipt {happened.Receipt} is not there.");
        var seller = (await organisations.Of([order.Applicant], cancel))[order.Applicant];
        var draft = InvoiceDraft.Of(
            await receipts.PartsOf(happened.Receipt, cancel), await orders.PromisesOf(happened.Order, cancel), seller.FeeBasisPoints);
        if (draft is null)
        {
            return;
        }

        var invoice = InvoiceId.New();
        await Write(invoice, happened.Receipt, order, seller, draft, cancel);
        var posted = await Transfer.Of(order.Applicant, "invoice", invoice.Value,
            [
                Posting.Of(order.Buyer, Purpose.BuyerReceivable, draft.Total),
                Posting.Of(order.Applicant, Purpose.ApplicantFee, Negative(draft.Fee)),
                .. draft.Parts.Select(part => Posting.Of(part.Household, Purpose.HouseholdHold, Negative(part.Net))),
            ]).Post(database, cancel);
        if (posted is not null)
        {
            throw new RefusedException(posted);
        }

        // An order delivered in several consignments has moved on with its first invoice: the refusal of the others changes nothing here.
        await orders.Advance(happened.Order, "invoice", cancel);
    }

    private async Task Write(InvoiceId invoice, ReceiptId receipt, OrderCard order, OrganisationCard seller, InvoiceDraft draft, CancellationToken cancel)
    {
        var issued = Event.Text(new InvoiceIssued(invoice, order.Id, draft.Total));
        await database.Execute($"""
            with counted as (
                insert into settlement.invoice_counter as c (seller_id, year, last) values ({order.Applicant}, extract(year from settlement.today())::int, 1)
                    on conflict (tenant_id, seller_id, year) do update set last = c.last + 1
                    returning year, last),
            made as (
                insert into settlement.invoice (id, number, seller_id, buyer_id, order_id, order_number, receipt_id, currency, total,
                       fee_basis_points, fee, issued_on, due_on)
                select {invoice}, 'INV-' || year || '-' || lpad(last::text, greatest(6, length(last::text)), '0'), {order.Applicant}, {order.Buyer},
                       {order.Id}, {order.Number}, {receipt}, {draft.Total.Currency}, {draft.Total.Minor}, {seller.FeeBasisPoints},
                       {draft.Fee.Minor}, settlement.today(), settlement.today() + {order.PaymentTermDays}
                  from counted returning id)
            select kernel.append(id, {nameof(InvoiceIssued)}, {issued}) from made
            """, cancel);
        await database.Execute($"""
            insert into settlement.invoice_line (invoice_id, ordinal, order_line, product_code, quantity, unit, price_ten_thousandths, per, amount)
            select {invoice}, * from unnest({draft.Lines.Select(line => line.Ordinal).ToArray()}, {draft.Lines.Select(line => line.OrderLine.Value).ToArray()},
                {draft.Lines.Select(line => line.Product.Value).ToArray()}, {draft.Lines.Select(line => line.Quantity.Amount).ToArray()},
                {draft.Lines.Select(line => line.Quantity.Unit).ToArray()}, {draft.Lines.Select(line => line.Price.TenThousandths).ToArray()},
                {draft.Lines.Select(line => line.Price.Per).ToArray()}, {draft.Lines.Select(line => line.Amount.Minor).ToArray()})
            """, cancel);
        await database.Execute($"""
            insert into settlement.invoice_part (invoice_id, line, promise_id, lot_id, household_id, quantity, gross, fee)
            select {invoice}, * from unnest({draft.Parts.Select(part => part.Line).ToArray()}, {draft.Parts.Select(part => part.Promise.Value).ToArray()},
                {draft.Parts.Select(part => part.Lot.Value).ToArray()}, {draft.Parts.Select(part => part.Household.Value).ToArray()},
                {draft.Parts.Select(part => part.Amount).ToArray()}, {draft.Parts.Select(part => part.Gross.Minor).ToArray()},
                {draft.Parts.Select(part => part.Fee.Minor).ToArray()})
            """, cancel);
    }

    private static Money Negative(Money money) => money with { Minor = -money.Minor };
}
