using System.Text.RegularExpressions;

namespace Marketplace.Tests;

/// <summary>Habits of style that a reader relies on, and what must never be committed.</summary>
public sealed partial class TidyTests
{
    private const int LongestFile = 500;
    private const int LongestLine = 170;

    /// <summary>Texts in several languages are a table that is looked up in, not read.</summary>
    [Fact]
    public void Files_are_short_enough_to_read() => Source.Nothing(Ours("src")
        .Where(file => file.Text.AsSpan().Count('\n') > LongestFile && !file.Path.EndsWith("/Texts.json", StringComparison.Ordinal)).Select(file => file.Path));

    /// <summary>
    /// Rows of words in several languages stay one row: wrapped, they can no longer be compared. A consent's text is signed as it stands.
    /// </summary>
    [Fact]
    public void Lines_of_code_fit_a_screen() => Source.Nothing(
        from file in Source.Files("src", ".cs", ".cshtml", ".css", ".sql", ".csproj")
        from line in file.Lines
        where line.Text.Length > LongestLine && !file.Path.EndsWith("consent_texts.sql", StringComparison.Ordinal) && !Cyrillic().IsMatch(line.Text)
        select $"{file.Path}:{line.Number} has {line.Text.Length}");

    [Fact]
    public void No_tabs_and_no_trailing_spaces() => Source.Nothing(
        from file in Ours("src").Concat(Ours("tests")).Concat(Ours("infra"))
        from line in file.Lines
        where line.Text.Contains('\t', StringComparison.Ordinal) || line.Text != line.Text.TrimEnd()
        select $"{file.Path}:{line.Number}");

    [Fact]
    public void Files_end_with_a_line_end() => Source.Nothing(Ours("src").Where(file => file.Text.Length > 0 && !file.Text.EndsWith('\n')).Select(file => file.Path));

    [Fact]
    public void No_path_of_somebodys_machine() => Source.Nothing(Source.Find(MachinePath(), ""));

    /// <summary>Every address in the repository is this machine, a neighbour of the compose file, a reserved test name or a namespace that nobody fetches.</summary>
    [Fact]
    public void No_address_of_a_foreign_host()
    {
        string[] known = ["127.0.0.1", "0.0.0.0", "localhost", "search", "stripe.test", "example.test", "www.w3.org", "test.uncefact.org", "vc.example"];
        Source.Nothing(Source.Files("").SelectMany(file => Address().Matches(file.Text)
            .Where(match => match.Groups["host"].Value is var host && !known.Contains(host)).Select(match => $"{file.Path}: {match.Value}")));
    }

    [Fact]
    public void No_secret() => Source.Nothing(Source.Find(Secret(), ""));

    /// <summary>Not made by tools and not tables of data, where a tab divides columns.</summary>
    private static IEnumerable<SourceFile> Ours(string folder) => Source.Files(folder).Where(file =>
        !file.Path.EndsWith("packages.lock.json", StringComparison.Ordinal) && !file.Path.EndsWith(".tsv", StringComparison.Ordinal));

    [GeneratedRegex(@"\p{IsCyrillic}")]
    private static partial Regex Cyrillic();

    [GeneratedRegex(@"(?<![\w.}/-])/(work|root|home|Users)/")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"https?://(?<host>[A-Za-z0-9.-]+)")]
    private static partial Regex Address();

    [GeneratedRegex(@"BEGIN [A-Z ]*PRIVATE KEY-|\b[sr]k_live_\w|\bwhsec_(?!test|desk)\w{20}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{30}|\b(mk|test)_[0-9a-f]{64}\b")]
    private static partial Regex Secret();
}
