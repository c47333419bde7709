using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using SkiaSharp;

namespace Marketplace.Tests;

/// <summary>Files made for tests: good ones, and ones that are not what they say.</summary>
internal static class SampleFiles
{
    /// <summary>The latitude a camera would have written, as the text a search for it finds.</summary>
    public const string Place = "GPS 51N13 51E22 Zhambyl";

    public static byte[] Picture(SKEncodedImageFormat format = SKEncodedImageFormat.Jpeg, int width = 320, int height = 200, uint colour = 0xFF336699)
    {
        using var bitmap = new SKBitmap(width, height);
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Clear(new SKColor(colour));
            using var stroke = new SKPaint { Color = SKColors.White, StrokeWidth = 8 };
            canvas.DrawLine(0, 0, width, height, stroke);
        }

        using var image = SKImage.FromBitmap(bitmap);
        return image.Encode(format, 90).ToArray();
    }

    /// <summary>A JPEG as a telephone writes it: turned by a quarter, with the place in its EXIF part and in a comment.</summary>
    public static byte[] PictureWithPlace()
    {
        var tiff = new List<byte>();
        tiff.AddRange("MM\0*"u8);
        tiff.AddRange([0, 0, 0, 8, 0, 2]);
        tiff.AddRange([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]); // orientation: the right side is up
        tiff.AddRange([0x01, 0x0E, 0, 2, 0, 0, 0, (byte)(Place.Length + 1), 0, 0, 0, 38]); // description, behind this list
        tiff.AddRange([0, 0, 0, 0]);
        tiff.AddRange(Encoding.ASCII.GetBytes(Place + "\0"));
        byte[] exif = [.. "Exif\0\0"u8, .. tiff];
        var plain = Picture();
        return [.. plain[..2], .. Segment(0xE1, exif), .. Segment(0xFE, Encoding.ASCII.GetBytes(Place)), .. plain[2..]];
    }

    /// <summary>A PNG of a few hundred bytes whose header promises two and a half thousand million points.</summary>
    public static byte[] Bomb()
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, 50_000);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), 50_000);
        (header[8], header[9]) = (8, 2);
        return [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, .. Chunk("IHDR", header), .. Chunk("IDAT", Zlib(new byte[1_000])), .. Chunk("IEND", [])];
    }

    public static byte[] Pdf(string inside = "") => Encoding.Latin1.GetBytes(
        $"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R {inside} >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n"
        + "xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 3 /Root 1 0 R >>\nstartxref\n110\n%%EOF\n");

    /// <summary>A PDF whose objects lie packed in a stream, as programs have written them since PDF 1.5.</summary>
    public static byte[] PackedPdf(string inside)
    {
        var packed = Zlib(Encoding.Latin1.GetBytes(new string(' ', 100_000) + inside));
        return [.. Encoding.Latin1.GetBytes($"%PDF-1.7\n5 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length {packed.Length} >>\nstream\r\n"),
            .. packed, .. "\nendstream\nendobj\nstartxref\n9\n%%EOF\n"u8];
    }

    /// <summary>A PDF with streams that lie within each other, each four million bytes long to its end and unfolding to next to nothing.</summary>
    public static byte[] NestedPdf(int streams)
    {
        byte[] begin = [.. "stream\n"u8, 0x78, 0x01];
        byte[] inner = [0, (byte)begin.Length, 0, (byte)(0xFF - begin.Length), 0xFF, .. begin];
        byte[] empty = [0, 0, 0, 0xFF, 0xFF];
        return [.. "%PDF-1.7\n5 0 obj\n<< /Type /ObjStm >>\n"u8, .. begin, .. Enumerable.Repeat(inner, streams - 1).SelectMany(block => block),
            .. Enumerable.Repeat(empty, 800_000).SelectMany(block => block), .. "\nendstream\nendobj\nstartxref\n9\n%%EOF\n"u8];
    }

    public static byte[] Zip() => [.. "PK\x03\x04"u8, .. new byte[26], .. "evil.exe"u8];

    private static byte[] Segment(byte marker, byte[] content)
    {
        var length = content.Length + 2;
        return [0xFF, marker, (byte)(length >> 8), (byte)(length & 0xFF), .. content];
    }

    private static byte[] Zlib(byte[] content)
    {
        var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest))
        {
            zlib.Write(content);
        }

        return packed.ToArray();
    }

    private static byte[] Chunk(string name, byte[] content)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(name), .. content];
        var chunk = new byte[body.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        body.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32(body));
        return chunk;
    }

    private static uint Crc32(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320u);
            }
        }

        return ~crc;
    }
}
