using SkiaSharp;

namespace Marketplace.Kernel.Files;

/// <summary>
/// Pictures are drawn anew as JPEG, upright and no larger than a reader needs: what is kept holds the picture and nothing else, neither the
/// place where it was taken nor a program hidden behind its end.
/// </summary>
internal static class PictureFile
{
    private const long MostPixels = 40_000_000;
    private const int LongestSide = 2_560;
    private const int Quality = 85;

    private static readonly Refusal TooManyPixels = new("picture-too-large", "The picture has more than 40 million points; send a smaller one.", Status: 415);

    public static Outcome<byte[]> DrawAnew(byte[] sent)
    {
        using var data = SKData.CreateCopy(sent);
        using var codec = SKCodec.Create(data);
        if (codec is null || codec.Info.Width < 1 || codec.Info.Height < 1)
        {
            return ReceivedFile.Damaged;
        }

        // Asked of the header: a few hundred bytes may unfold into terabytes.
        if ((long)codec.Info.Width * codec.Info.Height > MostPixels)
        {
            return TooManyPixels;
        }

        using var colours = SKColorSpace.CreateSrgb();
        using var pixels = new SKBitmap(new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Premul, colours));
        if (codec.GetPixels(pixels.Info, pixels.GetPixels()) != SKCodecResult.Success)
        {
            return ReceivedFile.Damaged;
        }

        pixels.SetImmutable();
        return Encode(pixels, codec.EncodedOrigin);
    }

    private static byte[] Encode(SKBitmap pixels, SKEncodedOrigin origin)
    {
        var (width, height) = ((float)pixels.Width, (float)pixels.Height);
        var scale = Math.Min(1f, LongestSide / Math.Max(width, height));
        var upright = Upright(origin, width, height);
        var (across, down) = upright.ScaleX == 0 ? (height, width) : (width, height);
        using var surface = SKSurface.Create(new SKImageInfo(
            Math.Max(1, (int)MathF.Round(across * scale)), Math.Max(1, (int)MathF.Round(down * scale)), SKColorType.Rgba8888, SKAlphaType.Opaque,
            pixels.ColorSpace));
        using var picture = SKImage.FromBitmap(pixels);
        surface.Canvas.Clear(SKColors.White);
        surface.Canvas.Scale(scale);
        surface.Canvas.Concat(upright);
        surface.Canvas.DrawImage(picture, 0, 0, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        using var drawn = surface.Snapshot();
        using var encoded = drawn.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return encoded.ToArray();
    }

    /// <summary>Turns the picture as the camera was held; afterwards nothing says so any more.</summary>
    private static SKMatrix Upright(SKEncodedOrigin origin, float width, float height) => origin switch
    {
        SKEncodedOrigin.TopRight => new SKMatrix(-1, 0, width, 0, 1, 0, 0, 0, 1),
        SKEncodedOrigin.BottomRight => new SKMatrix(-1, 0, width, 0, -1, height, 0, 0, 1),
        SKEncodedOrigin.BottomLeft => new SKMatrix(1, 0, 0, 0, -1, height, 0, 0, 1),
        SKEncodedOrigin.LeftTop => new SKMatrix(0, 1, 0, 1, 0, 0, 0, 0, 1),
        SKEncodedOrigin.RightTop => new SKMatrix(0, -1, height, 1, 0, 0, 0, 0, 1),
        SKEncodedOrigin.RightBottom => new SKMatrix(0, -1, height, -1, 0, width, 0, 0, 1),
        SKEncodedOrigin.LeftBottom => new SKMatrix(0, 1, 0, -1, 0, width, 0, 0, 1),
        _ => SKMatrix.Identity,
    };
}
