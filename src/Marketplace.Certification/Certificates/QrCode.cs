using System.Globalization;
using System.Text;
using QRCoder;

namespace Marketplace.Certification;

/// <summary>The QR of a label as runs of dark modules: a line for each instead of a rectangle per module, a fifth of the bytes.</summary>
internal static class QrCode
{
    /// <summary>The runs, and how many modules a side has with the quiet zone of four on each side.</summary>
    public static (IReadOnlyList<(int Row, int From, int Length)> Runs, int Size) Of(string text)
    {
        using var data = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
        var runs = new List<(int, int, int)>();
        for (var row = 0; row < data.ModuleMatrix.Count; row++)
        {
            var modules = data.ModuleMatrix[row];
            for (var at = 0; at < modules.Count; at++)
            {
                var from = at;
                while (at < modules.Count && modules[at])
                {
                    at++;
                }

                if (at > from)
                {
                    runs.Add((row, from, at - from));
                }
            }
        }

        return (runs, data.ModuleMatrix.Count);
    }

    /// <summary>One small SVG path.</summary>
    public static string Svg(string text)
    {
        var (runs, size) = Of(text);
        var path = new StringBuilder();
        var (line, x) = (-1, 0);
        foreach (var (row, from, length) in runs)
        {
            path.Append(CultureInfo.InvariantCulture, $"{(row == line ? $"m{from - x} 0" : $"M{from} {row}.5")}h{length}");
            (line, x) = (row, from + length);
        }

        return string.Create(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" role=\"img\" aria-label=\"QR\" shape-rendering=\"crispEdges\">"
            + $"<path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path stroke=\"#000\" d=\"{path}\"/></svg>");
    }
}
