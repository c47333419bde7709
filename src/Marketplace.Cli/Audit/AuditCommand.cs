using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Kernel;
using Npgsql;

namespace Marketplace.Cli.Audit;

/// <summary><c>audit export FILE</c> and <c>audit verify FILE --roots ROOTS</c>: the event log, checked by somebody who trusts nobody here.</summary>
internal static class AuditCommand
{
    public static Command Build() => new("audit", "Export the event log, or verify it against published roots.") { Export(), Verify() };

    private static Command Export()
    {
        var file = new Argument<FileInfo>("file") { Description = "Where the lines of JSON go." };
        var key = new Option<string>("--key") { Description = "The key of an auditor or administrator.", Required = true };
        var withPayloads = new Option<bool>("--payloads") { Description = "With what the events say; auditors only." };
        var url = ApiClient.UrlOption();
        var command = new Command("export", "Save the event log up to the last checkpoint.") { file, key, withPayloads, url };
        command.SetAction(async (parsed, cancel) =>
        {
            try
            {
                using var api = new ApiClient(parsed.GetValue(url)!);
                await using var writer = new StreamWriter(parsed.GetValue(file)!.FullName);
                var payloads = parsed.GetValue(withPayloads) ? "true" : "false";
                var rows = 0L;
                string part;
                do
                {
                    part = await api.Text(
                        parsed.GetValue(key)!, string.Create(CultureInfo.InvariantCulture, $"/v1/audit/events?from={rows}&payloads={payloads}"), cancel);
                    await writer.WriteAsync(part);
                    rows += part.AsSpan().Count('\n');
                }
                while (part.Length > 0);

                Console.WriteLine($"{rows} events");
                return Exit.Done;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or HttpRequestException or ApiRefusal)
            {
                await Console.Error.WriteLineAsync(failure.Message);
                return failure is ApiRefusal ? Exit.Refused : Exit.Failed;
            }
        });
        return command;
    }

    private static Command Verify()
    {
        var file = new Argument<FileInfo?>("file") { Description = "A saved export.", Arity = ArgumentArity.ZeroOrOne };
        var roots = new Option<FileInfo>("--roots") { Description = "A saved GET /v1/audit/checkpoints, or one checkpoint of it.", Required = true };
        var database = new Option<string?>("--database") { Description = "Instead of a file: a reader's connection string." };
        var tenant = new Option<string?>("--tenant") { Description = "With --database: the operator." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("verify", "Check every row, chain and root; needs no network and no trust.") { file, roots, database, tenant, json };
        command.SetAction(async (parsed, cancel) =>
        {
            try
            {
                var published = Roots(await File.ReadAllTextAsync(parsed.GetValue(roots)!.FullName, cancel));
                var (check, finding) = (parsed.GetValue(file), parsed.GetValue(database), parsed.GetValue(tenant)) switch
                {
                    ({ } lines, null, _) => OfFile(lines.FullName, published),
                    (null, { } connection, { } operatorId) => await OfDatabase(connection, operatorId, published, cancel),
                    _ => throw new IOException("Name a file, or a database and its tenant."),
                };
                Tell(parsed.GetValue(json), check, finding, published);
                return finding is null ? Exit.Done : Exit.Refused;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException or NpgsqlException or ArgumentException)
            {
                await Console.Error.WriteLineAsync(failure.Message);
                return Exit.Failed;
            }
        });
        return command;
    }

    /// <summary>Checks a saved export.</summary>
    internal static (LogCheck Check, LogFinding? Finding) OfFile(string path, IReadOnlyList<AuditCheckpoint> roots)
    {
        var check = new LogCheck(roots);
        return (check, check.Begin() ?? File.ReadLines(path).Select(check.AddLine).FirstOrDefault(finding => finding is not null) ?? check.End());
    }

    /// <summary>Checkpoints out of a saved answer: a page, a list or a single one.</summary>
    internal static IReadOnlyList<AuditCheckpoint> Roots(string text) => JsonNode.Parse(text) switch
    {
        JsonArray list => list.Deserialize<List<AuditCheckpoint>>(Event.Json)!,
        JsonObject page when page["items"] is JsonArray items => items.Deserialize<List<AuditCheckpoint>>(Event.Json)!,
        { } one => [one.Deserialize<AuditCheckpoint>(Event.Json)!],
        null => throw new JsonException("The file holds no checkpoint."),
    };

    private static async Task<(LogCheck Check, LogFinding? Finding)> OfDatabase(
        string connectionString, string tenant, IReadOnlyList<AuditCheckpoint> roots, CancellationToken cancel)
    {
        var check = new LogCheck(roots, mayGoOn: true);
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancel);
        return (check, await AuditLog.Verify(connection, tenant, check, cancel));
    }

    private static void Tell(bool json, LogCheck check, LogFinding? finding, IReadOnlyList<AuditCheckpoint> roots)
    {
        var keys = roots.Select(root => root.KeyId).Distinct().ToList();
        Console.WriteLine(json
            ? JsonSerializer.Serialize(new { genuine = finding is null, rows = check.Size, streams = check.Streams, keys, finding }, Event.Json)
            : finding?.Sentence ?? $"{check.Size} events in {check.Streams} streams are those of the published roots, signed by {string.Join(", ", keys)}.");
    }
}
