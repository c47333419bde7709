using System.Globalization;
using System.IO.Compression;
using System.Text;
using CsvHelper;
using MiniExcelLibs;

namespace Marketplace.Kernel;

/// <summary>One cell of a file that is wrong, or the file's heading.</summary>
/// <param name="Row">Line of a text file or row of a sheet, the heading being 1.</param>
/// <param name="Column">The column's name.</param>
/// <param name="Code">Stable kebab-case code.</param>
/// <param name="Message">A sentence for people.</param>
/// <param name="Suggestion">What would be right, when it is known.</param>
public sealed record TableProblem(int Row, string Column, string Code, string Message, string? Suggestion = null);

/// <summary>A row of a file: cells by the name of their column, trimmed; empty ones are absent.</summary>
/// <param name="Number">Line of a text file or row of a sheet, the heading being 1.</param>
/// <param name="Cells">The cells.</param>
public sealed record TableRow(int Number, IReadOnlyDictionary<string, string> Cells)
{
    /// <summary>A cell; null when it is empty.</summary>
    public string? this[string column] => Cells.GetValueOrDefault(column);
}

/// <summary>Tables that people send: CSV, text pasted from a sheet, XLSX. Bytes to rows of text, nothing of what the cells mean.</summary>
public static class TableFile
{
    private const long MostInflated = 64 * 1024 * 1024;

    /// <summary>The refusal of a file that holds characters that are no text.</summary>
    public static readonly Refusal NoText = new("not-text", "The file holds characters that are no text.", Status: 400);

    private static readonly Refusal Unreadable = new("not-a-sheet", "This is not a sheet that can be read; save it as XLSX or CSV.", Status: 400);

    /// <summary>Reads a table with a heading; refuses <c>not-utf8</c>, <c>not-text</c>, <c>not-a-sheet</c>.</summary>
    /// <param name="file">The bytes.</param>
    /// <param name="columns">The columns there may be, as on the wire; the heading is compared without case.</param>
    /// <param name="required">How many of the first ones there must be.</param>
    public static Outcome<(List<TableRow> Rows, List<TableProblem> Problems)> Read(byte[] file, IReadOnlyList<string> columns, int required)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(columns);
        if (file is [(byte)'P', (byte)'K', 3, 4, ..])
        {
            return Sheet(file, columns, required);
        }

