using System.Data;
using System.Runtime.CompilerServices;
using Npgsql;

namespace Marketplace.Kernel;

/// <summary>The event log where it lies, read with a connection of the reader's.</summary>
public static class AuditLog
{
    /// <summary>Checks an operator's log in the database: every row against its hash, its chain and the roots, and every stream's head.</summary>
    /// <param name="connection">An open connection whose role may read the log; rows come from one snapshot.</param>
    /// <param name="tenant">The operator.</param>
    /// <param name="check">Knows the roots; it has read every row afterwards.</param>
    /// <param name="cancel">Ends the check.</param>
    public static async Task<LogFinding?> Verify(NpgsqlConnection connection, string tenant, LogCheck check, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(check);
        if (check.Begin() is { } unusable)
        {
            return unusable;
        }

        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel);
        return await Within(connection, tenant, check, cancel);
    }

    /// <summary>The check inside a transaction of the caller's.</summary>
    internal static async Task<LogFinding?> Within(NpgsqlConnection connection, string tenant, LogCheck check, CancellationToken cancel)
    {
        await foreach (var row in Rows(connection, tenant, cancel))
        {
            if (check.Add(row) is { } finding)
            {
                return finding;
            }
        }

        return check.End() ?? await Heads(connection, tenant, check, cancel);
    }

    private static async IAsyncEnumerable<LoggedEvent> Rows(
        NpgsqlConnection connection, string tenant, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("select set_config('app.tenant', $1, true)") { Parameters = { new() { Value = tenant } } },
                new NpgsqlBatchCommand("""
                    select row_number() over (order by transaction, id) - 1, id, transaction::text::bigint, tenant_id, stream, number, type,
                           encode(sha256(convert_to(payload, 'UTF8')), 'hex'), recorded_at, encode(previous_hash, 'hex'), encode(hash, 'hex'), actor, acting_for
                      from kernel.event where tenant_id = $1 order by transaction, id
                    """) { Parameters = { new() { Value = tenant } } },
            },
        };
        batch.Timeout = 0;
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            yield return new LoggedEvent(
                reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetString(3), reader.GetGuid(4), reader.GetInt32(5), reader.GetString(6),
                reader.GetString(7), new DateTimeOffset(reader.GetDateTime(8)), reader.GetString(9), reader.GetString(10),
                reader.IsDBNull(11) ? null : reader.GetGuid(11), reader.IsDBNull(12) ? null : reader.GetGuid(12));
        }
    }

    private static async Task<LogFinding?> Heads(NpgsqlConnection connection, string tenant, LogCheck check, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select stream, number, hash from kernel.stream_head where tenant_id = $1", connection)
        {
            Parameters = { new() { Value = tenant } },
            CommandTimeout = 0,
        };
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var heads = 0;
        while (await reader.ReadAsync(cancel))
        {
            heads++;
            if (check.Head(reader.GetGuid(0), reader.GetInt32(1), reader.GetFieldValue<byte[]>(2)) is { } finding)
            {
                return finding;
            }
        }

        return heads == check.Streams ? null : new LogFinding(LogFault.OtherHead, check.Size, "A stream has no head.");
    }
}
