using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Oversight.Funnels;

/// <summary>Turns moves along the chain into rows, the same way when they happen and when the read model is rebuilt.</summary>
internal sealed class ChainFacts(Database database, ILots lots, ITerritories territories)
{
    /// <summary>Writes the facts of some events; an event written before changes nothing, and an answer that was taken back since is none.</summary>
    public async Task Write(IReadOnlyList<(Guid Stream, int Number, DateTimeOffset At, ChainMove Move)> moves, CancellationToken cancel)
    {
        if (moves.Count == 0)
        {
            return;
        }

        var cards = await lots.Of([.. moves.Select(one => one.Move.Lot).OfType<LotId>().Distinct()], cancel);
        var facts = moves.Select(one => Fact(one, one.Move.Lot is { } lot ? cards[lot] : null)).ToList();
        var paths = await Paths([.. facts.Select(fact => fact.Place).Distinct()], cancel);
        string[] Level(TerritoryLevel level) => [.. facts.Select(fact => paths[fact.Place][(int)level])];

        await database.Execute($"""
            insert into oversight.chain_step (stream, number, step, country, oblast, district, okrug, village, household_id, lot_id, product_code,
                    quantity, unit, value_minor, currency, happened_at)
            select f.* from unnest(
                {facts.Select(fact => fact.Stream).ToArray()}, {facts.Select(fact => fact.Number).ToArray()}, {facts.Select(fact => fact.Step).ToArray()},
                {Level(TerritoryLevel.Country)}, {Level(TerritoryLevel.Oblast)}, {Level(TerritoryLevel.District)}, {Level(TerritoryLevel.Okrug)},
                {Level(TerritoryLevel.Village)}, {facts.Select(fact => fact.Household.Value).ToArray()}, {facts.Select(fact => fact.Lot).ToArray()},
                {facts.Select(fact => fact.Product).ToArray()}, {facts.Select(fact => fact.Quantity?.Amount).ToArray()},
                {facts.Select(fact => fact.Quantity?.Unit).ToArray()}, {facts.Select(fact => fact.Worth?.Minor).ToArray()},
                {facts.Select(fact => fact.Worth?.Currency).ToArray()}, {facts.Select(fact => fact.At.UtcDateTime).ToArray()})
                as f (stream, number, step, country, oblast, district, okrug, village, household_id, lot_id, product_code, quantity, unit, value_minor, currency,
                      happened_at)
             where f.step <> 'confirmed' or not exists (
                   select from kernel.event e where e.stream = f.stream and e.number > f.number and e.type = {nameof(PromiseReopened)})
                on conflict (stream, number) do nothing
            """, cancel);
    }

    /// <summary>Takes back that a promise was confirmed before an event of its stream.</summary>
    public Task<int> Reopen(Guid promise, int number, CancellationToken cancel) => database.Execute($"""
        delete from oversight.chain_step where stream = {promise} and step = 'confirmed' and number < {number}
        """, cancel);

    private static ChainFact Fact((Guid Stream, int Number, DateTimeOffset At, ChainMove Move) one, LotCard? lot)
    {
        var move = one.Move;
        Quantity? quantity = move.Quantity ?? lot?.Declared;
        var price = move.Price ?? lot?.Price;

        // A price per piece says nothing about kilograms: the fact then has a quantity and no money.
        var worth = move.Worth ?? (price is { } known && quantity is { } amount && Units.Find(known.Per)?.Step == amount.Unit ? known.Of(amount) : null);
        return new ChainFact(
            one.Stream, one.Number, move.Step, move.Village ?? lot!.Village, move.Household ?? lot!.Household, move.Lot?.Value, lot?.Product.Value, quantity,
            worth, one.At);
    }

    /// <summary>The codes of each level above a place; a level its path lacks repeats the next lower one.</summary>
    internal async Task<Dictionary<TerritoryCode, string[]>> Paths(IReadOnlyCollection<TerritoryCode> codes, CancellationToken cancel)
    {
        var places = await territories.Places(codes, cancel);
        var above = await territories.Places([.. places.Values.SelectMany(place => place.Path).Distinct()], cancel);
        // Keyed by the code that was asked: it may be one the territory had before a merger.
        return places.ToDictionary(asked => asked.Key, asked =>
        {
            var place = asked.Value;
            var levels = new string[5];
            var below = place.Code.Value;
            for (var level = TerritoryLevel.Village; level >= TerritoryLevel.Country; level--)
            {
                foreach (var code in place.Path)
                {
                    below = above[code].Level == level ? code.Value : below;
                }

                levels[(int)level] = below;
            }

            return levels;
        });
    }

    private sealed record ChainFact(
        Guid Stream, int Number, ChainStep Step, TerritoryCode Place, HouseholdId Household, Guid? Lot, string? Product, Quantity? Quantity, Money? Worth,
        DateTimeOffset At);
}
