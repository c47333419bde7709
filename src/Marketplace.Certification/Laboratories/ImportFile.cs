using System.Globalization;
using System.Text;
using System.Text.Json;
using CsvHelper;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;

namespace Marketplace.Certification;

/// <summary>One measured value of a file, every cell as it was written.</summary>
/// <param name="Sample">Number of the seal, or id of the sample.</param>
/// <param name="Indicator">Code of the indicator, or its name in English, Russian or Kazakh.</param>
/// <param name="Value"><c>0,05</c>, <c>&lt;0,01</c>, <c>&gt;500</c>, <c>not detected</c>, <c>н/о</c>, <c>detected</c>.</param>
/// <param name="Unit">The limit's unit; <c>мг/кг</c> is <c>mg/kg</c>.</param>
/// <param name="Method">The method.</param>
/// <param name="Equipment">The laboratory's code of the instrument.</param>
/// <param name="Uncertainty">Expanded uncertainty, k = 2, in the unit.</param>
/// <param name="AnalysedOn">Day of the analysis: <c>2026-08-31</c> or <c>31.08.2026</c>.</param>
public sealed record ImportedValue(
    string Sample, string Indicator, string Value, string Unit, string Method, string? Equipment = null, string? Uncertainty = null,
    string? AnalysedOn = null);

/// <summary>The JSON form of a file of results.</summary>
/// <param name="Rows">One per measured value.</param>
public sealed record ResultImportFile(IReadOnlyList<ImportedValue> Rows);

/// <summary>Reads a laboratory's file: bytes to rows of text, nothing of what the cells mean.</summary>
internal static class ImportFile
{
    public static readonly IReadOnlyList<string> Columns = ["sample", "indicator", "value", "unit", "method", "equipment", "uncertainty", "analysedOn"];
    private const int RequiredColumns = 5;
    private static readonly JsonSerializerOptions Json = Wire.Apply(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    /// <summary>The rows with the line each stands on; problems of the file as a whole name the column or the line.</summary>
    public static Outcome<(List<(int Line, ImportedValue Row)> Rows, List<ImportProblem> Problems)> Read(byte[] file, bool isJson)
    {
        var decoded = Decode(file);
        if (decoded.Refusal is { } unreadable)
        {
            return unreadable;
        }

        if (decoded.Value!.Contains('\0', StringComparison.Ordinal))
        {
            return NoText;
        }

        if (!isJson)
        {
            return Csv(decoded.Value);
        }

        var rows = JsonSerializer.Deserialize<ResultImportFile>(decoded.Value, Json)?.Rows ?? throw new JsonException("The body is an object with rows.");
        return rows.Any(row => row.GetType().GetProperties().Any(cell => ((string?)cell.GetValue(row))?.Contains('\0', StringComparison.Ordinal) == true))
            ? NoText
            : ([.. rows.Select((row, at) => (at + 1, row))], []);
    }

    private static readonly Refusal NoText = new("not-text", "The file holds characters that are no text.", Status: 400);

    /// <summary>UTF-8 or UTF-16, with or without a byte order mark. Windows-1251 is refused: it has no Қ, and its bytes say nothing of themselves.</summary>
    private static Outcome<string> Decode(byte[] file)
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

    private static (List<(int Line, ImportedValue Row)> Rows, List<ImportProblem> Problems) Csv(string text)
    {
        var problems = new List<ImportProblem>();
        var rows = new List<(int, ImportedValue)>();
        // Names of columns hold no separator, so the heading tells it; a decimal comma further down does not mislead.
        var heading = text.Split('\n', 2)[0];
        var separator = ";\t,".MaxBy(candidate => heading.Count(letter => letter == candidate));
        using var csv = CsvReader.FromText(text, new CsvReaderOptions { Separator = separator, TrimWhitespace = true, TrackLineNumbers = true });
        var headers = csv.Headers.Select(header => Columns.FirstOrDefault(column => column.Equals(header.Trim(), StringComparison.OrdinalIgnoreCase))).ToList();
        foreach (var (column, at) in headers.Select((column, at) => (column, at)))
        {
            if (column is null || headers.IndexOf(column) != at)
            {
                problems.Add(new ImportProblem(1, csv.Headers[at], "unknown-column", "The file has a column nobody knows, or one twice.", string.Join(", ", Columns)));
            }
        }

        foreach (var missing in Columns.Take(RequiredColumns).Except(headers))
        {
            problems.Add(new ImportProblem(1, missing!, "missing-column", "The file lacks a column.", missing));
        }

        while (problems.Count == 0 && csv.Read())
        {
            string? Cell(string column) =>
                headers.IndexOf(column) is var at and >= 0 && at < csv.FieldCount && csv.GetString(at).Trim() is { Length: > 0 } cell ? cell : null;

            if (csv.FieldCount > headers.Count)
            {
                problems.Add(new ImportProblem((int)csv.LineNumber, Columns[0], "too-many-cells", "The row has more cells than the heading.",
                    separator == ',' ? "\"0,05\"" : null));
                continue;
            }

            rows.Add(((int)csv.LineNumber, new ImportedValue(Cell("sample") ?? "", Cell("indicator") ?? "", Cell("value") ?? "", Cell("unit") ?? "",
                Cell("method") ?? "", Cell("equipment"), Cell("uncertainty"), Cell("analysedOn"))));
        }

        return (rows, problems);
    }
}

/// <summary>What the cells of a laboratory's file mean.</summary>
internal static class ImportCell
{
    private static readonly string[] NotDetected =
        ["not detected", "nd", "n.d.", "н/о", "н.о.", "но", "не обнаружено", "не обнаружен", "не обнаружена", "не обн.", "анықталмады", "аныкталган жок", "табылган жок"];

