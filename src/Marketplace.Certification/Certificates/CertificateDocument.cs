using PdfSharp.Drawing;
using PdfSharp.Fonts;
using PdfSharp.Pdf;

namespace Marketplace.Certification;

/// <summary>A certificate on one A4 page: what the public page shows, with the QR that says what holds now.</summary>
internal static class CertificateDocument
{
    private const double Left = 57;
    private const double Width = 481;
    private const double LabelWidth = 150;
    private const double QrSide = 170;

    static CertificateDocument() => GlobalFontSettings.FontResolver = new EmbeddedFont();

    public static byte[] Print(CertificateText text, DateTimeOffset printedAt)
    {
        using var document = new PdfDocument();
        document.Info.Title = $"{text.Words.Title} {text.Certificate.Serial}";
        document.Language = text.Language;
        var page = document.AddPage();
        page.Size = PdfSharp.PageSize.A4;
        using (var graphics = XGraphics.FromPdfPage(page))
        {
            Draw(graphics, text, printedAt);
        }

        using var bytes = new MemoryStream();
        document.Save(bytes, closeStream: false);
        return bytes.ToArray();
    }

    private static void Draw(XGraphics graphics, CertificateText text, DateTimeOffset printedAt)
    {
        var (words, certificate) = (text.Words, text.Certificate);
        var y = Write(graphics, words.Title, 12, Left, 70, Width);
        y = Write(graphics, "№ " + certificate.Serial, 22, Left, y + 4, Width) + 14;
        foreach (var (label, value) in ((string, string?)[])[
            (string.Format(null, words.Printed, text.Minute(printedAt)), text.State), (words.Product, text.Product), (words.Village, text.Village),
            (words.Quantity, text.Of(certificate.Quantity)), (words.Valid, text.Validity), (words.Scheme, $"{certificate.Scheme}, {certificate.SchemeVersion}"),
            (words.Issuer, certificate.IssuerName), (words.Lot, certificate.Lot.ToString()), (words.Replaces, certificate.Replaces),
            (words.ReplacedBy, certificate.ReplacedBy)])
        {
            if (value is not null)
            {
                var below = Write(graphics, label, 9, Left, y + 2, LabelWidth - 10, XBrushes.DimGray);
                y = Math.Max(below, Write(graphics, value, 12, Left + LabelWidth, y, Width - LabelWidth)) + 9;
            }
        }

        var (runs, size) = QrCode.Of(certificate.Label);
        var module = QrSide / size;
        foreach (var (row, from, length) in runs)
        {
            graphics.DrawRectangle(XBrushes.Black, Left + (from * module), y + 12 + (row * module), length * module, module);
        }

        Write(graphics, words.CheckQr, 11, Left + QrSide + 18, y + 40, Width - QrSide - 18);
    }

    /// <summary>Writes a text in as many lines as it needs; the height below the last.</summary>
    private static double Write(XGraphics graphics, string text, double size, double x, double y, double width, XBrush? brush = null)
    {
        var font = new XFont(EmbeddedFont.Family, size);
        foreach (var line in Lines(graphics, text, font, width))
        {
            graphics.DrawString(line, font, brush ?? XBrushes.Black, x, y + size);
            y += size * 1.35;
        }

        return y;
    }

    private static IEnumerable<string> Lines(XGraphics graphics, string text, XFont font, double width)
    {
        var line = "";
        foreach (var word in text.Split(' '))
        {
            var longer = line.Length == 0 ? word : line + " " + word;
            if (line.Length > 0 && graphics.MeasureString(longer, font).Width > width)
            {
                yield return line;
                longer = word;
            }

            line = longer;
        }

        yield return line;
    }

    /// <summary>One face for everything: it has every letter of the four languages, and no machine has to have it installed.</summary>
    private sealed class EmbeddedFont : IFontResolver
    {
        public const string Family = "DejaVu Sans";

        public FontResolverInfo ResolveTypeface(string familyName, bool isBold, bool isItalic) => new(Family);

        public byte[] GetFont(string faceName)
        {
            using var font = typeof(EmbeddedFont).Assembly.GetManifestResourceStream("Marketplace.Certification.Fonts.DejaVuSans.ttf")!;
            using var copy = new MemoryStream();
            font.CopyTo(copy);
            return copy.ToArray();
        }
    }
}
