using System.Globalization;
using System.Text.Json;
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
    private static readonly JsonSerializerOptions Json = Wire.Received(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    /// <summary>The rows with the line each stands on; problems of the file as a whole name the column or the line.</summary>
    public static Outcome<(List<(int Line, ImportedValue Row)> Rows, List<ImportProblem> Problems)> Read(byte[] file, bool isJson)
    {
        if (!isJson)
        {
            var table = TableFile.Read(file, Columns, RequiredColumns);
            return table.Refusal is { } unreadable ? unreadable : ([.. table.Value.Rows.Select(row => (row.Number, Value(row)))],
                table.Value.Problems.ConvertAll(problem => new ImportProblem(problem.Row, problem.Column, problem.Code, problem.Message, problem.Suggestion)));
        }

        var decoded = TableFile.Text(file);
        if (decoded.Refusal is { } refused)
        {
            return refused;
        }

        if (decoded.Value!.Contains('\0', StringComparison.Ordinal))
        {
            return TableFile.NoText;
        }

        var rows = JsonSerializer.Deserialize<ResultImportFile>(decoded.Value, Json)?.Rows ?? throw new JsonException("The body is an object with rows.");
        return rows.Any(row => row.GetType().GetProperties().Any(cell => ((string?)cell.GetValue(row))?.Contains('\0', StringComparison.Ordinal) == true))
            ? TableFile.NoText
            : ([.. rows.Select((row, at) => (at + 1, row))], []);
    }

    private static ImportedValue Value(TableRow row) => new(row["sample"] ?? "", row["indicator"] ?? "", row["value"] ?? "", row["unit"] ?? "", row["method"] ?? "",
        row["equipment"], row["uncertainty"], row["analysedOn"]);
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
