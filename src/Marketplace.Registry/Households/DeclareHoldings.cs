using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Households;

/// <summary>What a household farms with.</summary>
[DatabaseEnum("registry.holding_kind")]
public enum HoldingKind
{
    /// <summary>Open ground sown or planted for the year, in square metres.</summary>
    Arable,

    /// <summary>Under glass or film, in square metres.</summary>
    Greenhouse,

    /// <summary>Fruit and nut trees, vines and berries, in square metres.</summary>
    Orchard,

    /// <summary>Water with fish, in square metres.</summary>
    Pond,

    /// <summary>Cows in milk, in heads.</summary>
    Cows,

    /// <summary>All cattle, the cows among them, in heads.</summary>
    Cattle,

    /// <summary>Mares in milk, in heads.</summary>
    Mares,

    /// <summary>All horses, the mares among them, in heads.</summary>
    Horses,

    /// <summary>Camels, in heads.</summary>
    Camels,

    /// <summary>Sheep, in heads.</summary>
    Sheep,

    /// <summary>Goats, in heads.</summary>
    Goats,

    /// <summary>Pigs, in heads.</summary>
    Pigs,

    /// <summary>Rabbits kept for breeding, in heads.</summary>
    Rabbits,

    /// <summary>Hens, in heads.</summary>
    Hens,

    /// <summary>Quails, in heads.</summary>
    Quails,

    /// <summary>Turkeys, in heads.</summary>
    Turkeys,

    /// <summary>Geese, in heads.</summary>
    Geese,

    /// <summary>Ducks, in heads.</summary>
    Ducks,

    /// <summary>Hives with bees.</summary>
    Hives,
}

/// <summary>So much of one kind.</summary>
/// <param name="Kind">What.</param>
/// <param name="Amount">Square metres or heads, 0 to 10,000,000; 0 says that there is none any more.</param>
public sealed record Holding(HoldingKind Kind, [Range(0, 10_000_000)] long Amount);

/// <summary>All that a household farms with.</summary>
/// <param name="Holdings">Each kind once, 1 to 19; a kind declared earlier and left out now counts as none.</param>
public sealed record HoldingDeclaration([MinLength(1), MaxLength(19)] IReadOnlyList<Holding> Holdings);

/// <summary>A household says what it farms with.</summary>
public static class DeclareHoldings
{
    internal static void Map(RouteGroupBuilder households) =>
        households.MapPut("/{id}/holdings", Handle).WithName("declareHoldings").RequiresSignIn();

    /// <summary>Declare the plots and animals of a household, all of them.</summary>
    /// <remarks>What a household may plausibly have for sale is reckoned from them. More than was declared before the first lot of a season counts for
    /// that season only once the rural district confirmed it; less counts at once. 400 `repeated-kind`; 404 when you may not act for the household.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        HouseholdId id, HoldingDeclaration declaration, IHouseholds households, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(declaration);
        return Answer.NoContent(await Declare(id, declaration, households, database, cancel));
    }

    internal static async Task<Refusal?> Declare(
        HouseholdId id, HoldingDeclaration declaration, IHouseholds households, Database database, CancellationToken cancel)
    {
        var kinds = declaration.Holdings.Select(holding => holding.Kind).ToArray();
        if (kinds.Distinct().Count() != kinds.Length)
        {
            return Refusal.Invalid("#/holdings", "repeated-kind", "Name each kind once.");
        }

        if ((await households.ToActFor(id, cancel)).Refusal is { } stranger)
        {
            return stranger;
        }

        // One declaration of a household after the other: each is the next number.
        await database.Execute($"select from registry.household where id = {id} for no key update", cancel);
        await database.Execute($"""
            with declared as (
                insert into registry.holding (household, number, kind, amount)
                select {id}, (select coalesce(max(number), 0) + 1 from registry.holding where household = {id}), kind, coalesce(amount, 0)
                  from (select distinct kind from registry.holding where household = {id}) as earlier
                  full join unnest({kinds}, {declaration.Holdings.Select(holding => holding.Amount).ToArray()}) as one (kind, amount) using (kind)
                returning household)
            select kernel.append(household, {nameof(HoldingsDeclared)}, {Event.Text(new HoldingsDeclared(id))}) from declared limit 1
            """, cancel);
        return null;
    }
}

// History of the household's stream.
internal sealed record HoldingsDeclared(HouseholdId Household);

internal sealed record HoldingsConfirmed(HouseholdId Household);
