using System.Data;
using Npgsql;

namespace Marketplace.Kernel;

/// <summary>
/// The unit of work of one request or delivery: one connection, one transaction, opened by the first statement and committed
/// once, before the answer is written. What is not committed is rolled back.
/// </summary>
/// <remarks>
/// The first batch carries <c>begin</c>, the identity settings and the idempotency key together with the first statement, so they
/// cost no round trip; the last batch carries the stored answer together with <c>commit</c>.
/// </remarks>
public sealed class Database(NpgsqlDataSource source, CurrentActor actor, OutboxSignal signal, WriteGate gate) : IAsyncDisposable
{
    private NpgsqlConnection? connection;
    private IdempotentRequest? idempotent;
    private IDisposable? place;
    private Sql? trace;
    private bool begun;
    private bool alone;
    private bool told;

    /// <summary>Who acts.</summary>
    public Actor Actor => actor.Value;

    /// <summary>Names the household the actor acts for; every later event of this unit of work carries it.</summary>
    public async Task ActFor(Guid household, CancellationToken cancel)
    {
        actor.Value = actor.Value with { ActingFor = household };
        if (begun)
        {
            await Execute($"select set_config('app.acting_for', {household.ToString()}, true)", cancel);
        }
    }

    /// <summary>The first row, or null when there is none.</summary>
    public async Task<T?> Find<T>(Sql sql, CancellationToken cancel)
        where T : class
    {
        await using var reader = await Read(sql, cancel);
        var row = await reader.ReadAsync(cancel) ? Row<T>.Parser(reader)(reader) : null;
        await Drain(reader, cancel);
        return row;
    }

    /// <summary>Every row.</summary>
    public async Task<List<T>> List<T>(Sql sql, CancellationToken cancel)
    {
        var rows = new List<T>();
        await using var reader = await Read(sql, cancel);
        if (await reader.ReadAsync(cancel))
        {
            var parse = Row<T>.Parser(reader);
            do
            {
                rows.Add(parse(reader));
            }
            while (await reader.ReadAsync(cancel));
        }

        await Drain(reader, cancel);
        return rows;
    }

    /// <summary>
    /// Every row of a read that nothing follows: without begin and commit the settings and the statement are a transaction by themselves, in one
    /// round trip. Inside a unit of work that has begun it is one of its statements.
    /// </summary>
    public async Task<List<T>> ListAlone<T>(Sql sql, CancellationToken cancel)
    {
        if (begun || idempotent is not null)
        {
            return await List<T>(sql, cancel);
        }

        alone = true;
        try
        {
            return await List<T>(sql, cancel);
        }
        finally
        {
            alone = false;
            await Close();
        }
    }

    /// <summary>The first column of the first row, or the default when there is no row or it is null.</summary>
    public async Task<T?> Value<T>(Sql sql, CancellationToken cancel)
    {
        await using var reader = await Read(sql, cancel);
        T? value = default;
        if (await reader.ReadAsync(cancel) && !await reader.IsDBNullAsync(0, cancel))
        {
            value = Row<T>.Single(reader);
        }

        await Drain(reader, cancel);
        return value;
    }

    /// <summary>Runs a statement; the number of rows it wrote, or returned when it ends in a select.</summary>
    public async Task<int> Execute(Sql sql, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(sql);
        await using var batch = await Batch(sql, cancel);
        if (!begun)
        {
            await using var reader = await Started(batch, cancel);
            await Drain(reader, cancel);
        }
        else
        {
            await batch.ExecuteNonQueryAsync(cancel);
        }

        return checked((int)batch.BatchCommands[^1].Rows);
    }

    /// <summary>
    /// Waits here, before a connection is taken, while too many others write the same rows. The place is kept until this unit of work ends.
    /// </summary>
    /// <param name="rows">The rows that will be written.</param>
    public async Task Gate(IReadOnlyList<Guid> rows, CancellationToken cancel)
    {
        if (place is null && connection is null)
        {
            place = await gate.Enter(rows, cancel);
        }
    }

    /// <summary>Notes a statement that is carried out although this unit of work is refused, so that the refusal itself can be counted.</summary>
    public void EvenIfRefused(Sql statement) => trace = statement;

