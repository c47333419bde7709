using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Settlement.Invoices;

/// <summary>Where an invoice stands.</summary>
[DatabaseEnum("settlement.invoice_stage")]
public enum InvoiceStage
{
    /// <summary>Issued; not paid, or in part.</summary>
    Issued,

    /// <summary>Paid in full.</summary>
    Paid,
}

/// <summary>An invoice on received goods, as a payment sees it.</summary>
internal sealed record Invoice(
    InvoiceId Id, string Number, OrganisationId SellerId, OrganisationId BuyerId, PurchaseOrderId OrderId, string Currency, long Total, long Paid,
    InvoiceStage Stage)
{
    public Money Open => new(Total - Paid, Currency);

    /// <summary>The invoice, locked together with the others of its order and in id order, so that of two last payments one sees the other.</summary>
    public static async Task<Invoice?> Lock(InvoiceId invoice, Database database, CancellationToken cancel)
    {
        await database.Execute($"""
            select from settlement.invoice where order_id = (select order_id from settlement.invoice where id = {invoice}) order by id for update
            """, cancel);
        return await database.Find<Invoice>($"""
            select id, number, seller_id, buyer_id, order_id, currency, total, paid, stage from settlement.invoice where id = {invoice}
            """, cancel);
    }
}
