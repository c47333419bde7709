using System.Globalization;
using Marketplace.Kernel;
using Npgsql;

namespace Marketplace.Certification;

/// <summary>Loads schemes, indicators and limits. What is loaded is never changed: a new edition is a new row with its own dates.</summary>
internal static class ReferenceData
{
    private const int Edition = 1;
    private static readonly DateOnly InForceFrom = new(2026, 1, 1);

    public static async Task Load(string ownerConnection, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(ownerConnection);
        await connection.OpenAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await Indicators(connection, cancel);
        await Limits(connection, cancel);
        await Requirements(connection, cancel);
        await Schemes(connection, cancel);
        await Yields(connection, cancel);
        await transaction.CommitAsync(cancel);
    }

    /// <summary>The embedded table of limits, as the loader and its tests read it.</summary>
    internal static List<LimitLine> LimitLines() => Table("limits.tsv", row => new LimitLine(
        int.Parse(row["number"]!, CultureInfo.InvariantCulture), row["rule_group"]!, row["products"]?.Split(','), Months(row["months"]), row["growing"],
        row["indicator"]!, row["kind"]!, Number(row["lowest"]), Number(row["highest"]), row["unit"], row["sample"], row["regulation"]!, row["annex"]!, row["source"]!,
        row["confidence"]!, row["note"]));

    private static async Task Indicators(NpgsqlConnection connection, CancellationToken cancel)
    {
        var rows = Table("indicators.tsv", row =>
            (Code: row["code"]!, En: row["name_en"]!, Ru: row["name_ru"]!, Kk: row["name_kk"]!, Cas: row["cas"], Kind: row["kind"]!));
        await using var insert = new NpgsqlCommand("""
            insert into certification.indicator (code, name_en, name_ru, name_kk, cas, kind)
            select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) on conflict do nothing
            """, connection);
        insert.Parameters.AddWithValue(rows.Select(row => row.Code).ToArray());
        insert.Parameters.AddWithValue(rows.Select(row => row.En).ToArray());
        insert.Parameters.AddWithValue(rows.Select(row => row.Ru).ToArray());
        insert.Parameters.AddWithValue(rows.Select(row => row.Kk).ToArray());
        insert.Parameters.AddWithValue(rows.Select(row => row.Cas).ToArray());
        insert.Parameters.AddWithValue(rows.Select(row => row.Kind).ToArray());
        await insert.ExecuteNonQueryAsync(cancel);
    }

    private static async Task Limits(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var line in LimitLines())
        {
            var command = new NpgsqlBatchCommand("""
                insert into certification.limit_rule (number, edition, rule_group, products, months, growing, indicator, kind, lowest, highest, unit,
                       sample, regulation, annex, source, confidence, active, note, valid_from)
                values ($1, $2, $3, $4, $5, $6::certification.growing_method, $7, $8::certification.limit_kind, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                        $19) on conflict do nothing
                """);
            foreach (var value in (object?[])[line.Number, Edition, line.RuleGroup, line.Products, line.Months, line.Growing, line.Indicator, line.Kind,
                line.Lowest, line.Highest, line.Unit, line.Sample, line.Regulation, line.Annex, line.Source, line.Confidence, line.Confidence != "C", line.Note,
                InForceFrom])
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
            }

            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancel);
    }

    private static async Task Requirements(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var values in Table("requirements.tsv", row => (object?[])[row["code"], row["form"], row["owner"], row["per_product"] == "yes",
            Number(row["validity_days"]), row["title_en"], row["title_ru"], row["title_kk"], row["title_ky"]]))
        {
            var command = new NpgsqlBatchCommand("""
                insert into certification.requirement (code, form, owner, per_product, validity_days, title_en, title_ru, title_kk, title_ky)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing
                """);
            foreach (var value in values)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
            }

            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancel);
    }

    private static async Task Yields(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var values in Table("yields.tsv", row => (object?[])[int.Parse(row["number"]!, CultureInfo.InvariantCulture), Edition, row["rule_group"],
            row["products"]?.Split(','), row["base"], row["per"], row["unit"], Number(row["low"]), Number(row["typical"]), Number(row["high"]), row["span"],
            row["gathered_days"] is { } days ? int.Parse(days, CultureInfo.InvariantCulture) : null, row["source"], row["confidence"], row["note"], InForceFrom]))
        {
            var command = new NpgsqlBatchCommand("""
                insert into certification.yield (number, edition, rule_group, products, base, per, unit, low, typical, high, span, gathered_days, source,
                       confidence, note, valid_from)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::certification.yield_span, $12, $13, $14, $15, $16) on conflict do nothing
                """);
            foreach (var value in values)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
            }

            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancel);
    }

    private static async Task Schemes(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var (code, version, terms) in SchemeTemplates.All())
        {
            var command = new NpgsqlBatchCommand("select certification.load_scheme($1, $2, $3::jsonb)");
            command.Parameters.AddWithValue(code);
            command.Parameters.AddWithValue(version);
            command.Parameters.AddWithValue(Event.Text(terms));
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Tab-separated lines under a header; our own files quote nothing.</summary>
    private static List<T> Table<T>(string name, Func<Line, T> make)
    {
        using var reader = new StreamReader(Open(name));
        var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r').Split('\t')).ToList();
        var columns = lines[0].Select((column, at) => (column, at)).ToDictionary(pair => pair.column, pair => pair.at, StringComparer.Ordinal);
        return [.. lines.Skip(1).Select(cells => make(new Line(columns, cells)))];
    }

    private static Stream Open(string name) =>
        typeof(ReferenceData).Assembly.GetManifestResourceStream($"Marketplace.Certification.Reference.{name}")!;

    private static decimal? Number(string? text) => text is null ? null : decimal.Parse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    /// <summary>Months such as <c>9-5</c>: September to May.</summary>
    private static int[]? Months(string? span)
    {
        if (span is null)
        {
            return null;
        }

        var ends = span.Split('-').Select(month => int.Parse(month, CultureInfo.InvariantCulture)).ToArray();
        return [.. Enumerable.Range(1, 12).Where(month => ends[0] <= ends[1] ? month >= ends[0] && month <= ends[1] : month >= ends[0] || month <= ends[1])];
    }

    private readonly struct Line(Dictionary<string, int> columns, string[] cells)
    {
        public string? this[string column] => cells[columns[column]] is { Length: > 0 } text ? text : null;
    }
}

internal sealed record LimitLine(
    int Number, string RuleGroup, string[]? Products, int[]? Months, string? Growing, string Indicator, string Kind, decimal? Lowest, decimal? Highest, string? Unit,
    string? Sample, string Regulation, string Annex, string Source, string Confidence, string? Note);
