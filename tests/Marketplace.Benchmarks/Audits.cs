using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Marketplace.Kernel;
using Npgsql;

namespace Marketplace.Benchmarks;

/// <summary>How long an auditor with a reader's connection and the published roots takes for the whole log, against a minute for a million events.</summary>
internal static class Audits
{
    private const int Streams = 200_000;
    private const int PerStream = 5;

    public static async Task<Measured> Verify(Bench bench)
    {
        for (var number = 1; number <= PerStream; number++)
        {
            await bench.Owner(Happen(number));
        }

        // A checkpoint a day: the next one has them all.
        await bench.Owner("update kernel.clock set shift = shift + interval '1 day'");
        await bench.Restart();
        using var client = new HttpClient { BaseAddress = bench.Address };
        List<AuditCheckpoint> roots = [];
        for (var i = 0; i < 240 && !roots.Exists(root => root.Size >= Streams * PerStream); i++)
        {
            await Task.Delay(500);
            roots = (await client.GetFromJsonAsync<JsonElement>("/v1/audit/checkpoints")).GetProperty("items").Deserialize<List<AuditCheckpoint>>(Event.Json)!;
        }

        await using var connection = new NpgsqlConnection(bench.ReaderConnection);
        await connection.OpenAsync();
        var check = new LogCheck(roots, mayGoOn: true);
        var clock = Stopwatch.StartNew();
        var finding = await AuditLog.Verify(connection, "demo", check, CancellationToken.None);
        var seconds = clock.Elapsed.TotalSeconds;
        if (finding is not null)
        {
            throw new InvalidOperationException(finding.Sentence);
        }

        return new Measured(string.Create(CultureInfo.InvariantCulture, $"verify {check.Size:N0} events in {Streams:N0} streams, seconds against 60"), seconds, 60,
            seconds / 60, 1, "rows, chains, heads and roots", Lower: true);
    }

    /// <summary>Writes the same number of every stream at once, as kernel.append writes one.</summary>
    private static string Happen(int number) => $"""
        {(number == 1 ? $"insert into kernel.stream_head (stream, number, hash) select md5('audit ' || n)::uuid, 0, '' from generate_series(1, {Streams}) n;" : "")}
        with heads as materialized (
            select stream, number + 1 as number, hash as previous, kernel.now() as at, nextval('kernel.event_id_seq') as id from kernel.stream_head
             where number = {number - 1} and stream in (select md5('audit ' || n)::uuid from generate_series(1, {Streams}) n)),
        hashed as materialized (
            select *, kernel.event_hash(id, pg_current_xact_id(), kernel.tenant(), stream, number, 'benchmark', sha256(convert_to('{Payload}', 'UTF8')),
                                        null, null, at, previous) as hash from heads),
        written as (
            insert into kernel.event (id, stream, number, type, payload, recorded_at, previous_hash, hash) overriding system value
            select id, stream, number, 'benchmark', '{Payload}', at, previous, hash from hashed)
        update kernel.stream_head h set number = w.number, hash = w.hash from hashed w where h.stream = w.stream
        """;

    private static readonly string Payload = JsonSerializer.Serialize(new { lot = Guid.Empty, amount = 1000, unit = "GRM", note = "As long as most of them are." });
}
