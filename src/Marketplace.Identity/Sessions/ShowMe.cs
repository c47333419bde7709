using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Identity.Sessions;

/// <summary>Who the caller is.</summary>
/// <param name="Person">The person.</param>
/// <param name="Tenant">The operator of the platform.</param>
/// <param name="Roles">Roles of this session or key.</param>
/// <param name="Organisation">The organisation acted for.</param>
/// <param name="Household">The person's own household.</param>
/// <param name="Territory">The territory of duty.</param>
public sealed record MyDetails(
    PersonId Person, string Tenant, IReadOnlyList<string> Roles, OrganisationId? Organisation, HouseholdId? Household, TerritoryCode? Territory);

/// <summary>Says who the caller is.</summary>
public static class ShowMe
{
    internal static void Map(RouteGroupBuilder me) => me.MapGet("", Handle).WithName("showMe").RequiresSignIn();

    /// <summary>Show who I am.</summary>
    public static async Task<Ok<MyDetails>> Handle(Database database, CancellationToken cancel)
    {
        var actor = database.Actor;
        await database.Execute($"select 1", cancel); // the first batch says whether the session still stands
        return TypedResults.Ok(new MyDetails(
            PersonId.From(actor.Person!.Value), actor.Tenant, [.. actor.Roles.Order(StringComparer.Ordinal)],
            actor.Organisation is { } organisation ? OrganisationId.From(organisation) : null,
            actor.Household is { } household ? HouseholdId.From(household) : null,
            actor.Territory is { } territory ? TerritoryCode.From(territory) : null));
    }
}
