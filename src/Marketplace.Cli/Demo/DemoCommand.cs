using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Marketplace.Cli.Demo;

/// <summary><c>demo</c>: plays a season of one district through the public API, each step by a different person's key.</summary>
internal static class DemoCommand
{
    public static Command Build()
    {
        var url = ApiClient.UrlOption();
        var keys = new Option<FileInfo>("--keys") { Description = "The demo tenant's keys.", DefaultValueFactory = _ => new FileInfo(".data/keys.json") };
        var households = new Option<int>("--households") { Description = "Households to register.", DefaultValueFactory = _ => 300 };
        var lots = new Option<int>("--lots-each") { Description = "Lots per household.", DefaultValueFactory = _ => 3 };
        var tonnes = new Option<int>("--tonnes") { Description = "Size of the purchase order.", DefaultValueFactory = _ => 20 };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of tables." };
        var command = new Command("demo", "Play a season through the public API.") { url, keys, households, lots, tonnes, json };
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = new ApiClient(parsed.GetValue(url)!);
            try
            {
                var clock = Stopwatch.StartNew();
                var season = new Season(
                    api, await Keyring.Open(api, parsed.GetValue(keys)!, cancel), parsed.GetValue(households), parsed.GetValue(lots), parsed.GetValue(tonnes));
                if (parsed.GetValue(json))
                {
                    await season.Play((_, _) => () => { }, cancel);
                    Console.WriteLine(season.Summary(clock.Elapsed).ToJsonString());
                }
                else
                {
                    await AnsiConsole.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
                        .StartAsync(progress => season.Play(
                            (title, steps) =>
                            {
                                var bar = progress.AddTask(title, maxValue: Math.Max(1, steps));
                                return () => bar.Increment(1);
                            }, cancel));
                    Print(season.Summary(clock.Elapsed));
                }

                return Exit.Done;
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or ApiRefusal or TimeoutException)
            {
                await Console.Error.WriteLineAsync(failure.Message);
                return Exit.Failed;
            }
        });
        return command;
    }

    private static void Print(JsonNode summary)
    {
        var table = new Table().Title($"The chain of {summary["district"]}").AddColumn("Step").AddColumn(new TableColumn("Households").RightAligned())
            .AddColumn(new TableColumn("Lots").RightAligned()).AddColumn(new TableColumn("Quantity").RightAligned())
            .AddColumn(new TableColumn("Tenge").RightAligned());
        foreach (var step in summary["chain"]!.AsArray())
        {
            table.AddRow(
                step!["step"]!.GetValue<string>(), step["households"]?.ToString() ?? "", step["lots"]?.ToString() ?? "",
                step["quantity"]?.GetValue<string>() ?? "", step["tenge"]?.GetValue<string>() ?? "");
        }

        AnsiConsole.Write(table);
        AnsiConsole.WriteLine($"Played in {summary["seconds"]!.GetValue<double>().ToString("0.0", CultureInfo.InvariantCulture)} s");
        foreach (var (name, link) in summary["links"]!.AsObject())
        {
            AnsiConsole.WriteLine($"{name}: {link}");
        }
    }
}