    /// <summary>Takes everything back, then carries out what was noted for this case, in a transaction of its own.</summary>
    internal async Task Refuse(CancellationToken cancel)
    {
        await Rollback();
        if (trace is { } noted)
        {
            trace = null;
            await Execute(noted, cancel);
            await Commit(cancel);
        }
    }

    /// <summary>Makes everything of this unit of work lasting, with the answer of an idempotent request.</summary>
    internal async Task Commit(StoredAnswer? answer, CancellationToken cancel)
    {
        if (!begun)
        {
            if (idempotent is null)
            {
                return;
            }

            await Execute($"select 1", cancel);
        }

        await using var batch = new NpgsqlBatch(connection);
        if (idempotent is { } request && answer is not null)
        {
            batch.BatchCommands.Add(Sql.Of($"""
                insert into kernel.idempotency_key (owner, key, request_hash, status, headers, body)
                values ({request.Owner}, {request.Key}, {request.Hash}, {answer.Status}, {answer.Headers}, {answer.Body})
                """).Command());
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
        await batch.ExecuteNonQueryAsync(cancel);
        begun = false;
        idempotent = null;
        await Close();
        if (told)
        {
            told = false;
            signal.Wake();
        }
    }

    /// <summary>Makes everything of this unit of work lasting. Only the frame around a use case calls this, never the use case.</summary>
    public Task Commit(CancellationToken cancel) => Commit(null, cancel);

    /// <summary>Takes everything back.</summary>
    public async Task Rollback()
    {
        if (begun && connection is { State: ConnectionState.Open })
        {
            begun = false;
            try
            {
                await using var batch = new NpgsqlBatch(connection);
                batch.BatchCommands.Add(new NpgsqlBatchCommand("rollback"));
                await batch.ExecuteNonQueryAsync(CancellationToken.None);
            }
            catch (NpgsqlException)
            {
                // The connection is gone, and the transaction with it.
            }
        }

        idempotent = null;
        told = false;
        await Close();
    }

    /// <summary>Rolls back what was not committed.</summary>
    public async ValueTask DisposeAsync() => await Rollback();

    internal void Remember(IdempotentRequest request) => idempotent = request;

    /// <summary>The stored answer to a request's key, read in a unit of work of its own.</summary>
    internal async Task<StoredAnswer?> AnswerTo(IdempotentRequest request, CancellationToken cancel)
    {
        var stored = await Find<StoredAnswer>($"""
            select request_hash, status, headers, body from kernel.idempotency_key
             where owner = {request.Owner} and key = {request.Key} and tenant_id = kernel.tenant()
            """, cancel);
        await Rollback();
        return stored;
    }

    private async Task<NpgsqlDataReader> Read(Sql sql, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(sql);
        await using var batch = await Batch(sql, cancel);
        return begun ? await batch.ExecuteReaderAsync(cancel) : await Started(batch, cancel);
    }

    private async Task<NpgsqlBatch> Batch(Sql sql, CancellationToken cancel)
    {
        if (connection is null)
        {
            connection = source.CreateConnection();
            await connection.OpenAsync(cancel);
        }

        var batch = new NpgsqlBatch(connection);
        if (!begun)
        {
            var who = actor.Value;
            if (!alone)
            {
                batch.BatchCommands.Add(new NpgsqlBatchCommand("begin"));
            }

            batch.BatchCommands.Add(Sql.Of($"""
                select set_config('app.tenant', {who.Tenant}, true), set_config('app.person', {who.Person?.ToString() ?? ""}, true),
                       set_config('app.organisation', {who.Organisation?.ToString() ?? ""}, true),
                       set_config('app.household', {who.Household?.ToString() ?? ""}, true),
                       set_config('app.acting_for', {who.ActingFor?.ToString() ?? ""}, true),
                       set_config('app.roles', {string.Join(',', who.Roles)}, true)
                """).Command());
            batch.BatchCommands.Add(who.Credential is { } credential
                ? Sql.Of($"select identity.standing({credential}, {who.Stamp})").Command()
                : new NpgsqlBatchCommand("select 1"));
            if (idempotent is { } request)
            {
                batch.BatchCommands.Add(Sql.Of($"""
                    select pg_advisory_xact_lock(hashtextextended({request.Owner + request.Key}, 41))
                    """).Command());
                batch.BatchCommands.Add(Sql.Of($"""
                    select request_hash, status, headers, body from kernel.idempotency_key
                     where owner = {request.Owner} and key = {request.Key} and tenant_id = kernel.tenant()
                    """).Command());
            }
        }

        told |= sql.Tells;
        batch.BatchCommands.Add(sql.Command());
        return batch;
    }

    /// <summary>Reads the results of the opening statements and stands at the first result of the caller's.</summary>
    private async Task<NpgsqlDataReader> Started(NpgsqlBatch batch, CancellationToken cancel)
    {
        NpgsqlDataReader? reader = null;
        try
        {
            reader = await batch.ExecuteReaderAsync(cancel);
            begun = true;
            await reader.NextResultAsync(cancel);
            await reader.ReadAsync(cancel);
            var standing = reader.GetInt32(0);
            if (standing != 1)
            {
                throw new CredentialEndedException(changed: standing == 2);
            }

            await reader.NextResultAsync(cancel);
            if (idempotent is not null)
            {
                // The lock's own result comes first: a twin waited there until the first request's commit.
                await reader.NextResultAsync(cancel);
                if (await reader.ReadAsync(cancel))
                {
                    throw new AlreadyDoneException(Row<StoredAnswer>.Parser(reader)(reader));
                }

                await reader.NextResultAsync(cancel);
            }

            return reader;
        }
        catch
        {
            // The server may stand inside the transaction although the statement failed.
            begun = true;
            if (reader is not null)
            {
                try
                {
                    await reader.DisposeAsync();
                }
                catch (PostgresException)
                {
                    // A later statement of the batch failed as well; the first failure is the one to report.
                }
            }

            throw;
        }
    }

    private static async Task Drain(NpgsqlDataReader reader, CancellationToken cancel)
    {
        while (await reader.NextResultAsync(cancel))
        {
        }
    }

    private async Task Close()
    {
        if (connection is not null)
        {
            await connection.DisposeAsync();
            connection = null;
        }

        begun = false;
        place?.Dispose();
        place = null;
    }
}

/// <summary>A request that may arrive more than once.</summary>
internal sealed record IdempotentRequest(Guid Owner, string Key, byte[] Hash);

/// <summary>The answer a repeated request gets again, with the hash of the request it was given to.</summary>
internal sealed record StoredAnswer(byte[] RequestHash, int Status, string Headers, byte[] Body);

/// <summary>The request's key was used before: its effect is already there.</summary>
internal sealed class AlreadyDoneException(StoredAnswer answer) : Exception
{
    public StoredAnswer Answer { get; } = answer;
}

/// <summary>The session or key was ended, or its rights changed, after the request was let in.</summary>
internal sealed class CredentialEndedException(bool changed) : Exception
{
    public bool Changed { get; } = changed;
}

/// <summary>
/// Lets at most a few writers of the same rows at a time take a connection. Ten hot lots make 1,390 orders a second with 8 writers and
/// 446 with 64: the queue is cheaper here than in the database's lock table. Rows nobody else is after cost nothing.
/// </summary>
public sealed class WriteGate : IDisposable
{
    private const int Few = 2;

