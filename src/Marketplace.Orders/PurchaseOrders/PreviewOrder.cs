using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Orders.Allocations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Orders.PurchaseOrders;

/// <summary>What would come of an order if it were placed now, every household agreeing.</summary>
/// <param name="CoveragePercent">Share of the wanted goods value at the highest prices, rounded down.</param>
/// <param name="Goods">What the goods would cost at the lots' own prices; without transport and fixed costs.</param>
/// <param name="Lots">How many lots would be asked for.</param>
/// <param name="Households">How many households would be asked; each agrees or not.</param>
/// <param name="Villages">Where they are, most first; at most 100.</param>
/// <param name="Lines">Line by line.</param>
public sealed record OrderPreview(
    int CoveragePercent, Money Goods, int Lots, int Households, IReadOnlyList<PreviewVillage> Villages, IReadOnlyList<PreviewLine> Lines);

/// <summary>A village of a preview.</summary>
/// <param name="Village">Its code.</param>
/// <param name="Households">How many of its households would be asked.</param>
/// <param name="Kilometres">By road to the first line's place, estimated; absent where it is not known.</param>
public sealed record PreviewVillage(TerritoryCode Village, int Households, int? Kilometres);

/// <summary>A line of a preview.</summary>
/// <param name="Position">1, 2, 3 … as drafted.</param>
/// <param name="Covered">What could be served now.</param>
/// <param name="Missing">What could not.</param>
/// <param name="AveragePrice">Of what is covered, per trading unit; absent when nothing is.</param>
/// <param name="ReadyOn">The day the last lot of it is ready; absent when nothing is covered.</param>
/// <param name="LeftOut">Why lots of the product are not in it: how many, how much, and the reason, most first.</param>
public sealed record PreviewLine(
    int Position, Quantity Covered, Quantity Missing, UnitPrice? AveragePrice, DateOnly? ReadyOn, IReadOnlyList<PreviewLeftOut> LeftOut);

/// <summary>Lots that a preview leaves out for one reason.</summary>
/// <param name="Reason">As in an order's allocation.</param>
/// <param name="Lots">How many lots.</param>
/// <param name="Quantity">What they have.</param>
public sealed record PreviewLeftOut(string Reason, int Lots, Quantity Quantity);

/// <summary>POST /v1/order-previews.</summary>
public static class PreviewOrder
{
    internal static void Map(RouteGroupBuilder previews) => previews.MapPost("", Handle).WithName("previewOrder").Requires(Role.RetailBuyer);

    /// <summary>Ask what an order would bring before it is drafted: coverage, price, days, villages, and what is missing.</summary>
    /// <remarks>Nothing is reserved and nobody is asked; an order placed later may find less. 400 as <c>POST /v1/orders</c>; 409
    /// <c>no-organisation</c> for a buyer of no chain.</remarks>
    public static async Task<Results<Ok<OrderPreview>, ProblemHttpResult>> Handle(
        OrderDraft draft, Database database, DraftTerms terms, OrderPreviews previews, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentNullException.ThrowIfNull(previews);
        if (database.Actor.Organisation is null)
        {
            return Problems.From(new Refusal("no-organisation", "Only people of a chain can order."));
        }

        var checkedTerms = await terms.Check(draft, cancel);
        return checkedTerms.Refusal is { } refusal ? Problems.From(refusal) : TypedResults.Ok(await previews.Of(draft, cancel));
    }
}

/// <summary>Plans a draft over the supply of this moment.</summary>
public sealed class OrderPreviews
{
    private readonly Database database;
    private readonly SupplyNow supplies;
    private readonly TimeProvider time;

    internal OrderPreviews(Database database, SupplyNow supplies, TimeProvider time) => (this.database, this.supplies, this.time) = (database, supplies, time);

    internal async Task<OrderPreview> Of(OrderDraft draft, CancellationToken cancel)
    {
        var lines = draft.Lines.Select(line => new MissingLine(OrderLineId.New(), line.Product, line.Quantity.Amount, line.Quantity.Unit,
            line.MaxPrice.TenThousandths, line.MaxPrice.Per, line.WindowTo, line.DeliveryTerritory, line.MinRemainingShelfLifeDays,
            string.Join(',', (line.AcceptedTerritories ?? []).Select(code => code.Value)), line.Quantity.Amount, 0)).ToList();
        var rule = await Rule.InForce(time.GetUtcNow(), draft.Currency, database, cancel);
        var supply = await supplies.For(PurchaseOrderId.New(), draft.Currency, lines, rule.MemoryWeeks, cancel);
        var plan = Allocation.Plan(PlanInput.Of(Guid.Empty, supplies.Today, lines, supply, rule));
        var lots = supply.Lots.ToDictionary(one => one.Lot.Lot.Value);
        var taken = plan.Taken.Select(part => (part.Line, Of: lots[part.Lot].Lot, part.Amount)).ToList();
        var (wanted, covered) = (lines.Sum(line => Value(line.Amount, line)), lines.Sum(line => Value(line.Amount - plan.Unserved[line.Id.Value], line)));
        return new OrderPreview(
            wanted == 0 ? 0 : (int)(covered * 100 / wanted), new Money((long)decimal.Round(taken.Sum(part => Cost(part.Of, part.Amount)) * 100), draft.Currency),
            taken.Select(part => part.Of.Lot).Distinct().Count(), taken.Select(part => part.Of.Household).Distinct().Count(),
            [.. taken.GroupBy(part => part.Of.Village).Select(village => new PreviewVillage(village.Key, village.Select(part => part.Of.Household).Distinct().Count(),
                supply.Kilometres.TryGetValue((village.Key.Value, lines[0].To.Value), out var far) ? far : null))
                .OrderByDescending(village => village.Households).ThenBy(village => village.Village.Value, StringComparer.Ordinal).Take(100)],
            [.. lines.Select((line, at) => Line(at + 1, line, draft.Currency, plan, [.. taken.Where(part => part.Line == line.Id.Value)], lots))]);
    }

    private static PreviewLine Line(
        int position, MissingLine line, string currency, AllocationPlan plan, List<(Guid Line, SellableLot Of, long Amount)> taken,
        Dictionary<Guid, Candidate> lots)
    {
        var covered = line.Amount - plan.Unserved[line.Id.Value];
        var trading = Units.Trading(line.Unit);
        return new PreviewLine(position, new Quantity(covered, line.Unit), new Quantity(plan.Unserved[line.Id.Value], line.Unit),
            covered == 0 ? null : new UnitPrice(
                (long)decimal.Round(taken.Sum(part => Cost(part.Of, part.Amount)) * 10_000 * trading.Steps / covered), currency, trading.Code),
            taken.Count == 0 ? null : taken.Max(part => part.Of.ReadyOn),
            [.. plan.LeftOut.Where(pair => lots[pair.Key].Lot is var lot && lot.Product == line.Product && lot.Unit == line.Unit).GroupBy(pair => pair.Value.Reason)
                .Select(reason => new PreviewLeftOut(reason.Key, reason.Count(), new Quantity(reason.Sum(pair => lots[pair.Key].Lot.Available), line.Unit)))
                .OrderByDescending(reason => reason.Quantity.Amount).ThenBy(reason => reason.Reason, StringComparer.Ordinal)]);
    }

    /// <summary>What a part of a lot costs, in the currency unit.</summary>
    private static decimal Cost(SellableLot lot, long amount) => lot.Price!.Value / 10_000m * amount / Units.Find(lot.Per!)!.Steps;

    private static decimal Value(long amount, MissingLine line) => (decimal)line.MaxPrice * amount / Units.Find(line.Per)!.Steps;
}
