using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Cli.Audit;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Marketplace.ApiTests.Kernel;

public sealed class AuditTests(Market market) : IClassFixture<Market>
{
    private TakeCheckpoints Rounds => market.Services.GetRequiredService<TakeCheckpoints>();

    /// <summary>J17: all an outsider has is the public list of roots and the lines somebody hands over.</summary>
    [Fact]
    public async Task An_outsider_with_only_the_published_roots_verifies_the_log()
    {
        await Happen(40);
        await NextDay();
        await Happen(40);
        await NextDay();
        var roots = AuditCommand.Roots((await Market.Body(await market.Get((string?)null, "/v1/audit/checkpoints"))).ToJsonString());
        var file = Path.GetTempFileName();
        try
        {
            var lines = await Export();
            Assert.DoesNotContain("payload\":", lines[0], StringComparison.Ordinal);
            await File.WriteAllLinesAsync(file, lines);
            var (check, finding) = AuditCommand.OfFile(file, roots);
            Assert.Null(finding);
            Assert.Equal(roots.Max(root => root.Size), check.Size);

            lines[7] = lines[7].Replace("\"number\":", "\"number\":1", StringComparison.Ordinal);
            await File.WriteAllLinesAsync(file, lines);
            Assert.Equal(7, AuditCommand.OfFile(file, roots).Finding!.Position);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Any_event_is_proven_to_be_in_the_log_and_the_log_to_have_only_grown()
    {
        var streams = await Happen(300);
        var first = await NextDay();
        await Happen(270);
        var second = await NextDay();
        foreach (var stream in streams.Take(20))
        {
            foreach (var of in (int?[])[null, first.Number])
            {
                var proof = await Market.Body(await market.Get(Role.Auditor, $"/v1/audit/events/{stream}/1/proof" + (of is null ? "" : $"?checkpoint={of}")));
                var row = proof["event"].Deserialize<LoggedEvent>(Event.Json)!;
                var root = proof["checkpoint"].Deserialize<AuditCheckpoint>(Event.Json)!;
                Assert.Equal(of ?? second.Number, root.Number);
                Assert.Equal(stream, row.Stream);
                Assert.Equal(row.Hash, Convert.ToHexStringLower(row.Digest()));
                Assert.True(Merkle.Includes(Convert.FromHexString(root.Root), root.Size, row.Position, Merkle.Leaf(Convert.FromHexString(row.Hash)), PathOf(proof)));
            }
        }

        var grown = await Market.Body(await market.Get((string?)null, $"/v1/audit/consistency?from={first.Number}&to={second.Number}"));
        Assert.True(Merkle.Extends(Convert.FromHexString(first.Root), first.Size, Convert.FromHexString(second.Root), second.Size, [.. PathOf(grown)]));
        await Market.Problem(await market.Get((string?)null, $"/v1/audit/consistency?from={second.Number}&to={first.Number}"), HttpStatusCode.BadRequest, "checkpoints-out-of-order");
        await Market.Problem(await market.Get((string?)null, $"/v1/audit/consistency?from={first.Number}&to=9999"), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Who_took_part_sees_the_proof_and_nobody_else()
    {
        var farm = await market.ActiveFarm();
        var lot = (await market.DeclaredLot(farm)).Value;
        await Market.Problem(await market.Get(farm.Head, $"/v1/audit/events/{lot}/1/proof"), HttpStatusCode.Conflict, "not-in-checkpoint");
        await NextDay();
        await Market.Body(await market.Get(farm.Head, $"/v1/audit/events/{lot}/1/proof"));
        await Market.Problem(await market.Get((await market.ActiveFarm()).Head, $"/v1/audit/events/{lot}/1/proof"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get(farm.Head, "/v1/audit/events"), HttpStatusCode.Forbidden, "forbidden");
        await Market.Problem(await market.Get(Role.PlatformAdministrator, "/v1/audit/events?payloads=true"), HttpStatusCode.Forbidden, "payloads-for-auditors");
        Assert.Contains("\"payload\":", await (await market.Get(Role.Auditor, "/v1/audit/events?payloads=true")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_instances_take_one_checkpoint_a_day()
    {
        await Happen(1);
        await market.Advance(TimeSpan.FromDays(1));
        var before = await market.Scalar<long>("select count(*) from kernel.checkpoint");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Rounds.Pass(default))));
        await Rounds.Pass(default);
        Assert.Equal(before + 1, await market.Scalar<long>("select count(*) from kernel.checkpoint"));

        var second = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication("""
            insert into kernel.checkpoint (number, size, root, horizon, public_key, signature)
            select number + 1, size, root, horizon, public_key, signature from kernel.checkpoint order by number desc limit 1
            """));
        Assert.Equal("one_checkpoint_a_day", second.ConstraintName);
    }

    [Theory]
    [InlineData("number + 2", "size", "horizon")]
    [InlineData("number + 1", "size + 1", "horizon")]
    [InlineData("number + 1", "size - 1", "horizon")]
    [InlineData("number + 1", "size", "(horizon::text::bigint - 1)::text::xid8")]
    [InlineData("number + 1", "size", "(horizon::text::bigint + 1000000)::text::xid8")]
    public async Task The_database_takes_no_checkpoint_that_skips_something(string number, string size, string horizon)
    {
        await Happen(1);
        await NextDay();
        await market.Advance(TimeSpan.FromDays(1));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication($"""
            insert into kernel.checkpoint (number, size, root, horizon, public_key, signature)
            select {number}, {size}, root, {horizon}, public_key, signature from kernel.checkpoint order by number desc limit 1
            """));
        Assert.Equal("checkpoint-follows", refused.ConstraintName);
    }

    /// <summary>A transaction that began before others and ends after the checkpoint must not come to stand before what was covered.</summary>
    [Fact]
    public async Task What_is_still_being_written_goes_into_the_next_checkpoint()
    {
        await Happen(3);
        await NextDay();
        var (open, shared) = (Guid.NewGuid(), Guid.NewGuid());
        await using (var slow = new NpgsqlConnection(market.AppConnection))
        {
            await slow.OpenAsync();
            await using var command = new NpgsqlCommand(
                $"begin; select set_config('app.tenant', 'demo', true); select kernel.append('{open}', 'Began', '')", slow);
            await command.ExecuteNonQueryAsync();
            await market.AsApplication($"select kernel.append('{shared}', 'Overtook', '')");
            var early = await NextDay(whole: false);
            Assert.True(early.Size < await market.Scalar<long>("select count(*) from kernel.event"));

            // The older transaction writes after the younger one into the same stream: by number second, by transaction first.
            command.CommandText = $"select kernel.append('{shared}', 'Followed', ''); commit";
            await command.ExecuteNonQueryAsync();
        }

        var late = await NextDay();
        Assert.Equal(await market.Scalar<long>("select count(*) from kernel.event"), late.Size);
        Assert.Null(await VerifyDatabase(await Roots()));
    }

    [Fact]
    public async Task The_log_is_cut_where_no_event_waits_for_the_one_before_it()
    {
        var (shared, aside) = (Guid.NewGuid(), Guid.NewGuid());
        await using var old = await Begun($"select kernel.append('{Guid.NewGuid()}', 'Oldest', '')");
        await using var middle = await Begun($"select kernel.append('{aside}', 'Middle', '')");
        await market.AsApplication($"select kernel.append('{shared}', 'Youngest', '')");
        await Finish(old, $"select kernel.append('{shared}', 'Second', '')");
        await NextDay(whole: false); // the middle one still runs: the oldest's events are over, but follow one that is not covered
        Assert.Null(await VerifyExport());
        await Finish(middle, "select 1");
        await NextDay();
        Assert.Null(await VerifyDatabase(await Roots()));
        Assert.Null(await VerifyExport());

        async Task<NpgsqlConnection> Begun(string sql)
        {
            var connection = new NpgsqlConnection(market.AppConnection);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand($"begin; select set_config('app.tenant', 'demo', true); {sql}", connection);
            await command.ExecuteNonQueryAsync();
            return connection;
        }

        static async Task Finish(NpgsqlConnection connection, string sql)
        {
            await using var command = new NpgsqlCommand(sql + "; commit", connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    [Fact]
    public async Task A_thousand_of_a_thousand_changes_by_the_owner_of_the_database_are_found()
    {
        await Happen(60);
        await NextDay();
        await Happen(20);
        var roots = await Roots();
        var chance = new Random(10_020_2026);
        await using var connection = await Unprotected();
        var ids = await Ids(connection);
        for (var i = 0; i < 1_000; i++)
        {
            var (at, other, what) = (ids[chance.Next(ids.Count - 1)], ids[chance.Next(ids.Count)], i % Changes.Length);
            await Run(connection, "savepoint before");
            await Run(connection, string.Format(CultureInfo.InvariantCulture, Changes[what], at, other == at ? ids[^1] : other, chance.Next(1, 1_000_000)));
            var finding = await AuditLog.Within(connection, "demo", new LogCheck(roots, mayGoOn: true), default);
            Assert.True(finding is not null, $"{Changes[what]} at {at} was not found");
            await Run(connection, "rollback to before");
        }

        Assert.Null(await AuditLog.Within(connection, "demo", new LogCheck(roots, mayGoOn: true), default));
    }

    /// <summary>Full rights, the published function at hand: the stream is chained anew to its end and its head rewritten.</summary>
    [Fact]
    public async Task Who_chains_a_stream_anew_and_rewrites_its_head_is_found_by_the_checkpoint()
    {
        var stream = Guid.NewGuid();
        for (var i = 0; i < 4; i++)
        {
            await market.AsApplication($"select kernel.append('{stream}', 'Happened', 'true {i}')");
        }

        await NextDay();
        var roots = await Roots();
        await using var connection = await Unprotected();
        await Run(connection, $$"""
            do $do$
            declare
                row kernel.event;
                v_previous bytea := '';
            begin
                update kernel.event set payload = 'forged' where stream = '{{stream}}' and number = 2;
                for row in select * from kernel.event where stream = '{{stream}}' order by number loop
                    update kernel.event set previous_hash = v_previous, hash = kernel.event_hash(row.id, row.transaction, row.tenant_id, row.stream, row.number,
                        row.type, sha256(convert_to(row.payload, 'UTF8')), row.actor, row.acting_for, row.recorded_at, v_previous)
                     where id = row.id returning hash into v_previous;
                end loop;
                update kernel.stream_head set hash = v_previous where stream = '{{stream}}';
            end
            $do$
            """);
        var finding = await AuditLog.Within(connection, "demo", new LogCheck(roots, mayGoOn: true), default);
        Assert.Equal(LogFault.OtherRoot, finding?.Fault);
    }

    [Fact]
    public async Task Nothing_is_signed_over_a_stored_tree_that_was_changed()
    {
        await Happen(3);
        await NextDay();
        var kept = await market.Scalar<byte[]>("select hashes from kernel.tree_tile where level = 0 and index = 0 order by width desc limit 1");
        await market.Owner("""
            update kernel.tree_tile set hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 1)
             where (level, index, width) = (select 0, index, width from kernel.tree_tile where level = 0 order by index desc, width desc limit 1)
            """);
        await market.Advance(TimeSpan.FromDays(1));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Rounds.Pass(default));
        await market.Owner("""
            update kernel.tree_tile set hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 1)
             where (level, index, width) = (select 0, index, width from kernel.tree_tile where level = 0 order by index desc, width desc limit 1)
            """);
        Assert.Equal(kept, await market.Scalar<byte[]>("select hashes from kernel.tree_tile where level = 0 and index = 0 order by width desc limit 1"));
        await Rounds.Pass(default);
    }

    [Fact]
    public async Task Hashes_in_the_database_and_here_are_one_function()
    {
        await market.AsApplication($"select kernel.append(gen_random_uuid(), E'Line\nбір', E'-\n'), kernel.append(gen_random_uuid(), '', '')");
        await NextDay();
        Assert.Null(await VerifyExport());
    }

    private static readonly string[] Changes =
    [
        "update kernel.event set payload = payload || ' ' where id = {0}",
        "update kernel.event set type = type || 's' where id = {0}",
        "update kernel.event set number = number + {2} where id = {0}",
        "update kernel.event set stream = gen_random_uuid() where id = {0}",
        "update kernel.event set actor = case when actor is null then gen_random_uuid() end where id = {0}",
        "update kernel.event set acting_for = case when acting_for is null then gen_random_uuid() end where id = {0}",
        "update kernel.event set recorded_at = recorded_at + interval '{2} microseconds' where id = {0}",
        "update kernel.event set transaction = (transaction::text::bigint + {2})::text::xid8 where id = {0}",
        "update kernel.event set id = id + {2} + 1000000 where id = {0}",
        "update kernel.event set tenant_id = 'other' where id = {0}",
        "update kernel.event set hash = sha256(hash) where id = {0}",
        "update kernel.event set previous_hash = sha256(previous_hash) where id = {0}",
        "delete from kernel.event where id = {0}",
        """
        insert into kernel.event (tenant_id, stream, number, type, payload, actor, acting_for, recorded_at, transaction, previous_hash, hash)
        select tenant_id, stream, number, type, payload, actor, acting_for, recorded_at, transaction, previous_hash, hash from kernel.event where id = {0}
        """,
        """
        update kernel.event e set payload = o.payload, type = o.type || '', stream = o.stream, number = o.number, hash = o.hash, previous_hash = o.previous_hash
          from kernel.event o where (e.id, o.id) in (({0}, {1}), ({1}, {0}))
        """,
        "update kernel.stream_head set hash = sha256(hash) where stream = (select stream from kernel.event where id = {0})",
        "update kernel.stream_head set number = number + 1 where stream = (select stream from kernel.event where id = {0})",
        "delete from kernel.stream_head where stream = (select stream from kernel.event where id = {0})",
    ];

    private static IEnumerable<byte[]> PathOf(JsonNode proof) =>
        proof["path"]!.AsArray().Select(hash => Convert.FromHexString(hash!.GetValue<string>()));

    private static async Task Run(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<List<long>> Ids(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("select id from kernel.event where tenant_id = 'demo'", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var ids = new List<long>();
        while (await reader.ReadAsync())
        {
            ids.Add(reader.GetInt64(0));
        }

        return ids;
    }

    /// <summary>The owner in a transaction that is never committed, with row protection taken off.</summary>
    private async Task<NpgsqlConnection> Unprotected()
    {
        var connection = new NpgsqlConnection(market.OwnerConnection);
        await connection.OpenAsync();
        await Run(connection, """
            begin; select set_config('app.tenant', 'demo', true);
            alter table kernel.event no force row level security; alter table kernel.event alter column id set generated by default
            """);
        return connection;
    }

    /// <summary>Streams of one to three events, as the application writes them.</summary>
    private async Task<IReadOnlyList<Guid>> Happen(int streams)
    {
        var made = Enumerable.Range(0, streams).Select(_ => Guid.NewGuid()).ToList();
        foreach (var some in made.Chunk(50))
        {
            var sql = new StringBuilder();
            foreach (var stream in some)
            {
                for (var i = 0; i <= stream.ToByteArray()[0] % 3; i++)
                {
                    sql.Append(CultureInfo.InvariantCulture, $"select kernel.append('{stream}', 'Happened', '{{\"n\":{i}}}');");
                }
            }

            await market.AsApplication(sql.ToString());
        }

        return made;
    }

    /// <summary>
    /// The next day's checkpoint. It ends before the oldest transaction still running in the whole server, be it of another test's database: those that
    /// could keep out what happened so far are waited for, unless the test holds one open itself.
    /// </summary>
    private async Task<AuditCheckpoint> NextDay(bool whole = true)
    {
        var last = await market.Scalar<long>("select coalesce(max(transaction::text::bigint), 0) from kernel.event");
        for (var i = 0; whole && i < 3_000 && await market.Scalar<long>("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint") <= last; i++)
        {
            await Task.Delay(10);
        }

        await market.Advance(TimeSpan.FromDays(1));
        await Rounds.Pass(default);
        return (await Market.Body(await market.Get((string?)null, "/v1/audit/checkpoints/latest"))).Deserialize<AuditCheckpoint>(Event.Json)!;
    }

    private async Task<IReadOnlyList<AuditCheckpoint>> Roots() =>
        AuditCommand.Roots(await (await market.Get((string?)null, "/v1/audit/checkpoints?limit=200")).Content.ReadAsStringAsync());

    private async Task<List<string>> Export()
    {
        var lines = new List<string>();
        for (var next = (string?)"/v1/audit/events?limit=37"; next is not null;)
        {
            var part = await market.Get(Role.Auditor, next);
            lines.AddRange((await part.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries));
            next = part.Headers.TryGetValues("Link", out var link) ? link.Single().Split('<', '>')[1] : null;
        }

        return lines;
    }

    private async Task<LogFinding?> VerifyExport()
    {
        var check = new LogCheck(await Roots());
        return check.Begin() ?? (await Export()).Select(check.AddLine).FirstOrDefault(finding => finding is not null) ?? check.End();
    }

    private async Task<LogFinding?> VerifyDatabase(IReadOnlyList<AuditCheckpoint> roots)
    {
        await using var connection = new NpgsqlConnection(market.AppConnection.Replace("marketplace_app", "marketplace_reader", StringComparison.Ordinal));
        await connection.OpenAsync();
        return await AuditLog.Verify(connection, "demo", new LogCheck(roots, mayGoOn: true), default);
    }
}
