using Marketplace.Certification;
using Npgsql;

namespace Marketplace.Benchmarks;

/// <summary>What a shopper's telephone asks for: the public part of a certificate by its serial, against reading the bare row.</summary>
internal sealed class Verifications(Bench bench, int clients, IReadOnlyList<string> serials) : IPaired
{
    private const int Certificates = 20_000;

    /// <summary>Writes certificates as the database's owner, past the triggers that want each one's decision.</summary>
    public static async Task<Verifications> Prepare(Bench bench, int clients)
    {
        var serials = Enumerable.Range(1, Certificates).Select(number => Serial.Make("KZ", 2026, number)).ToList();
        await bench.Owner($"""
            alter table certification.application disable trigger user;
            alter table certification.certificate disable trigger user;
            insert into certification.issuer_key (key_id, public_key) select '00000000000000be', '\x00'
             where not exists (select from certification.issuer_key where key_id = '00000000000000be');
            insert into registry.organisation (id, kind, name, territory, fee_basis_points) values ('{Body}', 'certification_body', 'Sapa', 'kz-615200000', 0);
            with lots as (select lot_id, row_number() over (order by lot_id) as n from supply.lot_account limit {Certificates}),
            cases as (
                insert into certification.application (id, lot, household, head, applicant, product, rule_group, village, amount, unit, ready_on, expires_on,
                    scheme, scheme_version, fee_minor, currency, stage, filed_by)
                select gen_random_uuid(), lot_id, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'potato', 'potato', 'kz-615230100', 1000000000, 'GRM',
                       current_date, current_date + 100, 'PLANT-BATCH', 1, 0, 'KZT', 'withdrawn', gen_random_uuid() from lots
                returning id, lot)
            insert into certification.certificate (id, serial, application, lot, household, applicant, issuer, product, village, amount, unit, scheme,
                scheme_version, valid_from, valid_until, key_id, label)
            select gen_random_uuid(), (array[{string.Join(',', serials.Select(serial => $"'{serial}'"))}])[l.n], c.id, c.lot, gen_random_uuid(), gen_random_uuid(), '{Body}', 'potato', 'kz-615230100',
                   1000000000, 'GRM', 'PLANT-BATCH', 1, now() - interval '1 day', now() + interval '90 days', '00000000000000be', 'MP1:'
              from cases c join lots l on l.lot_id = c.lot;
            alter table certification.application enable trigger user;
            alter table certification.certificate enable trigger user;
            analyze certification.certificate
            """);
        var verifications = new Verifications(bench, clients, serials);
        await verifications.Warm();
        return verifications;
    }

    private static readonly Guid Body = Guid.NewGuid();

    /// <summary>Asks for every certificate once: a label is printed on many packs.</summary>
    private async Task Warm()
    {
        var callers = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Caller.Open(bench.Address)));
        await Task.WhenAll(callers.Select(async (caller, number) =>
        {
            foreach (var serial in serials.Where((_, at) => at % clients == number))
            {
                await caller.Get($"/v1/certificates/{serial}");
            }

            caller.Dispose();
        }));
    }

    public async Task<double> Http(int seconds)
    {
        var callers = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Caller.Open(bench.Address)));
        var rate = await Bench.Load(clients, seconds, client => callers[client].Get($"/v1/certificates/{Any()}"));
        Array.ForEach(callers, caller => caller.Dispose());
        return rate;
    }

    public async Task<double> Bare(int seconds)
    {
        await using var source = NpgsqlDataSource.Create(bench.AppConnection);
        var connections = new List<NpgsqlConnection>();
        for (var i = 0; i < clients; i++)
        {
            connections.Add(await source.OpenConnectionAsync());
            await using var who = new NpgsqlCommand("select set_config('app.tenant', 'demo', false)", connections[i]);
            await who.ExecuteNonQueryAsync();
        }

        var rate = await Bench.Load(clients, seconds, async client =>
        {
            await using var read = new NpgsqlCommand("select * from certification.certificate where serial = $1", connections[client]);
            read.Parameters.Add(new NpgsqlParameter { Value = Any() });
            await using var reader = await read.ExecuteReaderAsync();
            if (!await reader.ReadAsync())
            {
                throw new InvalidOperationException("No such certificate.");
            }
        });
        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }

        return rate;
    }

    private string Any() => serials[Random.Shared.Next(serials.Count)];
}
