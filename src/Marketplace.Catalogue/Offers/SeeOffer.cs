using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Catalogue.Offers;

/// <summary>One offer.</summary>
public static class SeeOffer
{
    internal static void Map(RouteGroupBuilder offers) => offers.MapGet("/{lot}", Handle).WithName("seeOffer").Anyone();

    /// <summary>See one offer.</summary>
    /// <remarks>404 `not-found` when the lot is not live-certified, held, sold out or unknown: there is nothing to buy.</remarks>
    /// <param name="lot">The lot.</param>
    public static async Task<Results<Ok<Offer>, ProblemHttpResult>> Handle(LotId lot, Database database, CancellationToken cancel) =>
        Answer.Ok(await See(lot, database, cancel));

    internal static async Task<Outcome<Offer>> See(LotId lot, Database database, CancellationToken cancel)
    {
        var row = await database.Find<OfferRow>($"""
            select {OfferRow.Columns}, 0 as score, '' as key from {OfferRow.Joined} where {OfferRow.Live} and o.lot_id = {lot}
            """, cancel);
        return row is null ? Refusal.NotFound : row.Offer;
    }
}
