using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Catalogue.Offers;

/// <summary>Keeps the price that offers are sorted and filtered by; the price that is shown is read live.</summary>
internal sealed class RepriceWhenLotPriced(Database database, ILots lots) : ISubscriber<LotPriced>
{
    public async Task When(LotPriced happened, Envelope envelope, CancellationToken cancel)
    {
        // The price of now, not of the event: deliveries have no order, and the last one must not bring an older price back.
        var price = (await lots.Of([happened.Lot], cancel))[happened.Lot].Price;
        await database.Execute($"""
            update catalogue.offer set price_ten_thousandths = {price?.TenThousandths}, currency = {price?.Currency}, per = {price?.Per}
             where lot_id = {happened.Lot}
            """, cancel);
    }
}
