using System.Globalization;
using System.IO.Compression;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Marketplace.Registry.Territories;

/// <summary>The embedded territory tree and the way into the table.</summary>
internal static class ReferenceData
{
    private static readonly DateOnly KnownSince = new(2025, 1, 1);

    /// <summary>Copies the tree into the empty table; the folds are made by the database, so there is one definition of them.</summary>
    internal static async Task<int> Load(NpgsqlConnection owner, CancellationToken cancel)
    {
        await using var transaction = await owner.BeginTransactionAsync(cancel);
        await Run(owner, "lock table registry.territory in share row exclusive mode", cancel);
        await using (var filled = new NpgsqlCommand("select exists (select from registry.territory)", owner))
        {
            if ((bool)(await filled.ExecuteScalarAsync(cancel))!)
            {
                return 0;
            }
        }

        await Run(owner, """
            create temp table arriving (code text, parent text, level text, country text, name_kk text, name_ru text, path text[],
                habitable boolean, latitude double precision, longitude double precision) on commit drop
            """, cancel);
        var rows = Read();
        await using (var copy = await owner.BeginBinaryImportAsync("copy arriving from stdin (format binary)", cancel))
        {
            foreach (var row in rows)
            {
                await copy.StartRowAsync(cancel);
                await copy.WriteAsync(row.Code, NpgsqlDbType.Text, cancel);
                await Nullable(copy, row.Parent, NpgsqlDbType.Text, cancel);
                await copy.WriteAsync(row.Level, NpgsqlDbType.Text, cancel);
                await copy.WriteAsync(row.Code.StartsWith("kg", StringComparison.Ordinal) ? "KG" : "KZ", NpgsqlDbType.Text, cancel);
                await copy.WriteAsync(row.NameKk, NpgsqlDbType.Text, cancel);
                await copy.WriteAsync(row.NameRu, NpgsqlDbType.Text, cancel);
                await copy.WriteAsync(row.Path, NpgsqlDbType.Array | NpgsqlDbType.Text, cancel);
                await copy.WriteAsync(row.Habitable, NpgsqlDbType.Boolean, cancel);
                await Nullable(copy, row.Latitude, NpgsqlDbType.Double, cancel);
                await Nullable(copy, row.Longitude, NpgsqlDbType.Double, cancel);
            }

            await copy.CompleteAsync(cancel);
        }

        // Filling first and indexing after takes a third of the time of filling an indexed table.
        await Run(owner, "drop index registry.territory_path, registry.territory_search", cancel);
        await using var insert = new NpgsqlCommand("""
            insert into registry.territory (code, parent, level, country, name_kk, name_ru, search_kk, search_ru, path, habitable, latitude,
                longitude, valid_from)
            select code, parent, level::registry.territory_level, country, name_kk, name_ru, registry.search_form(name_kk),
                   registry.search_form(name_ru), path, habitable, latitude, longitude, $1
              from arriving
            """, owner);
        insert.Parameters.AddWithValue(KnownSince);
        var loaded = await insert.ExecuteNonQueryAsync(cancel);
        await Run(owner, """
            create index territory_path on registry.territory using gin (path);
            create index territory_search on registry.territory using gin (search_kk gin_trgm_ops, search_ru gin_trgm_ops);
            analyze registry.territory
            """, cancel);
        await transaction.CommitAsync(cancel);
        return loaded;
    }

    /// <summary>The embedded rows, parents before children.</summary>
    internal static List<Row> Read()
    {
        using var packed = typeof(ReferenceData).Assembly.GetManifestResourceStream("Marketplace.Registry.Data.territories.tsv.gz")!;
        using var lines = new StreamReader(new GZipStream(packed, CompressionMode.Decompress), Encoding.UTF8);
        var rows = new List<Row>(18_200);
        var paths = new Dictionary<string, string[]>(StringComparer.Ordinal);
        while (lines.ReadLine() is { } line)
        {
            var cells = line.Split('\t');
            string[] path = cells[1].Length == 0 ? [cells[0]] : [.. paths[cells[1]], cells[0]];
            paths.Add(cells[0], path);
            var level = cells[2] switch { "c" => "country", "o" => "oblast", "d" => "district", "k" => "okrug", _ => "village" };
            rows.Add(new Row(cells[0], cells[1].Length == 0 ? null : cells[1], level, cells[3], cells[4], path, Degrees(cells[5]), Degrees(cells[6])));
        }

        var parents = rows.Select(row => row.Parent).ToHashSet(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            row.Habitable = row.Level == "village" || (row.Level == "okrug" && !parents.Contains(row.Code));
        }

        return rows;
    }

    private static double? Degrees(string cell) => cell.Length == 0 ? null : double.Parse(cell, CultureInfo.InvariantCulture);

    private static Task Nullable<T>(NpgsqlBinaryImporter copy, T? value, NpgsqlDbType type, CancellationToken cancel) =>
        value is null ? copy.WriteNullAsync(cancel) : copy.WriteAsync(value, type, cancel);

    private static async Task Run(NpgsqlConnection owner, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, owner);
        await command.ExecuteNonQueryAsync(cancel);
    }

    internal sealed record Row(
        string Code, string? Parent, string Level, string NameKk, string NameRu, string[] Path, double? Latitude, double? Longitude)
    {
        public bool Habitable { get; set; }
    }
}
