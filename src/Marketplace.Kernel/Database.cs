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
    private bool begun;
    private bool gated;

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

    /// <summary>Lets only a few writers at a time work on hot rows: waits here, before a connection is taken, rather than in the database.</summary>
    public async Task<IDisposable?> Gate(CancellationToken cancel)
    {
        if (gated || connection is not null)
        {
            return null;
        }

        gated = true;
        return await gate.Enter(cancel);
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
                update kernel.idempotency_key set status = {answer.Status}, headers = {answer.Headers}, body = {answer.Body}
                 where owner = {request.Owner} and key = {request.Key}
                """).Command());
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
        await batch.ExecuteNonQueryAsync(cancel);
        begun = false;
        idempotent = null;
        await Close();
        signal.Wake();
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
        await Close();
    }

    /// <summary>Rolls back what was not committed.</summary>
    public async ValueTask DisposeAsync() => await Rollback();

    internal void Remember(IdempotentRequest request) => idempotent = request;

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
            batch.BatchCommands.Add(new NpgsqlBatchCommand("begin"));
            batch.BatchCommands.Add(Sql.Of($"""
                select set_config('app.tenant', {who.Tenant}, true), set_config('app.person', {who.Person?.ToString() ?? ""}, true),
                       set_config('app.organisation', {who.Organisation?.ToString() ?? ""}, true),
                       set_config('app.household', {who.Household?.ToString() ?? ""}, true),
                       set_config('app.acting_for', {who.ActingFor?.ToString() ?? ""}, true)
                """).Command());
            batch.BatchCommands.Add(who.Credential is { } credential
                ? Sql.Of($"select identity.standing({credential}, {who.Stamp})").Command()
                : new NpgsqlBatchCommand("select 1"));
            if (idempotent is { } request)
            {
                batch.BatchCommands.Add(Sql.Of($"""
                    insert into kernel.idempotency_key (owner, key, request_hash) values ({request.Owner}, {request.Key}, {request.Hash})
                        on conflict do nothing returning true
                    """).Command());
            }
        }

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
                if (!await reader.ReadAsync(cancel))
                {
                    throw new AlreadyDoneException();
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
    }
}

/// <summary>A request that may arrive more than once.</summary>
internal sealed record IdempotentRequest(Guid Owner, string Key, byte[] Hash);

/// <summary>The answer a repeated request gets again.</summary>
internal sealed record StoredAnswer(int Status, string Headers, byte[] Body);

/// <summary>The request's key was used before: its effect is already there.</summary>
internal sealed class AlreadyDoneException : Exception;

/// <summary>The session or key was ended, or its rights changed, after the request was let in.</summary>
internal sealed class CredentialEndedException(bool changed) : Exception
{
    public bool Changed { get; } = changed;
}

/// <summary>
/// Lets at most a few writers of hot rows at a time take a connection. Ten hot lots make 1,390 orders a second with 8 writers and
/// 446 with 64: the queue is cheaper here than in the database's lock table.
/// </summary>
public sealed class WriteGate : IDisposable
{
    private readonly SemaphoreSlim places = new(4, 4);

    /// <summary>Waits for a place; dispose to leave it.</summary>
    public async Task<IDisposable> Enter(CancellationToken cancel)
    {
        await places.WaitAsync(cancel);
        return new Place(places);
    }

    /// <summary>Ends the gate.</summary>
    public void Dispose() => places.Dispose();

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        private SemaphoreSlim? held = places;

        public void Dispose() => Interlocked.Exchange(ref held, null)?.Release();
    }
}
