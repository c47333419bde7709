using System.Globalization;
using System.Text;
using Marketplace.Kernel;

namespace Marketplace.Orders.Promises;

/// <summary>What a household's short message says to what it was asked.</summary>
internal enum TextMeaning
{
    /// <summary>It cannot be told for certain: nothing is done.</summary>
    Unclear,

    /// <summary>All that was asked for.</summary>
    Confirm,

    /// <summary>A part of it.</summary>
    Less,

    /// <summary>Nothing of it.</summary>
    Decline,

    /// <summary>The answer of before is to be undone.</summary>
    Undo,
}

/// <summary>A message as it was understood.</summary>
/// <param name="Amount">For less: how much, in steps of the unit that was asked for.</param>
/// <param name="Code">For undo: the code.</param>
internal sealed record AnswerText(TextMeaning Meaning, long Amount = 0, string? Code = null)
{
    private static readonly AnswerText Unclear = new(TextMeaning.Unclear);

    private enum Word
    {
        Yes,
        No,
        Only,
        Half,
        Undo,
        Filler,
    }

    // Kazakh, Kyrgyz and Russian as people write them to say so; Latin typing and missing letters come to the same after folding.
    private static readonly (Word Word, string Phrases)[] Meanings =
    [
        (Word.Yes, """
            иә, ия, иа, ие, жарайды, жарайт, жарай береді, болады, бола береді, болот, боло берет, келісемін, келістім, келістік, келісем, келишем, келиштим, мақұл, макулмун,
            макулбуз, растаймын, растадым, ырастайм, ырастадым, құп, қабылдаймын, кабыл алам, кабыл алдым, беремін, берем, бере аламын, бере алам, беребиз, береміз, дайынмын, даярмын, дайын,
            даяр, әрине, албетте, ооба, ова, да, ага, угу, согласен, согласна, согласны, подтверждаю, подтверждаем, подтвердил, подтвердила, хорошо, ладно, ок, окей, окей болды, договорились,
            принято, принимаю, готов, готова, готовы, конечно, беру, дам, дадим, могу, сможем, смогу, привезу, отдам, сдам, продам, всё, все, всё отдам, барлығы, барлығын, барын, баарын, баары,
            yes, accept, confirm, confirmed, agree, all, sure, plus, плюс
            """),
        (Word.No, """
            жоқ, жок, бас тартамын, бас тартам, баш тартам, баш тартамын, болмайды, болбойт, бере алмаймын, бере албайм, бермеймін, бербейм, қолымнан келмейді, колумдан келбейт, алмаймын, албайм,
            өнім жоқ, түшүм жок, сатып жібердім, сатып жибердим, нет, не, не могу, не смогу, не сможем, не получится, не получается, не буду, не будем, не дам, не согласен, не согласна,
            не подтверждаю, не готов, не готова, отказ, отказываюсь, отказываемся, отмена заказа, нету, нету товара, нет товара, ничего нет, продал уже, продала уже, уже продал, уже продала, уже продано,
            келіспеймін, келишпейм, келісім жоқ, no, decline, cancel, cannot, not, refuse, минус
            """),
        (Word.Only, """
            только, тек, тек қана, ғана, гана, эле, тек ғана, лишь, максимум, не больше, не более, до, есть, бар, осталось, қалды, калды, only, maximum, max, just
            """),
        (Word.Half, "половина, половину, пол, жартысы, жартысын, жарымы, жарымын, жарты, жарым, half"),
        (Word.Undo, "отмена, отменить, отмени, отменяю, болдырмау, болдырма, қайтару, жокко чыгаруу, жокко чыгар, артка, кайтаруу, undo, назад"),
        (Word.Filler, """
            сәлем, салам, сәлеметсіз бе, саламатсызбы, ассалаумағалейкум, салам алейкум, здравствуйте, здравствуй, добрый день, добрый вечер, доброе утро, привет, қайырлы күн, кутмандуу күн,
            рахмет, рақмет, ыракмат, рахмат, спасибо, благодарю, өтінемін, суранам, пожалуйста, мен, менде, бізде, бизде, менің, менин, я, мы, у меня, у нас, это, бұл, бул, вам, сізге, сизге, hello, hi, thanks,
            thank you, please, of, me, i, мне, мой, моя, моё, картоп, картошка, картошку, картофель, сүт, сут, молоко, пияз, лук, сәбіз, сабиз, морковь, морковку, қырыққабат, капуста, капусту, алма,
            яблоки, яблок, жұмыртқа, жумуртка, яйца, яиц, қызанақ, помидор, помидоры, қияр, бадыраң, огурцы, огурец
            """),
    ];

