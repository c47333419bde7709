using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Catalogue.Words;

/// <summary>What one typed word may mean: products, each with how much of its name the word is, and places of each level.</summary>
internal sealed record Meaning(IReadOnlyDictionary<string, int> Products, ILookup<Named, string> Places);

/// <summary>Learns the names of what is offered and resolves typed words to their codes.</summary>
internal static class WordList
{
    private const int MostWords = 12;
    private const int MostMeanings = 200;

    /// <summary>Adds the words of products and places; known ones stay.</summary>
    public static Task Learn(Database database, IEnumerable<ProductCard> products, IEnumerable<(Named Level, TerritoryPlace Place)> places, CancellationToken cancel)
    {
        var words = products
            .SelectMany(product => Words(Named.Product, product.Code.Value, product.NameEn, product.NameRu, product.NameKk, product.NameKy))
            .Concat(places.SelectMany(one => Words(one.Level, one.Place.Code.Value, one.Place.NameKk, one.Place.NameRu)))
            .ToList();
        return database.Execute($"""
            insert into catalogue.word (word, stem, named, code, share)
            select * from unnest({words.Select(one => one.Key.Text).ToArray()}, {words.Select(one => one.Key.Stem).ToArray()},
                                 {words.Select(one => one.Named).ToArray()}, {words.Select(one => one.Code).ToArray()},
                                 {words.Select(one => (short)one.Share).ToArray()})
                on conflict do nothing
            """, cancel);
    }

    /// <summary>The meaning of each word of a text; null when a word means nothing here, so that junk finds nothing.</summary>
    public static async Task<IReadOnlyList<Meaning>?> Resolve(Database database, string text, CancellationToken cancel)
    {
        var typed = WordKey.Of(text).Take(MostWords).ToList();
        if (typed.Count == 0)
        {
            return null;
        }

        var found = (await Known(database, typed, cancel)).ToLookup(row => row.Typed);
        var unknown = typed.Where(word => !found.Contains(word.Text)).ToList();
        var alike = (unknown.Count == 0 ? [] : await Alike(database, unknown, cancel)).ToLookup(row => row.Typed);
        var meanings = new List<Meaning>();
        foreach (var word in typed)
        {
            var rows = found[word.Text].Concat(alike[word.Text]).ToList();
            if (rows.Count == 0)
            {
                return null;
            }

            // The surest kind of match counts alone: whoever typed a whole word did not mean the beginning of another.
            var surest = rows.Min(row => row.Doubt);
            var meant = rows.Where(row => row.Doubt == surest).ToList();
            meanings.Add(new Meaning(
                meant.Where(row => row.Named == Named.Product).GroupBy(row => row.Code).ToDictionary(one => one.Key, one => one.Max(row => (int)row.Share)),
                meant.Where(row => row.Named != Named.Product).ToLookup(row => row.Named, row => row.Code)));
        }

        return meanings;
    }

    private static IEnumerable<(WordKey Key, Named Named, string Code, int Share)> Words(Named named, string code, params string[] names) => names
        .Select(WordKey.Of)
        .SelectMany(words => words.Select(word => (Key: word, Share: Math.Max(1, 100 / words.Count))))
        .GroupBy(one => one.Key.Text)
        .Select(same => (same.First().Key, named, code, same.Max(one => one.Share)));

    /// <summary>Whole words, words that differ in their ending, words that begin so; whole words first, so that no limit cuts them off.</summary>
    private static Task<List<Match>> Known(Database database, List<WordKey> typed, CancellationToken cancel) => database.List<Match>($"""
        select typed.word as typed, found.doubt, found.word, found.stem, found.named, found.code, found.share
          from unnest({typed.Select(word => word.Text).ToArray()}, {typed.Select(word => word.Stem).ToArray()}) as typed (word, stem),
               lateral (
                   (select case when w.word = typed.word then 0 else 2 end as doubt, w.* from catalogue.word w
                     where w.word >= typed.word and w.word < typed.word || U&'\FFFF' collate "C" order by w.word limit {MostMeanings})
                   union all
                   (select 1, w.* from catalogue.word w where w.stem = typed.stem limit {MostMeanings})) as found
        """, cancel);

    /// <summary>Words that are one slip away, two in long words: the nearest by trigrams, of which only true slips count.</summary>
    private static async Task<List<Match>> Alike(Database database, List<WordKey> typed, CancellationToken cancel)
    {
        var near = await database.List<Match>($"""
            select typed.word as typed, 3 as doubt, found.word, found.stem, found.named, found.code, found.share
              from unnest({typed.Select(word => word.Text).ToArray()}) as typed (word),
                   lateral (select * from catalogue.word w order by w.word <-> typed.word limit 60) as found
            """, cancel);
        return [.. from match in near
                   let slips = Math.Min(WordKey.Edits(match.Typed, match.Word), WordKey.Edits(match.Typed, match.Stem))
                   where slips <= match.Typed.Length switch { < 5 => 0, < 9 => 1, _ => 2 }
                   select match with { Doubt = 2 + slips }];
    }

    private sealed record Match(string Typed, int Doubt, string Word, string Stem, Named Named, string Code, short Share);
}
