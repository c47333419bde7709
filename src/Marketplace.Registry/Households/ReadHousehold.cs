using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Households;

/// <summary>Reads one household.</summary>
public static class ReadHousehold
{
    internal static void Map(RouteGroupBuilder households) =>
        households.MapGet("/{id}", Handle).WithName("readHousehold").RequiresSignIn();

    /// <summary>Read a household.</summary>
    /// <remarks>For its own people, its agents, the manager of its applicant of record, and the officers of its rural district and district.
    /// 404 `not-found` for everybody else.</remarks>
    public static async Task<Results<Ok<HouseholdDetails>, ProblemHttpResult>> Handle(
        HouseholdId id, IHouseholds households, Database database, Secrets secrets, HttpContext http, CancellationToken cancel) =>
        Answer.Versioned(http, await Read(id, households, database, secrets, cancel), household => household.Version);

    internal static async Task<Outcome<HouseholdDetails>> Read(
        HouseholdId id, IHouseholds households, Database database, Secrets secrets, CancellationToken cancel)
    {
        var mine = (await households.ToActFor(id, cancel)).Refusal is null;
        if (!mine)
        {
            var roles = database.Actor.Roles;
            var officer = roles.Contains(Role.OkrugAkim) || roles.Contains(Role.DistrictOfficer);
            if (!officer || await Household.InDutyOf(database, id, cancel) is null)
            {
                return Refusal.NotFound;
            }
        }

        return await HouseholdView.Of(id, database, secrets, cancel);
    }
}
