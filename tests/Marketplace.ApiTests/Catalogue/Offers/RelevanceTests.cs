using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Catalogue.Offers;
using Marketplace.Catalogue.Words;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace Marketplace.ApiTests.Catalogue.Offers;

/// <summary>A test that compares with files from outside the product; reported as skipped where MARKETPLACE_REFERENCE names no folder.</summary>
public sealed class ReferenceFactAttribute : FactAttribute
{
    public static readonly string? Folder = Environment.GetEnvironmentVariable("MARKETPLACE_REFERENCE") is { Length: > 0 } folder ? folder : null;

    public ReferenceFactAttribute() => Skip = Folder is null ? "MARKETPLACE_REFERENCE is not set." : null;
}

public sealed class RelevanceTests(Market market, ITestOutputHelper output) : IClassFixture<Market>
{
    [ReferenceFact]
    public async Task The_relevance_set_is_answered()
    {
        var offers = Items("catalogue.json");
        var ids = offers.ToDictionary(offer => offer!["id"]!.GetValue<string>(), _ => Guid.CreateVersion7());
        await Load(offers, ids);
        var scores = new List<(string Kind, double Score)>();
        foreach (var query in Items("queries.json"))
        {
            var kind = query!["kind"]!.GetValue<string>();
            var text = query["text"]!.GetValue<string>();
            var territory = query["filters"]!["region"] is { } region ? $"&territory=kz-{region.GetValue<string>()}" : "";
            var relevant = query["relevant"]!.AsArray().Select(id => ids[id!.GetValue<string>()]).ToHashSet();
            var hits = (await market.Offers($"?limit=50&text={Uri.EscapeDataString(text)}{territory}")).Select(lot => lot.Value).ToList();
            var first = Math.Min(10, relevant.Count);
            var score = kind switch
            {
                "nothing" => hits.Count == 0 ? 1.0 : 0,
                "village+product" => hits.Count > 0 && relevant.Contains(hits[0]) ? 1.0 : 0,
                _ => (double)hits.Take(first).Count(relevant.Contains) / first,
            };
            scores.Add((kind, score));
            if (score < 1)
            {
                output.WriteLine($"{kind} \"{text}\": {score:0.00}");
            }
        }

        foreach (var kind in scores.GroupBy(one => one.Kind))
        {
            output.WriteLine($"{kind.Key,-20} {kind.Count(),3} {kind.Average(one => one.Score):0.000}");
        }

        Assert.All(scores.GroupBy(one => one.Kind), kind => Assert.True(kind.Average(one => one.Score) >= 0.95, kind.Key));
    }

    private static JsonArray Items(string file) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(ReferenceFactAttribute.Folder!, "search", file)))!["items"]!.AsArray();

    private Task<bool> Load(JsonArray offers, Dictionary<string, Guid> ids) => market.Within(async services =>
    {
        var database = services.GetRequiredService<Database>();
        var territories = services.GetRequiredService<ITerritories>();
        var villages = offers.Select(offer => "kz-" + offer!["villageKato"]!.GetValue<string>()).ToList();
        var products = offers.Select(offer => offer!["productCode"]!.GetValue<string>()).ToArray();
        var places = new Dictionary<string, OfferPlace>();
        foreach (var village in villages.Distinct())
        {
            places[village] = await OfferPlace.Of(territories, TerritoryCode.From(village), default);
        }

        var lots = offers.Select(offer => ids[offer!["id"]!.GetValue<string>()]).ToArray();
        await database.Execute($"""
            with lot as (
                insert into supply.lot (id, household_id, product_code, village, step, declared, ready_on, expires_on, state)
                select lot, lot, product, village, 'GRM', 1000, kernel.now()::date, kernel.now()::date + 30, 'certified'
                  from unnest({lots}, {products}, {villages.ToArray()}) as one (lot, product, village) returning id)
            select id from lot
            """, default);
        await database.Execute($"""
            insert into supply.lot_account (lot_id, ceiling, certified, sellable_until) select lot, 1000, 1000, kernel.now() + interval '30 days' from unnest({lots}) as lot
            """, default);
        await database.Execute($"""
            insert into catalogue.offer (lot_id, household_number, product_code, category, scheme, certificate_id, certificate_serial, country, oblast, district,
                    okrug, village, ready_on, expires_on)
            select lot, 'H-1', product, 'x', 'PLANT-BATCH', lot, 'C-1', country, oblast, district, okrug, village, kernel.now()::date, kernel.now()::date + 30
              from unnest({lots}, {products}, {villages.Select(one => places[one].Country).ToArray()}, {villages.Select(one => places[one].Oblast).ToArray()},
                          {villages.Select(one => places[one].District).ToArray()}, {villages.Select(one => places[one].Okrug).ToArray()},
                          {villages.Select(one => places[one].Village).ToArray()}) as one (lot, product, country, oblast, district, okrug, village)
            """, default);
        var cards = await services.GetRequiredService<IProducts>().Of([.. products.Distinct().Select(ProductCode.From)], default);
        await WordList.Learn(database, cards.Values, places.Values.SelectMany(place => place.Named).DistinctBy(one => one.Place.Code), default);
        return true;
    });
}
