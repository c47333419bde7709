using Marketplace.Kernel;

namespace Marketplace.Orders.Allocations;

/// <summary>The figures in force; costs in minor units of the order's currency.</summary>
internal sealed record Rule(
    long AnswerSeconds, int MemoryWeeks, int First, int Second, int Third, int FreshnessPerDay, int? HouseholdCapPercent, long LeastGrm, long LeastMlt,
    long LeastH87, int VillageSurcharge, long PerLot, long PerVillage, long PerTonneKm)
{
    /// <summary>The least amount asked of a lot of a unit.</summary>
    public long Least(string unit) => unit switch { "GRM" => LeastGrm, "MLT" => LeastMlt, _ => LeastH87 };

    public static async Task<Rule> InForce(DateTimeOffset at, string currency, Database database, CancellationToken cancel) =>
        (await database.Find<Rule>($"""
            select extract(epoch from answer_within)::bigint as answer_seconds, memory_weeks, surcharges[1] as first, surcharges[2] as second,
                   surcharges[3] as third, freshness_per_day, household_cap_percent, least_grm, least_mlt, least_h87, village_surcharge,
                   case {currency} when 'KZT' then lot_kzt else lot_kgs end as per_lot,
                   case {currency} when 'KZT' then village_kzt else village_kgs end as per_village,
                   case {currency} when 'KZT' then tonne_km_kzt else tonne_km_kgs end as per_tonne_km
              from orders.rule where in_force_from <= {at} order by in_force_from desc limit 1
            """, cancel))!;
}
