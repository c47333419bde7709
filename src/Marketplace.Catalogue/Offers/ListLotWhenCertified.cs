using Marketplace.Catalogue.Words;
using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Catalogue.Offers;

/// <summary>Makes a certified lot visible and teaches the word list its names.</summary>
internal sealed class ListLotWhenCertified(Database database, ILots lots, IProducts products, ITerritories territories, IHouseholds households)
    : ISubscriber<CertificateIssued>
{
    public async Task When(CertificateIssued happened, Envelope envelope, CancellationToken cancel)
    {
        var lot = (await lots.Of([happened.Lot], cancel))[happened.Lot];
        var product = (await products.Of([lot.Product], cancel))[lot.Product];
        var household = (await households.Of([lot.Household], cancel))[lot.Household];
        var place = await OfferPlace.Of(territories, lot.Village, cancel);

        // A second certificate renews the offer; only a lot that was not visible before becomes so.
        var listed = new LotListed(lot.Id, happened.Quantity, lot.Price);
        await database.Execute($"""
            with before as (select listed from catalogue.offer where lot_id = {lot.Id}),
            put as (
                insert into catalogue.offer (lot_id, household_number, product_code, category, scheme, certificate_id, certificate_serial,
                        country, oblast, district, okrug, village, price_ten_thousandths, currency, per, ready_on, expires_on)
                values ({lot.Id}, {household.Number}, {product.Code}, {product.RuleGroup}, {happened.Scheme}, {happened.Certificate}, {happened.Serial},
                        {place.Country}, {place.Oblast}, {place.District}, {place.Okrug}, {place.Village},
                        {lot.Price?.TenThousandths}, {lot.Price?.Currency}, {lot.Price?.Per}, {lot.ReadyOn}, {lot.ExpiresOn})
                    on conflict (lot_id) do update set scheme = excluded.scheme, certificate_id = excluded.certificate_id,
                        certificate_serial = excluded.certificate_serial, listed = true
                returning lot_id)
            select kernel.append(lot_id, {nameof(LotListed)}, {Event.Text(listed)}) from put
             where not exists (select 1 from before where listed)
            """, cancel);
        await WordList.Learn(database, [product], place.Named, cancel);
    }
}
