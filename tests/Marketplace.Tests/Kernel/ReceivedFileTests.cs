using System.Text;
using Marketplace.Kernel.Files;
using SkiaSharp;

namespace Marketplace.Tests.Kernel;

public sealed class ReceivedFileTests
{
    /// <summary>Every file that is not what it says, with what it is refused for.</summary>
    public static TheoryData<string, string, string?> Bad => new()
    {
        { "nothing", "file-empty", null },
        { "text", "unknown-file-type", null },
        { "page", "unknown-file-type", "image/jpeg" },
        { "zip", "unknown-file-type", "application/pdf" },
        { "program", "unknown-file-type", "application/octet-stream" },
        { "gif", "unknown-file-type", "image/gif" },
        { "png", "file-not-as-said", "image/jpeg" },
        { "pdf", "file-not-as-said", "image/png" },
        { "jpeg", "file-not-as-said", "text/html" },
        { "jpeg head only", "file-damaged", null },
        { "jpeg cut short", "file-damaged", null },
        { "png cut short", "file-damaged", null },
        { "webp cut short", "file-damaged", null },
        { "pdf cut short", "file-damaged", null },
        { "pdf with a zip behind it", "file-damaged", null },
        { "bomb", "picture-too-large", "image/png" },
        { "pdf with a script", "file-active", null },
        { "pdf with a script spelt in codes", "file-active", null },
        { "pdf with a packed script", "file-active", null },
        { "pdf that starts a program", "file-active", null },
        { "pdf with an attachment", "file-active", null },
        { "pdf encrypted", "file-active", null },
        { "pdf that unfolds without end", "file-active", null },
        { "pdf of streams within streams", "file-active", null },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_file_that_is_not_what_it_says_is_refused(string file, string code, string? said) =>
        Assert.Equal(code, ReceivedFile.Check(Make(file), said).Refusal?.Code);

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg, "image/jpeg")]
    [InlineData(SKEncodedImageFormat.Png, "image/png; charset=utf-8")]
    [InlineData(SKEncodedImageFormat.Webp, "application/octet-stream")]
    public void A_picture_is_kept_as_jpeg_of_the_same_size(SKEncodedImageFormat format, string said)
    {
        var kept = ReceivedFile.Check(SampleFiles.Picture(format), said).Value!;
        using var seen = SKBitmap.Decode(kept.Bytes);
        Assert.Equal(("image/jpeg", 320, 200), (kept.MediaType, seen.Width, seen.Height));
        Assert.Equal(ReceivedFile.HashOf(kept.Bytes), kept.Hash);
        Assert.InRange(seen.GetPixel(10, 150).Blue, 0x90, 0xA2);
    }

    [Fact]
    public void What_the_camera_wrote_is_gone_and_the_picture_stands_upright()
    {
        var sent = SampleFiles.PictureWithPlace();
        Assert.Contains(SampleFiles.Place, Encoding.Latin1.GetString(sent), StringComparison.Ordinal);
        using var codec = SKCodec.Create(SKData.CreateCopy(sent));
        Assert.Equal(SKEncodedOrigin.RightTop, codec.EncodedOrigin); // the sample is what it claims to be

        var kept = ReceivedFile.Check(sent, null).Value!;
        var text = Encoding.Latin1.GetString(kept.Bytes);
        Assert.DoesNotContain("GPS", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exif", text, StringComparison.Ordinal);
        using var seen = SKBitmap.Decode(kept.Bytes);
        Assert.Equal((200, 320), (seen.Width, seen.Height));
        // The white stroke ran from the top left; turned clockwise it runs from the top right.
        Assert.True(seen.GetPixel(198, 2).Red > 0xE0 && seen.GetPixel(2, 2).Red < 0x60);
    }

    [Fact]
    public void What_hides_behind_a_picture_is_gone()
    {
        byte[] twoInOne = [.. SampleFiles.Picture(), .. SampleFiles.Zip(), .. "<script>alert(1)</script>"u8];
        var kept = Encoding.Latin1.GetString(ReceivedFile.Check(twoInOne, "image/jpeg").Value!.Bytes);
        Assert.DoesNotContain("PK\x03\x04", kept, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", kept, StringComparison.Ordinal);
    }

    [Fact]
    public void A_large_picture_becomes_as_large_as_a_reader_needs()
    {
        using var seen = SKBitmap.Decode(ReceivedFile.Check(SampleFiles.Picture(width: 5_120, height: 1_000), null).Value!.Bytes);
        Assert.Equal((2_560, 500), (seen.Width, seen.Height));
    }

    [Fact]
    public void A_pdf_is_kept_as_it_was_sent()
    {
        foreach (var pdf in (byte[][])[SampleFiles.Pdf(), SampleFiles.PackedPdf("<< /Type /Page >>")])
        {
            var kept = ReceivedFile.Check(pdf, "application/pdf").Value!;
            Assert.Equal(("application/pdf", pdf), (kept.MediaType, kept.Bytes));
        }
    }

    private static byte[] Make(string file) => file switch
    {
        "nothing" => [],
        "text" => "Moved to another place."u8.ToArray(),
        "page" => "<html><script>alert(1)</script></html>"u8.ToArray(),
        "zip" => SampleFiles.Zip(),
        "program" => [.. "MZ"u8, .. new byte[200]],
        "gif" => "GIF89a\u0001\0\u0001\0\0\0\0;"u8.ToArray(),
        "png" => SampleFiles.Picture(SKEncodedImageFormat.Png),
        "jpeg" => SampleFiles.Picture(),
        "pdf" => SampleFiles.Pdf(),
        "jpeg head only" => [0xFF, 0xD8, 0xFF, 0xE0],
        "jpeg cut short" => Half(SampleFiles.Picture()),
        "png cut short" => Half(SampleFiles.Picture(SKEncodedImageFormat.Png)),
        "webp cut short" => Half(SampleFiles.Picture(SKEncodedImageFormat.Webp)),
        "pdf cut short" => Half(SampleFiles.Pdf()),
        "pdf with a zip behind it" => [.. SampleFiles.Pdf(), .. SampleFiles.Zip()],
        "bomb" => SampleFiles.Bomb(),
        "pdf with a script" => SampleFiles.Pdf("/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"),
        "pdf with a script spelt in codes" => SampleFiles.Pdf("/OpenAction << /S /#4aava#53cript /JS (app.alert(1)) >>"),
        "pdf with a packed script" => SampleFiles.PackedPdf("<< /S /JavaScript /JS (app.alert(1)) >>"),
        "pdf that starts a program" => SampleFiles.Pdf("/OpenAction << /S /Launch /F (evil.exe) >>"),
        "pdf with an attachment" => SampleFiles.Pdf("/Names << /EmbeddedFiles 3 0 R >>"),
        "pdf encrypted" => SampleFiles.Pdf("/Encrypt 9 0 R"),
        "pdf that unfolds without end" => SampleFiles.PackedPdf(new string('0', 68_000_000)),
        "pdf of streams within streams" => SampleFiles.NestedPdf(20),
        _ => throw new ArgumentOutOfRangeException(nameof(file)),
    };

    private static byte[] Half(byte[] whole) => whole[..(whole.Length / 2)];
}
