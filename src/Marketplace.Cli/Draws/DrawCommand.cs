using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Certification;

namespace Marketplace.Cli.Draws;

/// <summary><c>draw verify FILE</c>: makes the draws of a case again, with nothing but the saved answer and the commitments of the days.</summary>
internal static class DrawCommand
{
    public static Command Build()
    {
        var file = new Argument<FileInfo>("file") { Description = "A saved copy of GET /v1/applications/{id}/draw." };
        var commitments = new Option<FileInfo?>("--commitments") { Description = "A copy of GET /v1/draw-commitments saved before the draws." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var verify = new Command("verify", "Make the draws of a case again.") { file, commitments, json };
        verify.SetAction(async (parsed, cancel) =>
        {
            try
            {
                return await Verify(parsed.GetValue(file)!, parsed.GetValue(commitments), parsed.GetValue(json), cancel);
            }
            catch (Exception failure) when (failure is IOException or JsonException or FormatException)
            {
                await Console.Error.WriteLineAsync(failure.Message);
                return Exit.Failed;
            }
        });
        return new Command("draw", "Check how people were drawn for cases.") { verify };
    }

    private static async Task<int> Verify(FileInfo file, FileInfo? commitments, bool json, CancellationToken cancel)
    {
        var draws = JsonSerializer.Deserialize<ApplicationDraws>(await File.ReadAllTextAsync(file.FullName, cancel), Kernel.Event.Json)!;
        var days = commitments is null ? null : JsonNode.Parse(await File.ReadAllTextAsync(commitments.FullName, cancel))!["items"]!.AsArray()
            .ToDictionary(day => day!["day"]!.GetValue<string>(), day => day!["commitment"]!.GetValue<string>(), StringComparer.Ordinal);
        var results = draws.Draws.Select(draw => (draw.Number, draw.DaySeed is not null, Fault: Fault(draws, draw, days))).ToList();
        foreach (var (number, told, fault) in results)
        {
            Console.WriteLine(json
                ? new JsonObject { ["number"] = number, ["daySeedTold"] = told, ["fault"] = fault }.ToJsonString()
                : $"Draw {number}: {fault ?? (told ? "as committed" : "replays; the day's seed is not told yet")}");
        }

        return results.All(result => result.Fault is null) ? Exit.Done : Exit.Refused;
    }

    private static string? Fault(ApplicationDraws draws, DrawDetails draw, Dictionary<string, string>? days) =>
        days is not null && days.GetValueOrDefault(draw.Day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)) != draw.Commitment
            ? "another seed was committed for this day"
            : DrawReplay.Fault(draws.Application, draw);
}
