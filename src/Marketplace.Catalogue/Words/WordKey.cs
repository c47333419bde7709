using Marketplace.Kernel;

namespace Marketplace.Catalogue.Words;

/// <summary>One word as the word list keeps it.</summary>
/// <param name="Text">Folded, and with the letters that are typed for one another made one.</param>
/// <param name="Stem">Without its Russian case ending.</param>
internal sealed record WordKey(string Text, string Stem)
{
    // Longest first: only one ending is taken. Folded and squeezed, as the words are.
    private static readonly string[] Endings =
    [
        "иями", "ями", "ами", "иях", "ого", "его", "ому", "ему", "ими", "ях", "ах", "ов", "ев", "еи", "ии", "ои", "ом", "ем", "им",
        "ам", "ям", "ую", "юю", "ая", "яя", "ое", "ее", "ие", "их", "ую", "ию", "ия", "а", "я", "о", "е", "и", "у", "ю",
    ];

    // What a place is called beside its name: never part of what is looked for.
    private static readonly HashSet<string> SettlementWords =
    [
        .. new[]
        {
            "село", "аул", "ауыл", "ауылы", "айыл", "айылы", "аймагы", "кент", "кенті", "қала", "қаласы", "город", "посёлок", "пос", "пгт", "поселок", "станция", "станциясы",
            "ст", "разъезд", "рзд", "бекеті", "округ", "округі", "сельский", "сельского", "ауылдық", "район", "ауданы", "району", "облысы", "область", "области", "облусу", "обл",
        }.Select(word => Squeezed(word)),
    ];

    /// <summary>The words of a text, in order, each once; settlement types and single letters are dropped.</summary>
    public static IReadOnlyList<WordKey> Of(string text)
    {
        var words = new List<WordKey>();
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            // Letters and digits only: whatever else is typed parts words, so that no wildcard and no half character reaches a statement.
            if (i < text.Length && char.IsLetterOrDigit(text[i]))
            {
                start = start < 0 ? i : start;
            }
            else if (start >= 0)
            {
                var word = Squeezed(text[start..i]);
                start = -1;
                if (word.Length > 1 && !SettlementWords.Contains(word) && words.TrueForAll(known => known.Text != word))
                {
                    words.Add(new WordKey(word, StemOf(word)));
                }
            }
        }

        return words;
    }

    /// <summary>The product's fold, and three habits of typing on top: и for ы and й (Latin y may be any of them), е for э, no signs.</summary>
    private static string Squeezed(string typed) => string.Concat(Fold.Of(typed)
        .Where(letter => letter is not ('ь' or 'ъ'))
        .Select(letter => letter switch { 'ы' or 'й' => 'и', 'э' => 'е', 'щ' => 'ш', _ => letter }));

    private static string StemOf(string word)
    {
        foreach (var ending in Endings)
        {
            if (word.Length - ending.Length >= 3 && word.EndsWith(ending, StringComparison.Ordinal))
            {
                return word[..^ending.Length];
            }
        }

        return word;
    }

    /// <summary>How many single letters must be added, left out, changed or swapped with their neighbour to make one word the other.</summary>
    public static int Edits(string one, string other)
    {
        var rows = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++)
        {
            rows[i, 0] = i;
        }

        for (var j = 0; j <= other.Length; j++)
        {
            rows[0, j] = j;
        }

        for (var i = 1; i <= one.Length; i++)
        {
            for (var j = 1; j <= other.Length; j++)
            {
                var change = rows[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(change, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[one.Length, other.Length];
    }
}
