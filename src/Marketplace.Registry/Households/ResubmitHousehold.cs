using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Households;

/// <summary>A returned household, corrected.</summary>
/// <param name="Name">The head's name, 2 to 120 characters.</param>
/// <param name="Village">Where it farms: a village, or a town without villages.</param>
/// <param name="Members">Members besides the head; they replace the earlier list. At most 30, none by default.</param>
/// <param name="NationalNumber">The head's national number; absent when it was right.</param>
public sealed record HouseholdCorrection(
    [TextLength(120, MinimumLength = 2)] string Name, TerritoryCode Village, [MaxLength(30)] IReadOnlyList<HouseholdMember>? Members = null,
    NationalNumber? NationalNumber = null);

/// <summary>A returned household is sent again.</summary>
public static class ResubmitHousehold
{
    internal static void Map(RouteGroupBuilder households) =>
        households.MapPut("/{id}", Handle).WithName("resubmitHousehold").RequiresSignIn();

    /// <summary>Correct a returned household and send it again.</summary>
    /// <remarks>400 `unknown-territory`, `not-habitable`, `bad-national-number`; 404 `not-found` when you may not act for it; 409 `wrong-stage`
    /// unless it is returned; 412 `stale` when it changed since you read it; 428 `if-match-required`.</remarks>
    public static async Task<Results<Ok<HouseholdDetails>, ProblemHttpResult>> Handle(
        HouseholdId id, HouseholdCorrection correction, IfMatch read, IHouseholds households, Database database, Secrets secrets, IPeople people,
        ITasks tasks, HttpContext http, CancellationToken cancel) => Answer.Versioned(
        http, await Resubmit(id, correction, read, households, database, secrets, people, tasks, cancel), household => household.Version);

    internal static async Task<Outcome<HouseholdDetails>> Resubmit(
        HouseholdId id, HouseholdCorrection correction, IfMatch read, IHouseholds households, Database database, Secrets secrets, IPeople people,
        ITasks tasks, CancellationToken cancel)
    {
        if ((await households.ToActFor(id, cancel)).Refusal is { } refusal)
        {
            return refusal;
        }

        var place = await Place.Find(database, correction.Village, cancel);
        if (Place.Wrong(place) is { } nowhere)
        {
            return nowhere;
        }

        var household = (await database.Find<Household>($"""
            select h.id, h.number, h.head, h.registered_by, h.village, h.country, h.language, h.stage, h.version, t.path
              from registry.household h join registry.territory t on t.code = h.village where h.id = {id} for update of h
            """, cancel))!;
        if (household.Version != read.Version)
        {
            return IfMatch.Stale;
        }

        if (Household.Next(household.Stage, HouseholdStep.Resubmit) is not { } next)
        {
            return Household.WrongStage;
        }

        if (place!.Country != household.Country && correction.NationalNumber is null)
        {
            return RegisterHousehold.BadNumber; // the number of one country says nothing in the other
        }

        if (Members.Wrong(correction.Members) is { } member)
        {
            return member;
        }

        byte[]? sealedNumber = null;
        byte[]? index = null;
        if (correction.NationalNumber is { } number)
        {
            if (!number.MayExistIn(place.Country))
            {
                return RegisterHousehold.BadNumber;
            }

            sealedNumber = number.Seal(secrets, id.Value);
            index = number.Index(secrets, place.Country);
            var known = await database.Value<bool>($"""
                select exists (select from registry.household
                                where national_number_index = {index} and id <> {id} and stage not in ('merge_review', 'closed', 'lapsed'))
                """, cancel);
            next = known ? Household.Next(household.Stage, HouseholdStep.FindDuplicate)!.Value : next;
            var wrong = await database.Value<byte[]>($"select national_number_index from registry.household where id = {id}", cancel);
            await people.Identify(household.Head, index, wrong, cancel);
        }

        var happened = new HouseholdResubmitted(id, correction.Village);
        await database.Execute($"""
            with moved as (
                update registry.household
                   set stage = {next}, name = {correction.Name.Trim()}, village = {correction.Village}, country = {place.Country},
                       national_number_sealed = coalesce({sealedNumber}, national_number_sealed),
                       national_number_index = coalesce({index}, national_number_index),
                       reasons = array[]::text[], silent_until = null, version = version + 1
                 where id = {id}
                returning id)
            select kernel.append(id, {nameof(HouseholdResubmitted)}, {Event.Text(happened)}) from moved
            """, cancel);
        await database.Execute($"delete from registry.household_member where household = {id}", cancel);
        await Members.Write(database, id, correction.Members, secrets, cancel);
        await new Verification(database, new Officers(people), tasks).Await(
            household with { Stage = next, Village = correction.Village, Country = place.Country, Path = place.Path }, cancel);
        return await HouseholdView.Of(id, database, secrets, cancel);
    }
}