        var text = Text(file);
        return text.Refusal is { } refusal ? refusal
            : text.Value!.Contains('\0', StringComparison.Ordinal) ? NoText
            : Csv(text.Value, columns, required);
    }

    /// <summary>UTF-8 or UTF-16, with or without a byte order mark. Windows-1251 is refused: it has no Қ, and its bytes say nothing of themselves.</summary>
    /// <param name="file">The bytes.</param>
    public static Outcome<string> Text(byte[] file)
    {
        Encoding encoding = file switch
        {
            [0xFF, 0xFE, ..] => Encoding.Unicode,
            [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode,
            [not 0, 0, ..] => Encoding.Unicode,
            [0, not 0, ..] => Encoding.BigEndianUnicode,
            _ => new UTF8Encoding(false, throwOnInvalidBytes: true),
        };
        try
        {
            return encoding.GetString(file).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            return new Refusal("not-utf8", "Save the file as CSV UTF-8: Windows-1251 cannot hold Қ, Ғ or Ң.", Status: 400);
        }
    }

    private static (List<TableRow> Rows, List<TableProblem> Problems) Csv(string text, IReadOnlyList<string> columns, int required)
    {
        // Names of columns hold no separator, so the heading tells it; a decimal comma further down does not mislead.
        var heading = text.Split('\n', 2)[0];
        var separator = ";\t,".MaxBy(candidate => heading.Count(letter => letter == candidate));
        using var csv = CsvReader.FromText(text, new CsvReaderOptions { Separator = separator, TrimWhitespace = true, TrackLineNumbers = true });
        var (names, problems) = Heading([.. csv.Headers], columns, required);
        var rows = new List<TableRow>();
        while (problems.Count == 0 && csv.Read())
        {
            if (csv.FieldCount > names.Count)
            {
                problems.Add(new TableProblem((int)csv.LineNumber, columns[0], "too-many-cells", "The row has more cells than the heading.",
                    separator == ',' ? "\"0,05\"" : null));
                continue;
            }

            rows.Add(Row((int)csv.LineNumber, names, [.. Enumerable.Range(0, csv.FieldCount).Select(csv.GetString)]));
        }

        return (rows, problems);
    }

    private static Outcome<(List<TableRow> Rows, List<TableProblem> Problems)> Sheet(byte[] file, IReadOnlyList<string> columns, int required)
    {
        try
        {
            using var stream = new MemoryStream(file, writable: false);
            using (var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true))
            {
                // What a sheet says of its own size is a claim: each entry is inflated once, up to the bound.
                var left = MostInflated;
                var buffer = new byte[81_920];
                foreach (var entry in archive.Entries)
                {
                    using var inflated = entry.Open();
                    for (int read; (read = inflated.Read(buffer)) > 0;)
                    {
                        left -= read;
                        if (left < 0)
                        {
                            return Unreadable;
                        }
                    }
                }
            }

            stream.Position = 0;
            List<List<string>> sheet = [.. stream.Query(useHeaderRow: false, excelType: ExcelType.XLSX)
                .Select(row => ((IDictionary<string, object?>)row).Values.Select(Cell).ToList())];
            if (sheet.Count == 0)
            {
                return ([], []);
            }

            while (sheet[0].Count > 0 && sheet[0][^1].Length == 0)
            {
                sheet[0].RemoveAt(sheet[0].Count - 1);
            }

            var (names, problems) = Heading(sheet[0], columns, required);
            var rows = problems.Count > 0 ? [] : sheet.Select((cells, at) => (cells, at)).Skip(1).Where(row => row.cells.Exists(cell => cell.Length > 0))
                .Select(row => Row(row.at + 1, names, [.. row.cells.Take(names.Count)])).ToList();
            return rows.Exists(row => row.Cells.Values.Any(cell => cell.Contains('\0', StringComparison.Ordinal))) ? NoText : (rows, problems);
        }
        catch (Exception broken) when (broken is InvalidDataException or System.Xml.XmlException or FormatException or KeyNotFoundException
            or ArgumentException or InvalidOperationException or NullReferenceException or IndexOutOfRangeException or NotSupportedException or OverflowException)
        {
            return Unreadable;
        }
    }

    private static string Cell(object? value) => value switch
    {
        null => "",
        DateTime day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        double number => Number(number),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!.Trim(),
    };

    /// <summary>Sheets keep numbers as doubles: 0.1 stays 0.1, and nothing is written with an exponent.</summary>
    private static string Number(double number) => double.IsFinite(number) && Math.Abs(number) < 1e15
        ? ((decimal)number).ToString("0.#########", CultureInfo.InvariantCulture) : number.ToString("R", CultureInfo.InvariantCulture);

    private static (List<string> Names, List<TableProblem> Problems) Heading(List<string> heading, IReadOnlyList<string> columns, int required)
    {
        var names = heading.ConvertAll(header => columns.FirstOrDefault(column => column.Equals(header.Trim(), StringComparison.OrdinalIgnoreCase)) ?? "");
        var problems = names.Select((column, at) => (column, at)).Where(one => one.column.Length == 0 || names.IndexOf(one.column) != one.at)
            .Select(one => new TableProblem(1, heading[one.at], "unknown-column", "The file has a column nobody knows, or one twice.", string.Join(", ", columns)))
            .Concat(columns.Take(required).Except(names).Select(missing => new TableProblem(1, missing, "missing-column", "The file lacks a column.", missing)));
        return (names, [.. problems]);
    }

    private static TableRow Row(int number, List<string> names, List<string> cells) => new(number, names.Zip(cells)
        .Where(pair => pair.Second.Trim().Length > 0).ToDictionary(pair => pair.First, pair => pair.Second.Trim(), StringComparer.Ordinal));
}
