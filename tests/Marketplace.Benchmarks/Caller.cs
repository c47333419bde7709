using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Marketplace.Benchmarks;

/// <summary>
/// One kept connection that sends requests and reads each answer's status and bytes. What an <see cref="HttpClient"/> does beyond that costs more than
/// the cheapest of the answers measured here, and would be measured with them.
/// </summary>
internal sealed class Caller : IDisposable
{
    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] answer = new byte[2 * 1024 * 1024];
    private readonly string head;

    private Caller(Uri address, string? key) =>
        head = $" HTTP/1.1\r\nHost: {address.Authority}\r\n" + (key is null ? "" : $"Authorization: Bearer {key}\r\n");

    /// <summary>Opens a connection, for the public or for the holder of a key.</summary>
    public static async Task<Caller> Open(Uri address, string? key = null)
    {
        var caller = new Caller(address, key);
        await caller.socket.ConnectAsync(address.Host, address.Port);
        return caller;
    }

    /// <summary>Reads an address; anything else than 200 ends the measurement.</summary>
    public Task Get(string path) => Send($"GET {path}{head}\r\n", 200);

    /// <summary>Posts JSON under a new idempotency key; anything else than 201 ends the measurement.</summary>
    public Task Post(string path, string json) => Send(
        $"POST {path}{head}Content-Type: application/json\r\nIdempotency-Key: {Guid.NewGuid()}\r\nContent-Length: {json.Length}\r\n\r\n{json}", 201);

    public void Dispose() => socket.Dispose();

    private async Task Send(string request, int expected)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        int got = 0, whole = int.MaxValue;
        while (got < whole)
        {
            var read = await socket.ReceiveAsync(answer.AsMemory(got));
            got += read > 0 ? read : throw new IOException("The API closed the connection.");
            whole = whole < int.MaxValue ? whole : Whole(answer.AsSpan(0, got));
        }

        if (int.Parse(answer.AsSpan(9, 3), CultureInfo.InvariantCulture) != expected)
        {
            throw new InvalidOperationException(Encoding.UTF8.GetString(answer, 0, got));
        }
    }

    /// <summary>How long the answer will be, once its head is here.</summary>
    private static int Whole(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return int.MaxValue;
        }

        var length = answer[..end].IndexOf("\r\nContent-Length: "u8) is var at and >= 0 ? answer[(at + 18)..(end + 2)] : "0\r"u8;
        return end + 4 + int.Parse(length[..length.IndexOf((byte)'\r')], CultureInfo.InvariantCulture);
    }
}
