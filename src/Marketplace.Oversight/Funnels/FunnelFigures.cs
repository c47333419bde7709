using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Oversight.Funnels;

/// <summary>The chain of one territory.</summary>
/// <param name="Territory">The territory.</param>
/// <param name="NameKk">Name in the state language.</param>
/// <param name="NameRu">Name in Russian.</param>
/// <param name="Steps">The nine steps, in the order of the chain.</param>
public sealed record TerritoryFunnel(TerritoryCode Territory, string NameKk, string NameRu, IReadOnlyList<FunnelStep> Steps);

/// <summary>One step of the chain.</summary>
/// <param name="Step">The step.</param>
/// <param name="Suppressed">True when the figures are hidden, because they are of fewer than five households or would give such figures away.</param>
/// <param name="Households">Households that reached the step; absent when suppressed.</param>
/// <param name="Lots">Lots that reached it; absent when suppressed.</param>
/// <param name="Quantities">Their quantity, per unit; empty when suppressed.</param>
/// <param name="Values">Their value: quantity × asking or frozen price where one is known, what was paid in the last step; empty when suppressed.</param>
/// <param name="MedianDays">Median days since the step before, per lot; absent when there is no step before, or suppressed.</param>
public sealed record FunnelStep(
    ChainStep Step, bool Suppressed, int? Households, int? Lots, IReadOnlyList<Quantity> Quantities, IReadOnlyList<Money> Values, double? MedianDays);

/// <summary>What of the chain is counted.</summary>
/// <param name="From">First day, or null for the beginning.</param>
/// <param name="To">Last day, or null for today.</param>
/// <param name="Product">One product only, or null; registrations are counted all the same.</param>
internal sealed record FunnelPeriod(DateOnly? From, DateOnly? To, ProductCode? Product)
{
    public static readonly Refusal Bad = Refusal.Invalid("#/query/from", "bad-period", "The first day lies before the last, both between 2000 and 2199.");

    /// <summary>Sums of differing periods or products could be subtracted from one another: outside one's duty there is one sum only.</summary>
    public static readonly Refusal OutsideDuty = new("outside-duty", "Outside your own duty only figures of all products and the whole time are shown.");

    public bool Whole => From is null && To is null && Product is null;

    public bool Sane => !(From > To) && Known(From) && Known(To);

    private static bool Known(DateOnly? day) => day is null or { Year: >= 2000 and < 2200 };
}

/// <summary>Counts facts.</summary>
internal static class FunnelFigures
{
    /// <summary>The column that holds a level's code.</summary>
    public static Sql Column(TerritoryLevel level) => level switch
    {
        TerritoryLevel.Country => Sql.Of($"country"),
        TerritoryLevel.Oblast => Sql.Of($"oblast"),
        TerritoryLevel.District => Sql.Of($"district"),
        TerritoryLevel.Okrug => Sql.Of($"okrug"),
        _ => Sql.Of($"village"),
    };

    /// <summary>The steps inside a territory, divided by a level; parts without facts are absent.</summary>
    /// <param name="database">The unit of work.</param>
    /// <param name="within">The territory.</param>
    /// <param name="level">The level to divide by; the territory's own for the whole.</param>
    /// <param name="period">What is counted.</param>
    public static async Task<Dictionary<string, IReadOnlyList<FunnelStep>>> Of(
        Database database, TerritoryPlace within, TerritoryLevel level, FunnelPeriod period, CancellationToken cancel)
    {
        var inside = Sql.Of($"{Column(within.Level)} = {within.Code}");
        if (period.Product is { } product)
        {
            inside = Sql.Of($"{inside} and (product_code = {product} or step = 'registered')");
        }

        var sums = await database.List<Sum>($"""
            select {Column(level)} as part, step, unit, currency, grouping(unit, currency) as kind, count(distinct household_id)::int as households,
                   count(distinct lot_id)::int as lots, sum(quantity)::bigint as quantity, sum(value_minor)::bigint as worth
              from oversight.chain_step
             where {inside} {During(period, Sql.Of($"happened_at"))}
             group by grouping sets ((1, 2), (1, 2, unit), (1, 2, currency))
            """, cancel);

        // Waiting is measured between the first times a lot reached two steps, whichever period the earlier one lies in.
        var waits = await database.List<Wait>($"""
            with first as (
                select {Column(level)} as part, step, household_id, lot_id, min(happened_at) as at
                  from oversight.chain_step where {inside} group by 1, 2, 3, 4),
            waited as (
                select lot.part, lot.step, lot.at, lot.at - coalesce(lag(lot.at) over (partition by lot.lot_id order by lot.step),
                       case when lot.step = 'declared' then registered.at end) as time
                  from first lot left join first registered on registered.household_id = lot.household_id and registered.step = 'registered'
                 where lot.step <> 'registered')
            select part, step, percentile_cont(0.5) within group (order by greatest(extract(epoch from time), 0) / 86400)::float8 as days
              from waited where time is not null {During(period, Sql.Of($"at"))} group by 1, 2
            """, cancel);
        var days = waits.ToDictionary(wait => (wait.Part, wait.Step), wait => wait.Days);
        return sums.GroupBy(sum => sum.Part).ToDictionary(part => part.Key, part => Steps(
            part.ToLookup(sum => sum.Step), step => days.TryGetValue((part.Key, step), out var median) ? median : null));
    }