    private readonly SemaphoreSlim places = new(4, 4);
    private readonly Dictionary<Guid, int> wanted = [];

    /// <summary>Waits for a place when one of the rows is crowded; dispose to leave it.</summary>
    /// <param name="rows">The rows that will be written.</param>
    public async Task<IDisposable> Enter(IReadOnlyList<Guid> rows, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var crowded = false;
        lock (wanted)
        {
            foreach (var row in rows)
            {
                ref var count = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(wanted, row, out _);
                crowded |= ++count > Few;
            }
        }

        try
        {
            if (crowded)
            {
                await places.WaitAsync(cancel);
            }
        }
        catch
        {
            Leave(rows);
            throw;
        }

        return new Place(this, rows, crowded);
    }

    /// <summary>Ends the gate.</summary>
    public void Dispose() => places.Dispose();

    private void Leave(IReadOnlyList<Guid> rows)
    {
        lock (wanted)
        {
            foreach (var row in rows)
            {
                if (--wanted[row] == 0)
                {
                    wanted.Remove(row);
                }
            }
        }
    }

    private sealed class Place(WriteGate gate, IReadOnlyList<Guid> rows, bool counted) : IDisposable
    {
        private int left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref left, 1) == 1)
            {
                return;
            }

            gate.Leave(rows);
            if (counted)
            {
                gate.places.Release();
            }
        }
    }
}
