using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Npgsql;

namespace Marketplace.Benchmarks;

/// <summary>One step of certification, the review: through the API, and the rows it writes by bare SQL (stage, event, review, tasks).</summary>
internal sealed class Reviews(Bench bench, int clients, ConcurrentQueue<Guid> forHttp, ConcurrentQueue<Guid> forBare, string key, Guid reviewer) : IPaired
{
    /// <summary>Puts enough cases before the reviewer, written as the database's owner with the case's history.</summary>
    public static async Task<Reviews> Prepare(Bench bench, int clients, int rounds, int seconds)
    {
        var cases = 3_000 * (rounds * seconds + 1) / 2;
        var (body, laboratory) = (Guid.NewGuid(), Guid.NewGuid());
        var people = Enumerable.Range(0, 6).Select(_ => Guid.NewGuid()).ToArray();
        var key = "test_" + Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        await bench.Owner($"""
            insert into identity.person (id, phone_hash, phone_sealed) values ('{people[4]}', '\xffff01', '\x00');
            insert into identity.role_assignment (person_id, role, organisation_id) values ('{people[4]}', 'reviewer', '{body}');
            insert into identity.credential (id, person_id, kind, secret_hash, organisation_id, expires_at, test)
            values (gen_random_uuid(), '{people[4]}', 'api_key', '\x{hash}', '{body}', now() + interval '1 day', true)
            """);
        await bench.Owner(Cases(cases, body, laboratory, people));
        var ids = new List<Guid>();
        await using var connection = new NpgsqlConnection(bench.OwnerConnection);
        await connection.OpenAsync();
        await using var read = new NpgsqlCommand("select set_config('app.tenant', 'demo', false); select id from certification.application", connection);
        await using var reader = await read.ExecuteReaderAsync();
        await reader.NextResultAsync();
        while (await reader.ReadAsync())
        {
            ids.Add(reader.GetGuid(0));
        }

        var half = ids.Count / 2;
        return new Reviews(bench, clients, new ConcurrentQueue<Guid>(ids.Take(half)), new ConcurrentQueue<Guid>(ids.Skip(half)), key, people[4]);
    }

    public async Task<double> Http(int seconds)
    {
        using var client = bench.Client(key);
        return await Bench.Load(clients, seconds, async _ =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/applications/{Next(forHttp)}/review")
            {
                Content = new StringContent("""{"recommendGrant": true, "reason": "All limits are met."}""", Encoding.UTF8, "application/json"),
            };
            request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
            using var answer = await client.SendAsync(request);
            if (answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.NoContent))
            {
                throw new InvalidOperationException($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            }
        });
    }

    public async Task<double> Bare(int seconds)
    {
        await using var source = NpgsqlDataSource.Create(bench.AppConnection);
        var connections = new List<NpgsqlConnection>();
        for (var i = 0; i < clients; i++)
        {
            connections.Add(await source.OpenConnectionAsync());
            await using var who = new NpgsqlCommand($"select set_config('app.tenant', 'demo', false), set_config('app.person', '{reviewer}', false)", connections[i]);
            await who.ExecuteNonQueryAsync();
        }

        var rate = await Bench.Load(clients, seconds, async client =>
        {
            var id = Next(forBare);
            await using var batch = new NpgsqlBatch(connections[client]);
            foreach (var sql in BareStatements)
            {
                var command = new NpgsqlBatchCommand(sql);
                if (sql.Contains("$1", StringComparison.Ordinal))
                {
                    command.Parameters.Add(new NpgsqlParameter { Value = id });
                }

                batch.BatchCommands.Add(command);
            }

            await batch.ExecuteNonQueryAsync();
        });
        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }

        return rate;
    }

    private static Guid Next(ConcurrentQueue<Guid> cases) =>
        cases.TryDequeue(out var id) ? id : throw new InvalidOperationException("Too few cases were prepared for this machine.");

    private static readonly string[] BareStatements =
    [
        "begin",
        """
        with moved as (update certification.application set stage = 'decision', version = version + 1 where id = $1 and stage = 'review' returning id)
        select kernel.append(id, 'ApplicationReviewed', json_build_object('application', id, 'recommendGrant', true)::text) from moved
        """,
        "insert into certification.review (application, recommend_grant, reason) values ($1, true, 'All limits are met.')",
        "update work.task set closed_at = kernel.now(), closed_by = kernel.person() where subject = $1 and kind = 'review-application' and closed_at is null",
        """
        insert into work.task (subject, kind, responsible, first_responsible, escalate_to_role, deadline, escalate_at)
        select id, 'decide-application', decision_maker, decision_maker, 'quality_manager', kernel.now() + interval '1 day', kernel.now() + interval '1 day'
          from certification.application where id = $1
        """,
        "commit",
    ];

    private static string Cases(int cases, Guid body, Guid laboratory, Guid[] people) => $"""
        alter table certification.application disable trigger user;
        insert into certification.application (id, number, lot, household, head, applicant, product, rule_group, village, amount, unit, ready_on, expires_on,
            scheme, scheme_version, fee_minor, currency, stage, body, laboratory, seed, intake, sampler, analyst, supervisor, reviewer, decision_maker,
            filed_by, submitted_at)
        select gen_random_uuid(), 'B-' || n, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'potato', 'potato', 'kz-615230100',
               100000, 'GRM', current_date, current_date + 100, 'PLANT-BATCH', 1, 0, 'KZT', 'review', '{body}', '{laboratory}', 'seed',
               '{people[0]}', '{people[1]}', '{people[2]}', '{people[3]}', '{people[4]}', '{people[5]}', gen_random_uuid(), now()
          from generate_series(1, {cases}) n;
        alter table certification.application enable trigger user;
        insert into work.task (subject, kind, responsible, first_responsible, escalate_to_role, deadline, escalate_at)
        select id, 'review-application', reviewer, reviewer, 'quality_manager', now() + interval '1 day', now() + interval '1 day'
          from certification.application;
        analyze certification.application; analyze work.task
        """;
}