    // How much a word for a unit is, in steps, and of which unit.
    private static readonly (string Step, long Steps, string Words)[] UnitWords =
    [
        ("GRM", 1_000, "кг, кило, килограмм, килограмма, килограммов, килограм, келі, кг., kg, kilo, kilogram"),
        ("GRM", 1_000_000, "т, тонна, тонны, тонн, тонну, тн, ton, tonna"),
        ("GRM", 100_000, "ц, центнер, центнера, центнеров"),
        ("GRM", 1, "г, гр, грамм, граммов"),
        ("MLT", 1_000, "л, литр, литра, литров, l, litr, liter"),
        ("H87", 1, "шт, штук, штуки, штука, дана, даана, данa, pcs, pieces"),
    ];

    private static readonly Dictionary<string, Word> Phrases = Read();

    private static readonly Dictionary<string, (string Step, long Steps)> Units = UnitWords
        .SelectMany(unit => unit.Words.Split(", ").Select(word => (Plain(word).Trim('.'), (unit.Step, unit.Steps))))
        .DistinctBy(pair => pair.Item1).ToDictionary(pair => pair.Item1, pair => pair.Item2);

    private static readonly int LongestPhrase = Phrases.Keys.Max(phrase => phrase.Count(letter => letter == ' ') + 1);

