using System.Globalization;
using System.Text;
using Marketplace.Benchmarks;

// One command, one table: each figure over HTTP divided by the same SQL in the same run, in turns, medians of the rounds.
//   dotnet run -c Release --project tests/Marketplace.Benchmarks [-- --rounds 3 --seconds 4 --only verification --write]
var rounds = Option("--rounds", 3);
var seconds = Option("--seconds", 4);
var only = args.SkipWhile(arg => arg != "--only").Skip(1).FirstOrDefault();
await using var bench = await Bench.Start(CancellationToken.None);
var rows = new List<Measured>();

foreach (var lots in (int[])[1, 10, 100])
{
    foreach (var clients in (int[])[1, 8, 32])
    {
        var goal = clients == 8 ? lots switch { 1 => 0.50, 10 => 0.65, _ => 0.85 } : (double?)null;
        await Run($"reserve {lots} lots, {clients} clients, stock spread", name =>
            Paired(name, goal, new Reservations(bench, lots, clients, bench.SpreadLots), seconds));
    }
}

await Run("ten hot lots: 64 clients against 4, both over HTTP", Hot);
await Run("certification step (review), 8 clients", async name => await Paired(name, 0.55, await Reviews.Prepare(bench, 8, rounds, seconds), seconds));
await Run("public verification by serial, 8 clients", async name => await Paired(name, 0.60, await Verifications.Prepare(bench, 8), seconds));
await Run("trace of a load of 500 lots over HTTP, milliseconds against 200", name => Traces.Follow(name, bench, rounds));
await Run("cold start to the first database answer, seconds against 3", name => bench.ColdStart(name, rounds));
await Run("allocate 12 × 5,000, 800 households, seconds against 2", name => Allocations.Seconds(name, Allocations.Order, 2, rounds));
await Run("allocate 12 × 5,000, cost against the bound", name => Allocations.AgainstBound(name, Allocations.Order, 1.02, sharp: true));
await Run("allocate 100 × 1,000, cost against the bound", name => Allocations.AgainstBound(name, Allocations.Hundred, 1.02, sharp: true));
await Run("allocate 1,000 × 10,000, cost against the bound", name => Allocations.AgainstBound(name, Allocations.Thousand, 1.02, sharp: false));
await Run("allocate 1,000 × 100,000, flow alone, cost against the bound", name => Allocations.AgainstBound(name, Allocations.Flow, 1, sharp: false));
await Run("verify a million events", _ => Audits.Verify(bench));

var table = Table(rows);
Console.WriteLine(table);
if (args.Contains("--write"))
{
    await File.WriteAllTextAsync(Path.Combine(Bench.Root, "tests", "Marketplace.Benchmarks", "RESULTS.md"), table);
}

return 0;

int Option(string name, int otherwise) => args.SkipWhile(arg => arg != name).Skip(1).FirstOrDefault() is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

async Task Run(string name, Func<string, Task<Measured>> measure)
{
    if (only is null || name.Contains(only, StringComparison.Ordinal))
    {
        rows.Add(await measure(name));
    }
}

async Task<Measured> Paired(string what, double? goal, IPaired pair, int length)
{
    var (http, bare, shares) = (new List<double>(), new List<double>(), new List<double>());
    await pair.Http(1);
    await pair.Bare(1);
    for (var round = 0; round < rounds; round++)
    {
        bare.Add(await pair.Bare(length));
        var (rate, share) = await Bench.WithShare(() => pair.Http(length));
        http.Add(rate);
        shares.Add(share);
    }

    var row = new Measured(what, Median(http), Median(bare), Median(http) / Median(bare), goal, $"generator {Median(shares):P0} of the machine");
    Console.Error.WriteLine($"{row.What}: {row.Http:0} / {row.Bare:0} = {row.Ratio:0.00}");
    return row;
}

async Task<Measured> Hot(string name)
{
    var (few, many) = (new List<double>(), new List<double>());
    var (four, sixtyFour) = (new Reservations(bench, 1, 4, bench.HotLots), new Reservations(bench, 1, 64, bench.HotLots));
    await four.Http(1);
    await sixtyFour.Http(1);
    for (var round = 0; round < rounds; round++)
    {
        few.Add(await four.Http(seconds));
        many.Add(await sixtyFour.Http(seconds));
    }

    return new Measured(name, Median(many), Median(few), Median(many) / Median(few), 0.80, "");
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

string Table(IReadOnlyList<Measured> measured)
{
    var text = new StringBuilder();
    text.AppendLine("# Benchmarks: the last run").AppendLine();
    text.AppendLine(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC, {Environment.ProcessorCount} cores, {Bench.Machine}, PostgreSQL {bench.ServerVersion}, commit {Bench.Commit}.");
    text.AppendLine(CultureInfo.InvariantCulture, $"{rounds} rounds of {seconds} s each, HTTP and bare SQL in turns, medians. Load generator, API and database share the machine. Rates per second.");
    text.AppendLine("Command: `dotnet run -c Release --project tests/Marketplace.Benchmarks -- --write`").AppendLine();
    text.AppendLine("| what | HTTP | bare SQL | ratio | goal | met | note |").AppendLine("|---|---|---|---|---|---|---|");
    foreach (var row in measured)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"| {row.What} | {row.Http:0.##} | {row.Bare:0.##} | {row.Ratio:0.00} | {(row.Goal is { } goal ? (row.Lower ? "≤ " : "≥ ") + goal.ToString("0.00", CultureInfo.InvariantCulture) : "–")} | {(row.Goal is { } aim ? (row.Lower ? row.Ratio <= aim : row.Ratio >= aim) ? "yes" : "**no**" : "–")} | {row.Note} |");
    }

    return text.ToString();
}