    private static readonly string[] Detected = ["detected", "обнаружено", "обнаружен", "обнаружена", "анықталды", "аныкталды", "табылды"];

    /// <summary>Spellings of one and the same unit; this is no conversion.</summary>
    private static readonly Dictionary<string, string> Units = new(StringComparer.OrdinalIgnoreCase)
    {
        ["мг/кг"] = "mg/kg", ["мкг/кг"] = "ug/kg", ["µg/kg"] = "ug/kg", ["μg/kg"] = "ug/kg", ["г/кг"] = "g/kg", ["мг/кг жира"] = "mg/kg fat",
        ["Бк/кг"] = "Bq/kg", ["кБк/кг"] = "kBq/kg", ["Бк/л"] = "Bq/l", ["КОЕ/г"] = "CFU/g", ["КОЕ/см3"] = "CFU/cm3", ["КОЕ/мл"] = "CFU/ml",
        ["г/100г"] = "g/100g", ["%"] = "% mass", ["кг/м3"] = "kg/m3",
    };

    /// <summary>A value as a protocol has it: a number, a number below or above a bound, found or not found.</summary>
    public static Outcome<(ResultComparator Comparator, decimal? Value)> Value(string text)
    {
        var plain = text.Trim();
        if (NotDetected.Contains(plain, StringComparer.OrdinalIgnoreCase))
        {
            return (ResultComparator.NotDetected, null);
        }

        if (Detected.Contains(plain, StringComparer.OrdinalIgnoreCase))
        {
            return (ResultComparator.Detected, null);
        }

        var comparator = plain.FirstOrDefault() switch
        {
            '<' => ResultComparator.Below,
            '>' => ResultComparator.Above,
            _ => ResultComparator.Equal,
        };
        var number = Number(comparator == ResultComparator.Equal ? plain : plain[1..]);
        return number.Refusal is { } refusal ? refusal : (comparator, number.Value);
    }

    /// <summary>A number from 0 to 1,000,000,000.</summary>
    public static Outcome<decimal> Number(string text)
    {
        var read = DecimalInput.Read(text);
        return read.Refusal is null && read.Value < 0 ? new Refusal("value-negative", "A value is 0 or more.", Status: 400)
            : read.Refusal is null && read.Value > 1_000_000_000 ? new Refusal("value-too-large", "A value is at most 1,000,000,000.", Status: 400)
            : read;
    }

    public static string Unit(string text)
    {
        var plain = text.Trim();
        if (Units.TryGetValue(plain, out var known))
        {
            return known;
        }

        // The sample examined for presence: 25 г, 0,1 см3.
        return plain.EndsWith(" г", StringComparison.Ordinal) ? plain[..^1].Replace(',', '.') + "g"
            : plain.EndsWith(" см3", StringComparison.Ordinal) ? plain[..^3].Replace(',', '.') + "cm3" : plain;
    }

    public static DateOnly? Day(string text) =>
        DateOnly.TryParseExact(text.Trim(), ["yyyy-MM-dd", "dd.MM.yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;
}
