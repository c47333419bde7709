using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Certification;
using Spectre.Console;

namespace Marketplace.Cli.Labels;

/// <summary><c>verify TEXT --keys FILE</c>: checks a scanned label with nothing but the issuers' public keys.</summary>
internal static class VerifyCommand
{
    public static Command Build()
    {
        var text = new Argument<string>("text") { Description = "The scanned text, as the QR holds it." };
        var keys = new Option<FileInfo?>("--keys") { Description = "A saved copy of GET /v1/issuer-keys; checks without a network." };
        var url = ApiClient.UrlOption();
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("verify", "Check a label.") { text, keys, url, json };
        command.SetAction(async (parsed, cancel) =>
        {
            var (label, file, address) = (parsed.GetValue(text)!, parsed.GetValue(keys), parsed.GetValue(url));
            var offline = file is not null;
            JsonNode verdict;
            bool genuine;
            try
            {
                if (offline)
                {
                    var known = JsonNode.Parse(await File.ReadAllTextAsync(file!.FullName, cancel))!;
                    var list = (known as JsonArray ?? known["items"]!.AsArray()).Deserialize<List<IssuerKey>>(JsonSerializerOptions.Web)!;
                    var checkedLabel = Label.Verify(label, list, TimeProvider.System.GetUtcNow());
                    verdict = JsonSerializer.SerializeToNode(checkedLabel, Kernel.Event.Json)!;
                    genuine = checkedLabel.Proof == LabelProof.Genuine;
                }
                else
                {
                    using var api = new ApiClient(address!);
                    verdict = await api.Post(null, "/v1/verifications", new { text = label }, cancel);
                    genuine = verdict["verdict"]?.GetValue<string>() == "genuine";
                }
            }
            catch (Exception failure) when (failure is IOException or HttpRequestException or JsonException or ApiRefusal)
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
                AnsiConsole.MarkupLine(genuine ? "[green]Genuine[/]" : "[red]Not genuine[/]");
                AnsiConsole.WriteLine(verdict.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
            }

            return genuine ? Exit.Done : Exit.Refused;
        });
        return command;
    }
}
