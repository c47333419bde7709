using Marketplace.Contracts;

namespace Marketplace.Orders.Promises;

/// <summary>Which of the things asked for a message is about.</summary>
internal static class AskedGoods
{
    /// <summary>
    /// The asks of one order a message means, and the message without the words that named them. An order's number or a product names them; without a name it
    /// must be one order. None when it stays open, or when a product is named that was not asked for.
    /// </summary>
    public static (IReadOnlyList<Ask> Goods, string Said) Meant(string text, IReadOnlyList<Ask> asks, IReadOnlyList<ProductCard> products)
    {
        var rest = text;
        var open = asks;
        if (asks.FirstOrDefault(ask => text.Contains(ask.Number, StringComparison.OrdinalIgnoreCase)) is { } numbered)
        {
            open = [.. asks.Where(ask => ask.Order == numbered.Order)];
            rest = text.Replace(numbered.Number, " ", StringComparison.OrdinalIgnoreCase);
        }

        var words = AnswerText.Tokens(rest);
        var named = new HashSet<ProductCode>();
        var unnamed = new List<string>();
        foreach (var word in words)
        {
            var meant = AnswerText.IsAnswer(word) ? [] : products.Where(product => Names(product).Any(name => Same(name, word))).Select(product => product.Code).ToList();
            named.UnionWith(meant);
            if (meant.Count == 0)
            {
                unnamed.Add(word);
            }
        }

        var goods = named.Count == 0 ? open : [.. open.Where(ask => named.Contains(ask.Product))];
        return goods.Select(ask => ask.Order).Distinct().Count() == 1 ? (goods, string.Join(' ', unnamed)) : ([], rest);
    }

    private static IEnumerable<string> Names(ProductCard product) =>
        ((string[])[product.NameKk, product.NameKy, product.NameRu, product.NameEn]).SelectMany(AnswerText.Tokens).Where(name => name.Length >= 3);

    /// <summary>Inflected endings differ; the stem is the same.</summary>
    private static bool Same(string name, string word)
    {
        var same = name.Zip(word).TakeWhile(pair => pair.First == pair.Second).Count();
        return same >= Math.Max(3, Math.Min(name.Length, 8) - 3) && same >= word.Length - 3;
    }
}