    /// <summary>Households of each part of a territory, by step: what suppression looks at.</summary>
    public static async Task<ILookup<ChainStep, (string Part, int Households)>> Households(
        Database database, TerritoryPlace within, TerritoryLevel level, CancellationToken cancel) =>
        (await database.List<Heads>($"""
            select {Column(level)} as part, step, count(distinct household_id)::int as households
              from oversight.chain_step where {Column(within.Level)} = {within.Code} group by 1, 2
            """, cancel)).ToLookup(one => one.Step, one => (one.Part, one.Households));

    /// <summary>A funnel in which nothing happened yet.</summary>
    public static IReadOnlyList<FunnelStep> Empty => Steps(Enumerable.Empty<Sum>().ToLookup(sum => sum.Step), _ => null);

    /// <summary>Takes the figures of some steps away.</summary>
    public static IReadOnlyList<FunnelStep> Hide(IReadOnlyList<FunnelStep> steps, Func<ChainStep, bool> hidden) =>
        [.. steps.Select(step => hidden(step.Step) ? new FunnelStep(step.Step, true, null, null, [], [], null) : step)];

    private static Sql During(FunnelPeriod period, Sql instant)
    {
        var during = Sql.Of($"");
        if (period.From is { } from)
        {
            during = Sql.Of($"{during} and {instant} >= {Midnight(from)}");
        }

        if (period.To is { } to)
        {
            during = Sql.Of($"{during} and {instant} < {Midnight(to.AddDays(1))}");
        }

        return during;
    }

    private static DateTimeOffset Midnight(DateOnly day) => new(day, TimeOnly.MinValue, TimeSpan.Zero);

    private static IReadOnlyList<FunnelStep> Steps(ILookup<ChainStep, Sum> sums, Func<ChainStep, double?> median) =>
    [
        .. Enum.GetValues<ChainStep>().Select(step =>
        {
            var whole = sums[step].SingleOrDefault(sum => sum.Kind == Sum.OfStep);
            return new FunnelStep(
                step, false, whole?.Households ?? 0, whole?.Lots ?? 0,
                [.. sums[step].Where(sum => sum is { Kind: Sum.OfUnit, Unit: not null }).OrderBy(sum => sum.Unit)
                    .Select(sum => new Quantity(sum.Quantity ?? 0, sum.Unit!))],
                [.. sums[step].Where(sum => sum is { Kind: Sum.OfCurrency, Currency: not null }).OrderBy(sum => sum.Currency)
                    .Select(sum => new Money(sum.Worth ?? 0, sum.Currency!))],
                median(step));
        }),
    ];

    private sealed record Sum(string Part, ChainStep Step, string? Unit, string? Currency, int Kind, int Households, int Lots, long? Quantity, long? Worth)
    {
        // grouping(unit, currency): a bit is set where the column is summed over.
        public const int OfStep = 3;
        public const int OfUnit = 1;
        public const int OfCurrency = 2;
    }

    private sealed record Wait(string Part, ChainStep Step, double Days);

    private sealed record Heads(string Part, ChainStep Step, int Households);
}
