using System.Text.RegularExpressions;

namespace Marketplace.Tests;

/// <summary>The repository's own text files, for tests that read them.</summary>
internal static class Source
{
    private static readonly string[] NotOurs = ["bin", "obj", ".git", ".data", ".vs", ".idea", "TestResults", "StrykerOutput", "node_modules"];

    private static readonly string[] NotModules = ["Kernel", "Contracts", "Web", "Api", "Cli"];

    private static readonly Lazy<IReadOnlyList<SourceFile>> All = new(() => [.. Walk(Repository.Root).Order(StringComparer.Ordinal)
        .Select(path => (Path: Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'), Bytes: File.ReadAllBytes(path)))
        .Where(file => !file.Bytes.AsSpan(0, Math.Min(file.Bytes.Length, 8000)).Contains((byte)0))
        .Select(file => new SourceFile(file.Path, System.Text.Encoding.UTF8.GetString(file.Bytes)))]);

    /// <summary>The projects under <c>src</c> that are modules.</summary>
    public static IReadOnlyList<string> Modules { get; } = [.. Directory.GetDirectories(Path.Combine(Repository.Root, "src"), "Marketplace.*")
        .Select(folder => Path.GetFileName(folder)["Marketplace.".Length..]).Except(NotModules).Order(StringComparer.Ordinal)];

    /// <summary>Text files below a folder, all of them or those with these endings.</summary>
    public static IEnumerable<SourceFile> Files(string folder, params string[] endings) => All.Value.Where(file =>
        (folder.Length == 0 || file.Path.StartsWith(folder + "/", StringComparison.Ordinal))
        && (endings.Length == 0 || endings.Any(ending => file.Path.EndsWith(ending, StringComparison.Ordinal))));

    /// <summary>Where a pattern stands, as <c>path:line</c>.</summary>
    public static IEnumerable<string> Find(Regex pattern, string folder, params string[] endings) =>
        from file in Files(folder, endings)
        from match in pattern.Matches(file.Text)
        select $"{file.Path}:{file.Text.AsSpan(0, match.Index).Count('\n') + 1} {match.Value}";

    /// <summary>Fails with everything that was found, in full.</summary>
    public static void Nothing(IEnumerable<string> found) => Assert.True(found.ToList() is { Count: 0 }, string.Join('\n', found));

    private static IEnumerable<string> Walk(string folder) => Directory.EnumerateFiles(folder).Where(file => !NotOurs.Contains(Path.GetFileName(file))).Concat(Directory.EnumerateDirectories(folder)
        .Where(inner => !NotOurs.Contains(Path.GetFileName(inner))).SelectMany(Walk));
}

/// <summary>A text file of the repository.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    public IEnumerable<(int Number, string Text)> Lines => Text.Split('\n').Select((line, at) => (at + 1, line));
}
