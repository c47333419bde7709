using Marketplace.Catalogue.Words;
using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Catalogue.Offers;

/// <summary>Offers are found under the territories of today.</summary>
internal sealed class MoveOffersWhenMerged(Database database, ITerritories territories) : ISubscriber<TerritoriesMerged>
{
    public async Task When(TerritoriesMerged happened, Envelope envelope, CancellationToken cancel)
    {
        var villages = await database.List<TerritoryCode>($"""
            select distinct village from catalogue.offer where {happened.From} in (oblast, district, okrug, village)
            """, cancel);
        foreach (var village in villages)
        {
            var place = await OfferPlace.Of(territories, village, cancel);
            await database.Execute($"""
                update catalogue.offer set oblast = {place.Oblast}, district = {place.District}, okrug = {place.Okrug} where village = {village}
                """, cancel);
            await WordList.Learn(database, [], place.Named, cancel);
        }
    }
}
