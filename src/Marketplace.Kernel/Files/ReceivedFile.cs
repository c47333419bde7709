using System.Security.Cryptography;

namespace Marketplace.Kernel.Files;

/// <summary>A file as it is kept: looked into, never believed. What its sender says of it, name or type, decides nothing.</summary>
/// <param name="Hash">SHA-256 of the kept bytes, 64 small hexadecimal digits.</param>
/// <param name="MediaType"><c>application/pdf</c> or <c>image/jpeg</c>.</param>
/// <param name="Bytes">A PDF as it was sent; a picture drawn anew, without what the camera wrote beside it.</param>
public sealed record ReceivedFile(string Hash, string MediaType, byte[] Bytes)
{
    /// <summary>The most bytes a file may have: 8 MB.</summary>
    public const int MostBytes = 8 * 1024 * 1024;

    private const string Pdf = "application/pdf";
    private const string Jpeg = "image/jpeg";
    private const string Png = "image/png";
    private const string Webp = "image/webp";

    // A picture of 40 million points takes 160 MB while it is drawn anew.
    private static readonly SemaphoreSlim AtWork = new(2, 2);

    internal static readonly Refusal Damaged = new("file-damaged", "The file is cut short or broken; send it again.", Status: 415);
    private static readonly Refusal TooLarge = new("too-large", "The request is too large.", Status: 413);
    private static readonly Refusal Empty = new("file-empty", "The file is empty.", Status: 400);
    private static readonly Refusal UnknownType = new("unknown-file-type", "Send a PDF, or a picture as JPEG, PNG or WebP.", Status: 415);
    private static readonly Refusal NotAsSaid = new("file-not-as-said", "The file is not of the type that was said.", Status: 415);

    /// <summary>The ending of a name for this type.</summary>
    public string Ending => MediaType == Pdf ? "pdf" : "jpg";

    /// <summary>Reads a file to its end and looks into it.</summary>
    /// <param name="body">The bytes as they come; the route says how many it takes.</param>
    /// <param name="said">The type their sender gave.</param>
    /// <param name="cancel">Ends the reading.</param>
    public static async Task<Outcome<ReceivedFile>> Read(Stream body, string? said, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(body);
        using var sent = new MemoryStream();
        await body.CopyToAsync(sent, cancel);
        await AtWork.WaitAsync(cancel);
        try
        {
            return Check(sent.ToArray(), said);
        }
        finally
        {
            AtWork.Release();
        }
    }

    /// <summary>Looks into bytes and makes of them what is kept, or says why not.</summary>
    /// <param name="sent">The bytes as they came.</param>
    /// <param name="said">The type their sender gave; a contradiction is refused, agreement proves nothing.</param>
    public static Outcome<ReceivedFile> Check(byte[] sent, string? said)
    {
        ArgumentNullException.ThrowIfNull(sent);
        if (sent.Length is 0 or > MostBytes)
        {
            return sent.Length == 0 ? Empty : TooLarge;
        }

        if (TypeOf(sent) is not { } type)
        {
            return UnknownType;
        }

        if (said?.Split(';')[0].Trim().ToLowerInvariant() is { Length: > 0 } claimed && claimed != "application/octet-stream" && claimed != type)
        {
            return NotAsSaid;
        }

        if (type == Pdf)
        {
            return PdfFile.Check(sent) is { } refused ? refused : new ReceivedFile(HashOf(sent), Pdf, sent);
        }

        var drawn = PictureFile.DrawAnew(sent);
        return drawn.Refusal is { } spoilt ? spoilt : new ReceivedFile(HashOf(drawn.Value!), Jpeg, drawn.Value!);
    }

    /// <summary>SHA-256 as 64 small hexadecimal digits.</summary>
    public static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>True for 64 small hexadecimal digits.</summary>
    public static bool IsHash(string text) => text is { Length: 64 } && text.All(digit => char.IsAsciiHexDigitLower(digit));

    private static string? TypeOf(ReadOnlySpan<byte> sent) =>
        sent.StartsWith("%PDF-"u8) ? Pdf
        : sent.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? Jpeg
        : sent.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]) ? Png
        : sent.StartsWith("RIFF"u8) && sent.Length > 12 && sent[8..].StartsWith("WEBP"u8) ? Webp
        : null;
}
