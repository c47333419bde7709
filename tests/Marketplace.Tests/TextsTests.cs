using System.Text.Json;
using System.Text.RegularExpressions;

namespace Marketplace.Tests;

/// <summary>Refusals are read in Kazakh, Russian and Kyrgyz; English stands in the code.</summary>
public sealed partial class TextsTests
{
    private static readonly IReadOnlyList<(string Path, Dictionary<string, Dictionary<string, string>> Texts)> All =
        [.. Source.Files("src", "/Texts.json").Select(file => (file.Path, JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, string>>>(file.Text)!))];

    /// <summary>Codes whose sentence says what was wrong with this very request; a general one in another language would say less.</summary>
    private static readonly string[] EnglishOnly = ["malformed"];

    [Fact]
    public void Every_code_has_three_languages_and_short_sentences()
    {
        Assert.NotEmpty(All);
        Assert.All(All, module => Assert.All(module.Texts, text =>
        {
            Assert.Equal(["kk", "ky", "ru"], text.Value.Keys.Order(StringComparer.Ordinal));
            Assert.All(text.Value.Values, sentence =>
            {
                Assert.EndsWith(".", sentence, StringComparison.Ordinal);
                Assert.InRange(sentence.Split(' ').Length, 2, 20);
            });
        }));
    }

    /// <summary>Sentences are found by code alone, so modules that share a code share its sentence.</summary>
    [Fact]
    public void A_shared_code_says_the_same_everywhere() => Source.Nothing(
        All.SelectMany(module => module.Texts).GroupBy(text => text.Key)
            .Where(same => same.Select(text => string.Join('|', text.Value.OrderBy(pair => pair.Key).Select(pair => pair.Value))).Distinct().Count() > 1)
            .Select(same => same.Key));

    [Fact]
    public void Every_refusal_in_the_code_has_its_sentences()
    {
        var codes = Source.Files("src", ".cs").SelectMany(file => Refusals().Matches(file.Text)).Select(match => match.Groups["code"].Value).ToHashSet();
        Assert.True(codes.Count > 100, "the refusals were not found");
        Source.Nothing(codes.Except(EnglishOnly).Except(All.SelectMany(module => module.Texts.Keys)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_file_of_sentences_is_embedded() => Assert.All(All, module =>
        Assert.Contains("<EmbeddedResource Include=\"Texts.json\" />", File.ReadAllText(
            Directory.GetFiles(Path.GetDirectoryName(Path.Combine(Repository.Root, module.Path))!, "*.csproj").Single()), StringComparison.Ordinal));

    [GeneratedRegex("""(new (Constraint)?Refusal\(|Refusal\.Invalid\(\s*\$?"[^"]*",|Refusal\??\s+\w+ = new\()\s*"(?<code>[a-z0-9-]+)",""")]
    private static partial Regex Refusals();
}
