using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Marketplace.Kernel;

/// <summary>One row of the event log with everything its hash is made of.</summary>
/// <param name="Position">Its place in the log, from 0: the leaf of the tree that holds it.</param>
/// <param name="Id">Number of the row.</param>
/// <param name="Transaction">Number of the transaction that wrote it.</param>
/// <param name="Tenant">The operator whose log it is in.</param>
/// <param name="Stream">What it happened to.</param>
/// <param name="Number">1, 2, 3 … within the stream.</param>
/// <param name="Type">What happened.</param>
/// <param name="PayloadHash">SHA-256 of the payload in UTF-8; 64 lower-case hexadecimal digits.</param>
/// <param name="RecordedAt">The transaction's time, in microseconds.</param>
/// <param name="PreviousHash">Hash of the event before in the stream; empty for the first.</param>
/// <param name="Hash">SHA-256 over all of this; 64 lower-case hexadecimal digits.</param>
/// <param name="Actor">The person who did it; absent for the system.</param>
/// <param name="ActingFor">The household it was done for, when somebody else did it.</param>
/// <param name="Payload">The event's own text; absent where the reader may not see it.</param>
public sealed record LoggedEvent(
    long Position, long Id, long Transaction, string Tenant, Guid Stream, int Number, string Type, string PayloadHash, DateTimeOffset RecordedAt,
    string PreviousHash, string Hash, Guid? Actor = null, Guid? ActingFor = null, string? Payload = null)
{
    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>The row as one line of an export.</summary>
    public string Line() => JsonSerializer.Serialize(this, Event.Json);

    /// <summary>Reads a line of an export.</summary>
    /// <exception cref="JsonException">It is not a row.</exception>
    public static LoggedEvent Parse(string line) => JsonSerializer.Deserialize<LoggedEvent>(line, Event.Json)
        ?? throw new JsonException("The line holds no row.");

    /// <summary>The hash this row must have, as <c>kernel.event_hash</c> makes it.</summary>
    /// <exception cref="FormatException">A hash in the row is none.</exception>
    public byte[] Digest() => SHA256.HashData(Input());

    /// <summary>
    /// Fields of one size stand bare, all others behind their length: no two rows have one input.
    /// </summary>
    internal byte[] Input()
    {
        using var input = new MemoryStream(256);
        Number64(Id);
        Number64(Transaction);
        input.Write(Stream.ToByteArray(bigEndian: true));
        Number32(Number);
        Number64((RecordedAt.UtcTicks - Epoch.Ticks) / TimeSpan.TicksPerMicrosecond);
        input.Write(Convert.FromHexString(PayloadHash));
        Counted(Convert.FromHexString(PreviousHash));
        Counted(Actor?.ToByteArray(bigEndian: true) ?? []);
        Counted(ActingFor?.ToByteArray(bigEndian: true) ?? []);
        Counted(Encoding.UTF8.GetBytes(Tenant));
        Counted(Encoding.UTF8.GetBytes(Type));
        return input.ToArray();

        void Counted(byte[] field)
        {
            Number32(field.Length);
            input.Write(field);
        }

        void Number32(int number)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(bytes, number);
            input.Write(bytes);
        }

        void Number64(long number)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64BigEndian(bytes, number);
            input.Write(bytes);
        }
    }

    /// <summary>Whether the row is what its hash says it is.</summary>
    internal bool IsGenuine()
    {
        try
        {
            return PayloadHash.Length == 2 * SHA256.HashSizeInBytes && PreviousHash.Length is 0 or 2 * SHA256.HashSizeInBytes
                && RecordedAt.UtcTicks % TimeSpan.TicksPerMicrosecond == 0
                && (Payload is null || PayloadHash == Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Payload))))
                && Hash == Convert.ToHexStringLower(Digest());
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
