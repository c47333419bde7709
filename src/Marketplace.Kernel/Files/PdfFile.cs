using System.IO.Compression;

namespace Marketplace.Kernel.Files;

/// <summary>
/// PDFs are kept as they are, so they are looked through: whole from the first byte to the last, with nothing that acts by itself, nothing
/// carried inside and nothing encrypted. This keeps out what ordinary programs make; it is no search for viruses. Whoever hides a name
/// behind an unusual filter gets it past, which is why a file is only ever handed out to be saved, never opened by the product.
/// </summary>
internal static class PdfFile
{
    // Bytes that come out of all streams together, and bytes looked at again to get them out: streams may lie within each other.
    private const int MostUnfolded = 64 * 1024 * 1024;
    private const int ReadAhead = 8 * 1024;
    private const int MostStreams = 50_000;
    private const int LongestName = 16;

    private static readonly Refusal Active =
        new("file-active", "Send a PDF without scripts, attachments or encryption; a scan has none.", Status: 415);

    private static readonly byte[][] Names =
        [.. ((string[])["/JavaScript", "/Launch", "/EmbeddedFile", "/RichMedia", "/SubmitForm", "/ImportData", "/Encrypt"]).Select(System.Text.Encoding.ASCII.GetBytes)];

    public static Refusal? Check(byte[] pdf)
    {
        if (!IsWhole(pdf))
        {
            return ReceivedFile.Damaged;
        }

        var plain = Plain(pdf);
        if (Acts(plain))
        {
            return Active;
        }

        // Since PDF 1.5 objects may lie packed in streams, where a look at the file's own bytes does not find their names.
        return plain.AsSpan().IndexOf("/ObjStm"u8) >= 0 && ActsInside(pdf) ? Active : null;
    }

    /// <summary>A known version first, the end mark last, and nothing behind it: a file that is two things at once has something there.</summary>
    private static bool IsWhole(ReadOnlySpan<byte> pdf)
    {
        var end = pdf.TrimEnd("\r\n \t\0"u8);
        return (pdf.StartsWith("%PDF-1."u8) || pdf.StartsWith("%PDF-2."u8)) && end.EndsWith("%%EOF"u8) && end.LastIndexOf("startxref"u8) > 0;
    }

    private static bool Acts(ReadOnlySpan<byte> plain)
    {
        foreach (var name in Names)
        {
            if (plain.IndexOf(name) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Unfolds every packed stream and looks for the names there; more than a limit inside counts as acting.</summary>
    private static bool ActsInside(byte[] pdf)
    {
        var left = MostUnfolded;
        var streams = 0;
        var window = new byte[64 * 1024];
        for (var at = 0; pdf.AsSpan(at).IndexOf("stream"u8) is var found and >= 0;)
        {
            var keyword = at + found;
            at = keyword + "stream".Length;
            var start = at < pdf.Length && pdf[at] == '\r' ? at + 1 : at;
            if (start >= pdf.Length || pdf[start] != '\n' || pdf.AsSpan(0, keyword).EndsWith("end"u8))
            {
                continue;
            }

            if (++streams > MostStreams || Unfolds(pdf, start + 1, window, ref left) || left < 0)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Unfolds(byte[] pdf, int start, byte[] window, ref int left)
    {
        using var source = new MemoryStream(pdf, start, pdf.Length - start);
        using var packed = new ZLibStream(source, CompressionMode.Decompress);
        var kept = 0;
        try
        {
            int read;
            while ((read = packed.Read(window, kept, window.Length - kept)) > 0)
            {
                left -= read;
                var filled = kept + read;
                if (left < 0 || Acts(Plain(window.AsSpan(0, filled))))
                {
                    return true;
                }

                // A name may lie across two readings; written in codes it is three times as long.
                kept = Math.Min(filled, 3 * LongestName);
                window.AsSpan(filled - kept, kept).CopyTo(window);
            }
        }
        catch (InvalidDataException)
        {
            // Not packed this way: a picture, or nothing.
        }

        // A stream may be long and unfold to nothing, millions of times over; the first reading is what any stream costs.
        left -= (int)Math.Max(0, source.Position - ReadAhead);
        return false;
    }

    /// <summary>Names may spell any character as <c>#4A</c>: this undoes it.</summary>
    private static byte[] Plain(ReadOnlySpan<byte> text)
    {
        if (!text.Contains((byte)'#'))
        {
            return text.ToArray();
        }

        var plain = new byte[text.Length];
        var length = 0;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '#' && at + 2 < text.Length && char.IsAsciiHexDigit((char)text[at + 1]) && char.IsAsciiHexDigit((char)text[at + 2]))
            {
                plain[length++] = (byte)(Digit(text[at + 1]) * 16 + Digit(text[at + 2]));
                at += 2;
            }
            else
            {
                plain[length++] = text[at];
            }
        }

        return plain[..length];
    }

    private static int Digit(byte hexadecimal) => hexadecimal <= '9' ? hexadecimal - '0' : (hexadecimal | 0x20) - 'a' + 10;
}
