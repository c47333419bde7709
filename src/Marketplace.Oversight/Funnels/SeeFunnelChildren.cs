using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Oversight.Funnels;

/// <summary>The chains of the territories one level below.</summary>
/// <param name="Items">Those where anything happened, in order of their codes.</param>
public sealed record TerritoryFunnels(IReadOnlyList<TerritoryFunnel> Items);

/// <summary>The chain, one level below a territory.</summary>
public static class SeeFunnelChildren
{
    internal static void Map(RouteGroupBuilder territories) => territories.MapGet("/{code}/funnel/children", Handle).WithName("listFunnelChildren")
        .Requires(Role.OkrugAkim, Role.DistrictOfficer, Role.ProjectOfficer, Role.Auditor, Role.PlatformAdministrator);

    /// <summary>Compare the territories one level below a territory.</summary>
    /// <remarks>As `seeFunnel`; outside one's duty so much is suppressed that no hidden figure follows from the territory's own and the shown ones.</remarks>
    /// <param name="code">The territory above.</param>
    /// <param name="from">First day (UTC) the step was reached.</param>
    /// <param name="to">Last day (UTC).</param>
    /// <param name="product">One product only.</param>
    public static async Task<Results<Ok<TerritoryFunnels>, ProblemHttpResult>> Handle(
        TerritoryCode code, Database database, ITerritories territories, CancellationToken cancel, DateOnly? from = null, DateOnly? to = null,
        ProductCode? product = null) =>
        Answer.Ok(await See(code, new FunnelPeriod(from, to, product), database, territories, cancel));

    internal static async Task<Outcome<TerritoryFunnels>> See(
        TerritoryCode code, FunnelPeriod period, Database database, ITerritories territories, CancellationToken cancel)
    {
        var view = await FunnelView.Open(code, period, database, territories, cancel);
        if (view.Refusal is { } refusal)
        {
            return refusal;
        }

        var place = view.Value!.Place;
        if (place.Level == TerritoryLevel.Village)
        {
            return new TerritoryFunnels([]);
        }

        var below = place.Level + 1;
        var parts = await FunnelFigures.Of(database, place, below, period, cancel);
        var hidden = view.Value.Duty == Duty.Own
            ? Enumerable.Empty<(ChainStep Step, string Part)>().ToHashSet()
            : await FunnelView.HiddenParts(database, place, below, cancel);

        // A town is its own and only part: the level below repeats it.
        var places = await territories.Places([.. parts.Keys.Where(part => part != place.Code.Value).Select(TerritoryCode.From)], cancel);
        return new TerritoryFunnels([.. places.Values.OrderBy(one => one.Code.Value, StringComparer.Ordinal).Select(one => new TerritoryFunnel(
            one.Code, one.NameKk, one.NameRu,
            FunnelFigures.Hide(parts[one.Code.Value], step => view.Value.Hidden.Contains(step) || hidden.Contains((step, one.Code.Value)))))]);
    }
}
