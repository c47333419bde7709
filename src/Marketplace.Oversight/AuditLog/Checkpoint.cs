using Marketplace.Kernel;

namespace Marketplace.Oversight.AuditLog;

/// <summary>A checkpoint with what finds its events: the transactions from the horizon before up to its own.</summary>
internal sealed record Checkpoint(
    int Number, string Tenant, long Size, byte[] Root, DateTimeOffset TakenAt, byte[] PublicKey, byte[] Signature, string Horizon, string HorizonBefore,
    long SizeBefore)
{
    /// <summary>Checkpoints with these conditions and order.</summary>
    public static Sql Select(Sql tail) => Sql.Of($"""
        select * from (
            select number, tenant_id as tenant, size, root, taken_at, public_key, signature, horizon::text as horizon,
                   coalesce(lag(horizon) over (order by number), '0')::text as horizon_before, coalesce(lag(size) over (order by number), 0) as size_before
              from kernel.checkpoint where tenant_id = kernel.tenant()) c
        {tail}
        """);

    public static Task<Checkpoint?> Latest(Database database, CancellationToken cancel) =>
        database.Find<Checkpoint>(Select(Sql.Of($"order by number desc limit 1")), cancel);

    public static Task<Checkpoint?> Of(Database database, int number, CancellationToken cancel) =>
        database.Find<Checkpoint>(Select(Sql.Of($"where number = {number}")), cancel);

    public AuditCheckpoint Published() => new(
        Number, AuditCheckpoint.OriginOf(Tenant), Size, Convert.ToHexStringLower(Root), TakenAt, AuditCheckpoint.KeyIdOf(PublicKey),
        Convert.ToBase64String(PublicKey), Convert.ToBase64String(Signature));
}
