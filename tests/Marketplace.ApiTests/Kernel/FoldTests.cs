using CsCheck;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests;

/// <summary>The fold exists twice, in C# for what is typed and in SQL for what is stored: they must be one function.</summary>
public sealed class FoldTests(Market market) : IClassFixture<Market>
{
    private const string Letters =
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ" // Russian
        + "әғқңөұүһіӘҒҚҢӨҰҮҺІ" // Kazakh; Kyrgyz uses ң, ө and ү of these
        + "їјџҗЇЈЏҖ" // neighbours
        + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZßéäñğşİı"
        + "0123456789 -–.,;:!?'\"«»()/№%_+*\\\u00a0";

    private static readonly string[] Pairs = ["sch", "Sh", "ch", "ZH", "kh", "ts", "Yu", "ya", "gh", "s", "c", "h"];

    /// <summary>Single letters, and the pairs that turn into one letter, so that they meet often.</summary>
    private static readonly Gen<string> Piece = Gen.OneOf(
        Gen.Char[Letters].Select(letter => letter.ToString()),
        Gen.Int[0, Pairs.Length - 1].Select(at => Pairs[at]));

    [Fact]
    public void Both_folds_are_one_function() =>
        Piece.Array[0, 20].Select(string.Concat).Array[200, 400].Sample(texts => Assert.Equal(texts.Select(Fold.Of), InDatabase(texts).Result), iter: 25, threads: 1);

    [Theory]
    [InlineData("Қазақстан", "казакстан")]
    [InlineData("ҚЫМЫЗ", "кымыз")]
    [InlineData("Өзгөн", "озгон")]
    [InlineData("shubat", "шубат")]
    [InlineData("Schuchinsk", "щучинск")]
    [InlineData("Ёлка", "елка")]
    [InlineData("", "")]
    public async Task Letters_become_their_neighbours(string typed, string folded)
    {
        Assert.Equal(folded, Fold.Of(typed));
        Assert.Equal([folded], await InDatabase([typed]));
    }

    private Task<List<string>> InDatabase(string[] texts) => market.Within(services => services.GetRequiredService<Database>().List<string>(
        $"select kernel.fold(typed) from unnest({texts}) with ordinality as given (typed, at) order by at", CancellationToken.None));
}
