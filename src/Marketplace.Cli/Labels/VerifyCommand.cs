using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Certification;
using Spectre.Console;

namespace Marketplace.Cli.Labels;

/// <summary>
/// <c>verify TEXT --keys FILE --status FILE</c>: checks a scanned label, or with <c>--credential FILE</c> a credential, with nothing but saved copies of the key
/// list and the status lists; without them it asks the API.
/// </summary>
internal static class VerifyCommand
{
    public static Command Build()
    {
        var text = new Argument<string?>("text") { Description = "The scanned text, as the QR holds it.", Arity = ArgumentArity.ZeroOrOne };
        var credential = new Option<FileInfo?>("--credential") { Description = "A saved credential to check instead of a text; needs --keys." };
        var keys = new Option<FileInfo?>("--keys") { Description = "A saved copy of GET /v1/issuer-keys; checks without a network." };
        var status = new Option<FileInfo?>("--status") { Description = "A saved copy of GET /v1/status-lists; without it nothing is called genuine." };
        var url = ApiClient.UrlOption();
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command(
            "verify", "Check a label or a credential. Ends with 0 genuine, 1 not genuine, 2 not carried out, 3 signed but its standing cannot be told.")
        {
            text, credential, keys, status, url, json,
        };
        command.Validators.Add(parsed =>
        {
            if ((parsed.GetValue(text) is null) == (parsed.GetValue(credential) is null))
            {
                parsed.AddError("Give either the text of a label or --credential.");
            }
            else if (parsed.GetValue(keys) is null && (parsed.GetValue(credential) ?? parsed.GetValue(status)) is not null)
            {
                parsed.AddError("A check of saved files needs --keys.");
            }
        });
        command.SetAction(async (parsed, cancel) =>
        {
            JsonNode verdict;
            int exit;
            try
            {
                if (parsed.GetValue(keys) is { } saved)
                {
                    var found = await Offline(parsed.GetValue(text), parsed.GetValue(credential), saved, parsed.GetValue(status), cancel);
                    (verdict, exit) = (JsonSerializer.SerializeToNode(found, Kernel.Event.Json)!, Of(found.Standing));
                }
                else
                {
                    using var api = new ApiClient(parsed.GetValue(url)!);
                    verdict = await api.Post(null, "/v1/verifications", new { text = parsed.GetValue(text) }, cancel);
                    exit = verdict["verdict"]?.GetValue<string>() == "genuine" ? Exit.Done : Exit.Refused;
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or HttpRequestException or JsonException or ApiRefusal)
            {
                await Console.Error.WriteLineAsync(failure.Message);
                return Exit.Failed;
            }

            if (parsed.GetValue(json))
            {
                Console.WriteLine(verdict.ToJsonString());
            }
            else
            {
                AnsiConsole.MarkupLine(exit switch { Exit.Done => "[green]Genuine[/]", Exit.Unknown => "[yellow]Cannot be told[/]", _ => "[red]Not genuine[/]" });
                AnsiConsole.WriteLine(verdict.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
            }

            return exit;
        });
        return command;
    }

    private static async Task<OfflineVerdict> Offline(string? text, FileInfo? credential, FileInfo keys, FileInfo? status, CancellationToken cancel)
    {
        var known = JsonSerializer.Deserialize<List<IssuerKey>>(await File.ReadAllTextAsync(keys.FullName, cancel), JsonSerializerOptions.Web)
            ?? throw new JsonException("The key list is empty.");
        var lists = status is null ? [] : StatusList.Read(await File.ReadAllTextAsync(status.FullName, cancel), known);
        var now = TimeProvider.System.GetUtcNow();
        return text is not null
            ? OfflineCheck.OfLabel(text, known, lists, now)
            : OfflineCheck.OfCredential(await File.ReadAllTextAsync(credential!.FullName, cancel), known, lists, now);
    }

    private static int Of(OfflineStanding standing) => standing switch
    {
        OfflineStanding.Genuine => Exit.Done,
        OfflineStanding.StatusUnknown or OfflineStanding.UnknownKey or OfflineStanding.RevokedKey => Exit.Unknown,
        _ => Exit.Refused,
    };
}
