using System.Diagnostics;

namespace Marketplace.Benchmarks;

/// <summary>A rejected pallet: one load of five hundred lots, among a hundred such loads, followed back to its lots over HTTP.</summary>
internal static class Traces
{
    private const int Loads = 100;
    private const int LotsEach = 200; // of the twenty thousand lots there are
    private const int LotsOfOne = 500;
    private const string Sscc = "048700000000009999";

    public static async Task<Measured> Follow(string name, Bench bench, int rounds)
    {
        await bench.Owner($"""
            create temp table load as select gen_random_uuid() as id, n, '{bench.BuyerOfFirstKey}'::uuid as buyer from generate_series(0, {Loads}) as n;
            insert into logistics.consignment (id, order_id, buyer_id, applicant_id, sscc, stage, dispatched_at)
            select id, id, buyer, id, case n when 0 then '{Sscc}' else '0487' || lpad(n::text, 14, '0') end, 'dispatched', now() from load;
            create temp table part as
                select gen_random_uuid() as id, l.id as load, a.lot_id
                  from load l, lateral (select lot_id from supply.lot_account order by lot_id
                                         offset case l.n when 0 then 0 else (l.n - 1) * {LotsEach} end limit case l.n when 0 then {LotsOfOne} else {LotsEach} end) a;
            insert into logistics.tender (id, promise_id, order_id, line_id, lot_id, household_id, applicant_id, product_code, unit, gross, tare, net, delivered,
                   price_ten_thousandths, currency, per)
            select id, gen_random_uuid(), load, load, lot_id, gen_random_uuid(), load, 'potato', 'GRM', 100001, 1, 100000, 100000, 1500000, 'KZT', 'KGM' from part;
            insert into logistics.consignment_part (consignment_id, tender_id) select load, id from part;
            analyze logistics.tender; analyze logistics.consignment_part; analyze logistics.consignment
            """);
        using var caller = await Caller.Open(bench.Address, bench.Keys[0]);
        await caller.Get($"/v1/traces?sscc={Sscc}");
        var times = new List<double>();
        for (var round = 0; round < 10 * rounds; round++)
        {
            var clock = Stopwatch.StartNew();
            await caller.Get($"/v1/traces?sscc={Sscc}");
            times.Add(clock.Elapsed.TotalMilliseconds);
        }

        var median = times.Order().ElementAt(times.Count / 2);
        return new Measured(name, median, 200, median / 200, 1, $"slowest of {times.Count}: {times.Max():0} ms", Lower: true);
    }
}
