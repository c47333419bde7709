namespace Marketplace.Kernel;

/// <summary>
/// What a search compares instead of the typed text: lower case, Kazakh and Kyrgyz letters as their Russian neighbours, Latin
/// typing as Cyrillic. The same function as <c>kernel.fold</c> in SQL; a property test holds them equal.
/// </summary>
public static class Fold
{
    private const string From = "әғқңөұүһіёҗabcdefghijklmnopqrstuvwxyz";
    private const string To = "агкноуухиежабкдефгхижклмнопкрстуввхиз";

    private static readonly (string Latin, string Cyrillic)[] Pairs =
    [
        ("sch", "щ"), ("sh", "ш"), ("ch", "ч"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("yu", "ю"), ("ya", "я"), ("gh", "г"),
    ];

    /// <summary>The folded text.</summary>
    public static string Of(string typed)
    {
        ArgumentNullException.ThrowIfNull(typed);

        // PostgreSQL knows the small letter of the Turkish capital; the invariant culture leaves it as it is.
        var text = typed.Replace('İ', 'i').ToLowerInvariant();
        foreach (var (latin, cyrillic) in Pairs)
        {
            text = text.Replace(latin, cyrillic, StringComparison.Ordinal);
        }

        return string.Create(text.Length, text, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                var at = From.IndexOf(source[i], StringComparison.Ordinal);
                span[i] = at < 0 ? source[i] : To[at];
            }
        });
    }
}
