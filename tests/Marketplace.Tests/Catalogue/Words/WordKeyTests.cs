using Marketplace.Catalogue.Words;

namespace Marketplace.Tests.Catalogue.Words;

public sealed class WordKeyTests
{
    [Theory]
    [InlineData("Қымыз", "kymyz")]
    [InlineData("сиыр сүті", "siyr suti")]
    [InlineData("ешкі сүті", "ешки сути")]
    [InlineData("тауық жұмыртқасы", "tauyk zhumyrtkasy")]
    [InlineData("жылкы эти", "жылқы еті")]
    [InlineData("таңқурай", "tankuray")]
    [InlineData("морковь с. Жулдыз", "МОРКОВЬ, Жулдыз")]
    [InlineData("Жайылма ауылы", "zhayylma")]
    public void Two_ways_of_typing_are_one(string one, string other) => Assert.Equal(Texts(one), Texts(other));

    [Theory]
    [InlineData("томатов", "томаты")]
    [InlineData("луком", "лук")]
    [InlineData("яиц", "яйца")]
    [InlineData("сливочного", "сливочное")]
    [InlineData("яблоками", "яблоки")]
    [InlineData("вишни", "вишня")]
    public void Case_endings_do_not_part_words(string one, string other) => Assert.Equal(Stems(one), Stems(other));

    [Theory]
    [InlineData("картоп", "картоп", 0)]
    [InlineData("картоп", "карттоп", 1)]
    [InlineData("фасоль", "фсаоль", 1)]
    [InlineData("малина", "малиина", 1)]
    [InlineData("лук", "сок", 2)]
    [InlineData("", "лук", 3)]
    public void Slips_are_counted(string one, string other, int slips) => Assert.Equal(slips, WordKey.Edits(one, other));

    [Theory]
    [InlineData("")]
    [InlineData("с. а. -- ауылы % _ \uD83C")]
    public void Nothing_is_left_of_settlement_types_and_signs(string text) => Assert.Empty(WordKey.Of(text));

    private static IEnumerable<string> Texts(string typed) => WordKey.Of(typed).Select(word => word.Text);

    private static IEnumerable<string> Stems(string typed) => WordKey.Of(typed).Select(word => word.Stem);
}
