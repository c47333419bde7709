using System.Globalization;
using System.Text;
using QRCoder;

namespace Marketplace.Certification;

/// <summary>The QR of a label as one small SVG path: a line per run of dark modules instead of a rectangle each, a fifth of the bytes.</summary>
internal static class QrCode
{
    public static string Svg(string text)
    {
        using var data = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
        var size = data.ModuleMatrix.Count; // with the quiet zone of four modules on each side
        var path = new StringBuilder();
        for (var row = 0; row < size; row++)
        {
            var (x, at) = (0, 0);
            while (at < size)
            {
                if (!data.ModuleMatrix[row][at])
                {
                    at++;
                    continue;
                }

                var from = at;
                while (at < size && data.ModuleMatrix[row][at])
                {
                    at++;
                }

                var move = x == 0 ? $"M{from} {row}.5" : $"m{from - x} 0";
                path.Append(move).Append('h').Append(at - from);
                x = at;
            }
        }

        return string.Create(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" role=\"img\" aria-label=\"QR\" shape-rendering=\"crispEdges\">"
            + $"<path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path stroke=\"#000\" d=\"{path}\"/></svg>");
    }
}
