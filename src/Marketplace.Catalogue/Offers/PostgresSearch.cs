using System.Globalization;
using Marketplace.Catalogue.Words;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;

namespace Marketplace.Catalogue.Offers;

/// <summary>
/// The search in PostgreSQL: typed words are resolved to codes on the word list, then offers are found by equality, in the order of
/// an index, so that a page reads its own rows and not all that match.
/// </summary>
internal sealed class PostgresSearch(Database database, ITerritories territories, TimeProvider clock) : ICatalogueSearch
{
    private const int MostCounted = 10_000;
    private static readonly OfferFacets NoFacets = new([], [], [], [], []);
    private static readonly OffersFound Nothing = new([], 0, false, NoFacets);

    // Lower ends in the 1-2-5 series that prices are read in, in 1/10,000 of the currency unit.
    private static readonly long[] Bands = [.. new long[] { 0, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000 }.Select(band => band * 10_000)];

    public async Task<Outcome<OffersFound>> Find(OfferQuery query, CancellationToken cancel)
    {
        IReadOnlyList<Meaning> meanings = [];
        if (!string.IsNullOrWhiteSpace(query.Text))
        {
            if (await WordList.Resolve(database, query.Text, cancel) is not { } resolved)
            {
                return Nothing;
            }

            meanings = resolved;
        }

        TerritoryPlace? territory = null;
        if (query.Territory is { } code)
        {
            territory = (await territories.Places([code], cancel)).GetValueOrDefault(code);
            if (territory is null)
            {
                return Nothing;
            }
        }

        var score = Score(meanings);
        var order = Order(query.Sort, meanings.Count == 0 ? null : score);
        if (Following(query, order) is not { } following)
        {
            return Cursors.Bad;
        }

        var filters = Filters(query, territory, meanings);
        var page = await database.List<OfferRow>($"""
            select page.* from (
                select {OfferRow.Columns}, {score} as score, ({order.Key})::text as key
                  from {OfferRow.Joined}
                 where {OfferRow.Live} {filters} {following}
                 order by {order.By} limit {query.Limit + 1}) as page
            """, cancel);
        var counts = await database.List<Count>($"""
            with found as materialized (
                select o.product_code, o.category, o.scheme, {NextLevel(territory)} as territory, width_bucket(o.compared_price, {Bands}) as band
                  from {OfferRow.Joined}
                 where {OfferRow.Live} {filters}
                 limit {MostCounted + 1})
            (select 'total' as of, '' as value, count(*)::int as number from found)
            union all (select 'product', product_code, count(*)::int from found group by 2 order by 3 desc, 2 limit 30)
            union all (select 'category', category, count(*)::int from found group by 2 order by 3 desc, 2 limit 30)
            union all (select 'scheme', scheme, count(*)::int from found group by 2 order by 3 desc, 2 limit 30)
            union all (select 'territory', territory, count(*)::int from found group by 2 order by 3 desc, 2 limit 30)
            union all (select 'band', coalesce(band, 0)::text, count(*)::int from found group by band order by band nulls last)
            """, cancel);
        var total = counts.Single(one => one.Of == "total").Number;
        return new OffersFound(
            [.. page.Select(row => (row.Offer, new OfferKey(row.Score, row.Key, row.LotId)))], Math.Min(total, MostCounted), total > MostCounted, Facets(counts));
    }

    /// <summary>
    /// How well an offer fits the text: how much of the product's name each word is, and, of places of one name, how near: the village
    /// before the rural district that is called after it.
    /// </summary>
    private static Sql Score(IReadOnlyList<Meaning> meanings)
    {
        var score = Sql.Of($"0");
        var shares = meanings.SelectMany(meaning => meaning.Products).GroupBy(one => one.Key).ToDictionary(one => one.Key, one => one.Sum(share => share.Value));
        if (shares.Count > 0)
        {
            score = Sql.Of($"coalesce(({shares.Values.ToArray()}::int[])[array_position({shares.Keys.ToArray()}, o.product_code)], 0)");
        }

        foreach (var place in meanings.SelectMany(meaning => meaning.Places))
        {
            score = Sql.Of($"{score} + case when {Column(place.Key)} = any({place.ToArray()}) then {(int)place.Key} else 0 end");
        }

        return Sql.Of($"({score})");
    }

    private Sql Filters(OfferQuery query, TerritoryPlace? territory, IReadOnlyList<Meaning> meanings)
    {
        var filters = Sql.Of($"");
        void And(Sql condition) => filters = Sql.Of($"{filters} and {condition}");

        foreach (var meaning in meanings)
        {
            And(Means(meaning));
        }

        if (query.Product is { } product)
        {
            And($"o.product_code = {product}");
        }

        if (query.Category is { } category)
        {
            And($"o.category = {category}");
        }

        if (query.Scheme is { } scheme)
        {
            And($"o.scheme = {scheme}");
        }

        if (territory is not null)
        {
            And($"{Column(OfferPlace.LevelOf(territory.Level))} = {territory.Code}");
        }

        if (query.PriceFrom is { } from)
        {
            And($"o.compared_price >= {from}");
        }

        if (query.PriceTo is { } to)
        {
            And($"o.compared_price <= {to}");
        }

        if (query.ReadyBy is { } readyBy)
        {
            And($"o.ready_on <= {readyBy}");
        }

        if (query.MinRemainingDays is { } days)
        {
            And($"o.expires_on >= {DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime).AddDays(days)}");
        }

        return filters;
    }

