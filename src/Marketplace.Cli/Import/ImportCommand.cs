using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using CsvHelper;
using Spectre.Console;

namespace Marketplace.Cli.Import;

/// <summary><c>import lots FILE</c>: declares lots from a CSV file through the API.</summary>
internal static class ImportCommand
{
    public static Command Build() => new("import", "Bring data in through the API.") { Lots() };

    private static Command Lots()
    {
        var file = new Argument<FileInfo>("file") { Description = "CSV with a header: product,quantity,unit,readyOn,household,price,currency. Comma, semicolon or tab." };
        var url = ApiClient.UrlOption();
        var key = new Option<string>("--key") { Description = "The key of a household, an agent or a manager.", Required = true };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("lots", "Declare lots from a CSV file.") { file, url, key, json };
        command.SetAction(async (parsed, cancel) =>
        {
            List<(int Line, Dictionary<string, string> Row)> rows;
            try
            {
                rows = Read(parsed.GetValue(file)!);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CsvFormatException)
            {
                await Console.Error.WriteLineAsync(failure.Message);
                return Exit.Failed;
            }

            using var api = new ApiClient(parsed.GetValue(url)!);
            var declared = new JsonArray();
            var refused = new JsonArray();
            async Task Each(Action step)
            {
                foreach (var (line, row) in rows)
                {
                    try
                    {
                        var lot = await api.Post(parsed.GetValue(key), "/v1/lots", Body(row), cancel);
                        declared.Add(lot["id"]!.GetValue<string>());
                    }
                    catch (ApiRefusal refusal)
                    {
                        refused.Add(new JsonObject { ["line"] = line, ["code"] = refusal.Code, ["message"] = refusal.Message });
                    }

                    step();
                }
            }

            try
            {
                if (parsed.GetValue(json))
                {
                    await Each(() => { });
                    Console.WriteLine(new JsonObject { ["declared"] = declared, ["refused"] = refused }.ToJsonString());
                }
                else
                {
                    await AnsiConsole.Progress().StartAsync(async progress =>
                    {
                        var bar = progress.AddTask("Declaring lots", maxValue: rows.Count);
                        await Each(() => bar.Increment(1));
                    });
                    foreach (var bad in refused)
                    {
                        AnsiConsole.WriteLine($"line {bad!["line"]}: {bad["code"]}");
                    }

                    AnsiConsole.WriteLine($"{declared.Count} declared, {refused.Count} refused");
                }
            }
            catch (HttpRequestException failure)
            {
                await Console.Error.WriteLineAsync(failure.Message);
                return Exit.Failed;
            }

            return refused.Count == 0 ? Exit.Done : Exit.Refused;
        });
        return command;
    }

    private static object Body(Dictionary<string, string> row) => new
    {
        product = row.GetValueOrDefault("product", ""),
        quantity = new { value = row.GetValueOrDefault("quantity", ""), unit = row.GetValueOrDefault("unit", "") },
        readyOn = row.GetValueOrDefault("readyOn", ""),
        household = NullIfEmpty(row.GetValueOrDefault("household")),
        price = NullIfEmpty(row.GetValueOrDefault("price")) is { } price
            ? new { value = price, currency = row.GetValueOrDefault("currency", "KZT"), per = row.GetValueOrDefault("unit", "") }
            : null,
    };

    private static string? NullIfEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    private static List<(int Line, Dictionary<string, string> Row)> Read(FileInfo file)
    {
        using var csv = CsvReader.FromFile(file.FullName, new CsvReaderOptions { TrimWhitespace = true, TrackLineNumbers = true });
        var rows = new List<(int, Dictionary<string, string>)>();
        while (csv.Read())
        {
            var row = new Dictionary<string, string>(StringComparer.Ordinal);
            for (var i = 0; i < csv.Headers.Count && i < csv.FieldCount; i++)
            {
                row[csv.Headers[i]] = csv.GetString(i);
            }

            rows.Add(((int)csv.LineNumber, row));
        }

        return rows;
    }
}
