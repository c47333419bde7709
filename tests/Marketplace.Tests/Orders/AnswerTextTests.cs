using CsCheck;
using Marketplace.Orders.Promises;

namespace Marketplace.Tests.Orders;

/// <summary>What households write when a hundred kilograms of potatoes are asked of them: <c>answers.tsv</c>, text and meaning.</summary>
public sealed class AnswerTextTests
{
    private const long Offered = 100_000;

    [Fact]
    public void Messages_are_understood_and_none_is_misunderstood()
    {
        var rows = Rows();
        Assert.True(rows.Count >= 600, $"{rows.Count} messages");
        var read = rows.ConvertAll(row => (row.Text, row.Meaning, Read: Said(AnswerText.Of(row.Text, Offered, "GRM"))));
        Assert.Empty(read.Where(row => row.Read != row.Meaning && row.Read != "unclear").Select(row => $"{row.Text}: {row.Read}, meant {row.Meaning}"));
        var clear = read.Where(row => row.Meaning != "unclear").ToList();
        var understood = clear.Count(row => row.Read == row.Meaning);
        Assert.True(understood * 100 >= clear.Count * 98, $"{understood} of {clear.Count}; not: {string.Join(" | ", clear.Where(row => row.Read != row.Meaning).Select(row => row.Text))}");
    }

    [Fact]
    public void Whatever_is_written_nothing_above_the_offer_is_promised() => Gen.Select(Gen.String, Gen.Long[1, 1_000_000]).Sample((text, offered) =>
    {
        var answer = AnswerText.Of(text, offered, "GRM");
        Assert.True(answer.Meaning != TextMeaning.Less || (answer.Amount > 0 && answer.Amount < offered));
    }, iter: 2_000);

    [Theory]
    [InlineData("50 л", 100_000, "MLT", "less 50000")]
    [InlineData("50", 100_000, "MLT", "less 50000")]
    [InlineData("50 кг", 100_000, "MLT", "unclear")]
    [InlineData("200 дана", 300, "H87", "less 200")]
    [InlineData("300", 300, "H87", "confirm")]
    [InlineData("половину", 1, "H87", "unclear")]
    [InlineData("0,0005 кг", 100_000, "GRM", "unclear")]
    public void Units_are_those_that_were_asked_for(string text, long offered, string unit, string meaning) => Assert.Equal(meaning, Said(AnswerText.Of(text, offered, unit)));

    private static List<(string Text, string Meaning)> Rows()
    {
        using var stream = typeof(AnswerTextTests).Assembly.GetManifestResourceStream("Marketplace.Tests.Orders.answers.tsv")!;
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split('\t')).Select(cells => (cells[0], cells[1]))];
    }

    private static string Said(AnswerText answer) => answer.Meaning switch
    {
        TextMeaning.Less => $"less {answer.Amount}",
        TextMeaning.Undo => $"undo {answer.Code}",
        _ => answer.Meaning.ToString().ToLowerInvariant(),
    };
}