    /// <summary>Reads a message. Whatever leaves a doubt is unclear: two meanings, a word nobody knows, an amount that was not asked for.</summary>
    /// <param name="text">As it came, in any of the three languages, in Cyrillic or Latin letters.</param>
    /// <param name="offered">What was asked for, in steps.</param>
    /// <param name="unit">Its unit: <c>GRM</c>, <c>MLT</c> or <c>H87</c>.</param>
    public static AnswerText Of(string text, long offered, string unit)
    {
        var tokens = Tokens(text);
        if (tokens.Count is 0 or > 20)
        {
            return Unclear;
        }

        var meant = new HashSet<Word>();
        var numbers = new List<(decimal Value, string? Step, long Steps)>();
        for (var at = 0; at < tokens.Count;)
        {
            if (char.IsAsciiDigit(tokens[at][0]))
            {
                if (!decimal.TryParse(tokens[at].Replace(',', '.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
                {
                    return Unclear;
                }

                var named = at + 1 < tokens.Count && Units.TryGetValue(tokens[at + 1], out var word) ? word : ((string Step, long Steps)?)null;
                numbers.Add((value, named?.Step, named?.Steps ?? 0));
                at += named is null ? 1 : 2;
            }
            else if (Match(tokens, at) is var (word, length))
            {
                meant.Add(word);
                at += length;
            }
            else
            {
                return Unclear;
            }
        }

        return Settle(meant, numbers, text, offered, unit);
    }

    private static AnswerText Settle(HashSet<Word> meant, List<(decimal Value, string? Step, long Steps)> numbers, string text, long offered, string unit)
    {
        if (meant.Contains(Word.Undo))
        {
            var code = string.Concat(text.Where(char.IsAsciiDigit));
            return numbers.Count == 1 && code.Length == 4 && !meant.Overlaps([Word.Yes, Word.No, Word.Half]) ? new AnswerText(TextMeaning.Undo, Code: code) : Unclear;
        }

        if (numbers.Count > 1 || (meant.Contains(Word.Half) && numbers.Count > 0))
        {
            return Unclear;
        }

        if (meant.Contains(Word.No))
        {
            return numbers.Count == 0 && !meant.Overlaps([Word.Yes, Word.Only, Word.Half]) ? new AnswerText(TextMeaning.Decline) : Unclear;
        }

        if (meant.Contains(Word.Half))
        {
            return offered >= 2 ? new AnswerText(TextMeaning.Less, offered / 2) : Unclear;
        }

        if (numbers.Count == 0)
        {
            return meant.Contains(Word.Yes) && !meant.Contains(Word.Only) ? new AnswerText(TextMeaning.Confirm) : Unclear;
        }

        var (value, step, steps) = numbers[0];
        if (value == 0)
        {
            return meant.Contains(Word.Yes) ? Unclear : new AnswerText(TextMeaning.Decline);
        }

        // A bare one may be the first of a list as well as a kilogram.
        if (step is null && (value <= 1 || value != decimal.Truncate(value)))
        {
            return Unclear;
        }

        if (step is not null && step != unit)
        {
            return Unclear;
        }

        var amount = value * (step is null ? Marketplace.Kernel.Units.Trading(unit).Steps : steps);
        return amount != decimal.Truncate(amount) || amount > offered ? Unclear
            : amount == offered ? new AnswerText(TextMeaning.Confirm) : new AnswerText(TextMeaning.Less, (long)amount);
    }

    private static (Word Word, int Length)? Match(List<string> tokens, int at)
    {
        for (var length = Math.Min(LongestPhrase, tokens.Count - at); length > 0; length--)
        {
            var phrase = string.Join(' ', tokens.GetRange(at, length));
            if (Phrases.TryGetValue(phrase, out var word))
            {
                return (word, length);
            }
        }

        // One wrong, missing or doubled letter in a long word, as long as it comes to one meaning only.
        if (tokens[at].Length >= 5)
        {
            Word[] near = [.. Phrases.Where(pair => pair.Key.Length >= 5 && !pair.Key.Contains(' ', StringComparison.Ordinal) && IsNear(pair.Key, tokens[at]))
                .Select(pair => pair.Value).Distinct()];
            if (near.Length == 1)
            {
                return (near[0], 1);
            }
        }

        return null;
    }

    /// <summary>Whether two words differ by one letter at most. A negation in front is never such a letter.</summary>
    private static bool IsNear(string one, string other)
    {
        if (Math.Abs(one.Length - other.Length) > 1)
        {
            return false;
        }

        var start = 0;
        while (start < Math.Min(one.Length, other.Length) && one[start] == other[start])
        {
            start++;
        }

        if (start < 2)
        {
            return false;
        }

        var (left, right) = (one[start..], other[start..]);
        return one.Length == other.Length ? left.Length == 0 || left[1..] == right[1..]
            : one.Length > other.Length ? left[1..] == right : left == right[1..];
    }

    /// <summary>Whether a folded word answers, counts or measures, and so names no goods. Words of greeting may.</summary>
    internal static bool IsAnswer(string token) =>
        char.IsAsciiDigit(token[0]) || Units.ContainsKey(token) || (Phrases.TryGetValue(token, out var word) && word != Word.Filler);

    /// <summary>The words and numbers of a message, folded.</summary>
    internal static List<string> Tokens(string text)
    {
        var folded = Plain(text);
        var made = new StringBuilder();
        for (var at = 0; at < folded.Length; at++)
        {
            var letter = folded[at];
            var separator = letter is '.' or ',' && at > 0 && at + 1 < folded.Length && char.IsAsciiDigit(folded[at - 1]) && char.IsAsciiDigit(folded[at + 1]);
            if (at > 0 && made.Length > 0 && made[^1] != ' ' && char.IsAsciiDigit(letter) != char.IsAsciiDigit(folded[at - 1]) && char.IsLetterOrDigit(letter)
                && !separator && made[^1] is not ('.' or ','))
            {
                made.Append(' ');
            }

            made.Append(char.IsLetterOrDigit(letter) || separator ? letter.ToString() : letter == '+' ? " плус " : " ");
        }

        return [.. made.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries)];
    }

    /// <summary>The kernel's fold, and the letters that Latin typing cannot tell apart or leaves out.</summary>
    private static string Plain(string text)
    {
        var made = new StringBuilder();
        foreach (var letter in Fold.Of(text.Normalize(NormalizationForm.FormC)))
        {
            var plain = letter switch { 'й' or 'ы' => 'и', 'э' => 'е', 'ю' => 'у', 'я' => 'а', 'щ' => 'ш', 'ь' or 'ъ' => '\0', _ => letter };
            if (plain != '\0' && (made.Length == 0 || made[^1] != plain || !char.IsLetter(plain)))
            {
                made.Append(plain);
            }
        }

        return made.ToString();
    }

    private static Dictionary<string, Word> Read()
    {
        var made = new Dictionary<string, Word>(StringComparer.Ordinal);
        foreach (var (word, phrases) in Meanings)
        {
            foreach (var phrase in phrases.Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                // The first meaning wins: a filler that folds to a yes is a yes.
                made.TryAdd(Plain(phrase), word);
            }
        }

        return made;
    }
}
