using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Oversight.Funnels;

/// <summary>The chain of one territory.</summary>
public static class SeeFunnel
{
    internal static void Map(RouteGroupBuilder territories) => territories.MapGet("/{code}/funnel", Handle).WithName("seeFunnel")
        .Requires(Role.OkrugAkim, Role.DistrictOfficer, Role.ProjectOfficer, Role.Auditor, Role.PlatformAdministrator);

    /// <summary>See where the way from production to payment breaks in a territory.</summary>
    /// <remarks>
    /// 404 `not-found` for an unknown territory, or for an akim outside the own one. 400 `bad-period`. 409 `outside-duty` when a period or
    /// product is asked of a territory outside one's duty; there, figures of fewer than five households are suppressed.
    /// </remarks>
    /// <param name="code">The territory; everything below it is counted.</param>
    /// <param name="from">First day (UTC) the step was reached.</param>
    /// <param name="to">Last day (UTC).</param>
    /// <param name="product">One product only.</param>
    public static async Task<Results<Ok<TerritoryFunnel>, ProblemHttpResult>> Handle(
        TerritoryCode code, Database database, ITerritories territories, CancellationToken cancel, DateOnly? from = null, DateOnly? to = null,
        ProductCode? product = null) =>
        Answer.Ok(await See(code, new FunnelPeriod(from, to, product), database, territories, cancel));

    internal static async Task<Outcome<TerritoryFunnel>> See(
        TerritoryCode code, FunnelPeriod period, Database database, ITerritories territories, CancellationToken cancel)
    {
        var view = await FunnelView.Open(code, period, database, territories, cancel);
        if (view.Refusal is { } refusal)
        {
            return refusal;
        }

        var place = view.Value!.Place;
        var figures = (await FunnelFigures.Of(database, place, place.Level, period, cancel)).GetValueOrDefault(place.Code.Value) ?? FunnelFigures.Empty;
        return new TerritoryFunnel(place.Code, place.NameKk, place.NameRu, FunnelFigures.Hide(figures, view.Value.Hidden.Contains));
    }
}
