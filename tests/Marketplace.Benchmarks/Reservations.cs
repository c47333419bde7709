using System.Globalization;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Marketplace.Benchmarks;

/// <summary>Buyers reserving lots: through the API with everything, and the same rows written by bare SQL in one transaction.</summary>
internal sealed class Reservations(Bench bench, int lotsEach, int clients, IReadOnlyList<Guid> lots) : IPaired
{
    private const string Sql = """
        with wanted as (select * from unnest($1, $2) as w (lot_id, amount)),
        locked as (
            select a.lot_id, w.amount,
                   a.hold_count = 0 and a.sellable_until > now() and a.reserved + a.promised + a.delivered + w.amount <= a.certified as can
              from supply.lot_account a join wanted w on w.lot_id = a.lot_id order by a.lot_id for no key update of a),
        moved as (
            update supply.lot_account a set reserved = a.reserved + l.amount from locked l
             where a.lot_id = l.lot_id and (select count(*) filter (where can) from locked) = $3 returning a.lot_id, l.amount),
        held as (insert into supply.reservation (id, tenant_id, organisation_id, reserved_by, expires_at) select $4, 'demo', $4, $4, now() + interval '1 day' where exists (select from moved)),
        kept as (insert into supply.reservation_part (reservation_id, tenant_id, lot_id, amount) select $4, 'demo', lot_id, amount from moved),
        moves as (
            insert into supply.lot_move (tenant_id, lot_id, kind, cause, reserved) select 'demo', lot_id, 'reserve', $4, amount from moved returning 1)
        select 1 from moves
        """;

    public async Task<double> Http(int seconds)
    {
        var people = await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Caller.Open(bench.Address, bench.Keys[client % Bench.Buyers])));
        var rate = await Bench.Load(clients, seconds, client => people[client].Post("/v1/reservations", Body()));
        Array.ForEach(people, caller => caller.Dispose());
        return rate;
    }

    public async Task<double> Bare(int seconds)
    {
        await using var source = NpgsqlDataSource.Create(bench.AppConnection);
        var connections = new List<NpgsqlConnection>();
        for (var i = 0; i < clients; i++)
        {
            connections.Add(await source.OpenConnectionAsync());
            await using var tenant = new NpgsqlCommand("select set_config('app.tenant', 'demo', false)", connections[i]);
            await tenant.ExecuteNonQueryAsync();
        }

        var rate = await Bench.Load(clients, seconds, async client =>
        {
            await using var transaction = await connections[client].BeginTransactionAsync();
            await using var command = new NpgsqlCommand(Sql, connections[client]);
            command.Parameters.Add(new NpgsqlParameter { Value = Chosen(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
            command.Parameters.Add(new NpgsqlParameter { Value = Enumerable.Repeat(1L, lotsEach).ToArray() });
            command.Parameters.Add(new NpgsqlParameter { Value = (long)lotsEach });
            command.Parameters.Add(new NpgsqlParameter { Value = Guid.CreateVersion7() });
            await command.ExecuteNonQueryAsync();
            await transaction.CommitAsync();
        });
        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }

        return rate;
    }

    private Guid[] Chosen()
    {
        var chosen = new HashSet<Guid>();
        while (chosen.Count < lotsEach)
        {
            chosen.Add(lots[Random.Shared.Next(lots.Count)]);
        }

        return [.. chosen];
    }

    private string Body()
    {
        var text = new StringBuilder("{\"parts\":[");
        foreach (var lot in Chosen())
        {
            text.Append(CultureInfo.InvariantCulture, $"{{\"lot\":\"{lot}\",\"amount\":1}},");
        }

        text.Length--;
        return text.Append("]}").ToString();
    }
}