    /// <summary>A word that names a product and a place may mean either: "Kara" is a village and half a plum.</summary>
    private static Sql Means(Meaning meaning)
    {
        Sql? either = meaning.Products.Count == 0 ? null : OneOf(Sql.Of($"o.product_code"), [.. meaning.Products.Keys]);
        foreach (var level in meaning.Places)
        {
            var place = OneOf(Column(level.Key), [.. level]);
            either = either is null ? place : Sql.Of($"{either} or {place}");
        }

        return Sql.Of($"({either!})");
    }

    /// <summary>A few codes are written one by one: of an array the planner of a prepared statement does not know how few it holds.</summary>
    private static Sql OneOf(Sql column, string[] codes)
    {
        if (codes.Length > 8)
        {
            return Sql.Of($"{column} = any({codes})");
        }

        var list = Sql.Of($"{codes[0]}");
        foreach (var code in codes[1..])
        {
            list = Sql.Of($"{list}, {code}");
        }

        return Sql.Of($"{column} in ({list})");
    }

    private static Sql Column(Named level) => level switch
    {
        Named.Country => Sql.Of($"o.country"),
        Named.Oblast => Sql.Of($"o.oblast"),
        Named.District => Sql.Of($"o.district"),
        Named.Okrug => Sql.Of($"o.okrug"),
        _ => Sql.Of($"o.village"),
    };

    private static Sql NextLevel(TerritoryPlace? territory) => territory?.Level switch
    {
        null or TerritoryLevel.Country => Sql.Of($"o.oblast"),
        TerritoryLevel.Oblast => Sql.Of($"o.district"),
        TerritoryLevel.District => Sql.Of($"o.okrug"),
        _ => Sql.Of($"o.village"),
    };

    /// <summary>The key a page is cut by, and the order of an index that has it.</summary>
    private static SortOrder Order(OfferSort sort, Sql? score) => sort switch
    {
        OfferSort.Price => new(
            Sql.Of($"coalesce(o.compared_price, 9223372036854775807)"),
            Sql.Of($"coalesce(o.compared_price, 9223372036854775807), o.lot_id"), Down: false),
        OfferSort.PriceDown => new(Sql.Of($"coalesce(o.compared_price, -1)"), Sql.Of($"coalesce(o.compared_price, -1) desc, o.lot_id desc"), Down: true),
        OfferSort.Ready => new(Sql.Of($"o.ready_on"), Sql.Of($"o.ready_on, o.lot_id"), Down: false),
        OfferSort.Freshness => new(Sql.Of($"o.expires_on"), Sql.Of($"o.expires_on desc, o.lot_id desc"), Down: true),
        _ => score is null
            ? new(Sql.Of($"o.listed_at"), Sql.Of($"o.listed_at desc, o.lot_id desc"), Down: true)
            : new(Sql.Of($"o.listed_at"), Sql.Of($"score desc, o.listed_at desc, o.lot_id desc"), Down: true, score),
    };

    /// <summary>The condition of the next page; null when the key is not one of this sort.</summary>
    private static Sql? Following(OfferQuery query, SortOrder order)
    {
        if (query.After is not { } after)
        {
            return Sql.Of($"");
        }

        Sql key;
        switch (query.Sort)
        {
            case OfferSort.Price or OfferSort.PriceDown when long.TryParse(after.Key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var price):
                key = Sql.Of($"{price}");
                break;
            case OfferSort.Ready or OfferSort.Freshness when DateOnly.TryParseExact(after.Key, "yyyy-MM-dd", out var day):
                key = Sql.Of($"{day}");
                break;
            case OfferSort.Relevance when DateTimeOffset.TryParse(after.Key, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant):
                key = Sql.Of($"{instant}");
                break;
            default:
                return null;
        }

        return order switch
        {
            { Score: { } score } => Sql.Of($"and ({score}, {order.Key}, o.lot_id) < ({after.Score}, {key}, {after.Lot})"),
            { Down: true } => Sql.Of($"and ({order.Key}, o.lot_id) < ({key}, {after.Lot})"),
            _ => Sql.Of($"and ({order.Key}, o.lot_id) > ({key}, {after.Lot})"),
        };
    }

    private static OfferFacets Facets(List<Count> counts)
    {
        OfferFacet[] Of(string property) => [.. counts.Where(one => one.Of == property).Select(one => new OfferFacet(one.Value, one.Number))];
        var bands = counts.Where(one => one.Of == "band").Select(one => int.Parse(one.Value, CultureInfo.InvariantCulture) is > 0 and var band
            ? new OfferFacet((Bands[band - 1] / 10_000).ToString(CultureInfo.InvariantCulture), one.Number)
            : new OfferFacet("on-request", one.Number));
        return new OfferFacets(Of("product"), Of("category"), Of("scheme"), Of("territory"), [.. bands]);
    }

    private sealed record SortOrder(Sql Key, Sql By, bool Down, Sql? Score = null);

    private sealed record Count(string Of, string Value, int Number);
}
