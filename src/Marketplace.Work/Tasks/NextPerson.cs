using Marketplace.Contracts;

namespace Marketplace.Work.Tasks;

/// <summary>Who gets a task next.</summary>
internal static class NextPerson
{
    /// <summary>
    /// Another holder of the role in the same organisation; else up the territory: the role, then the district officer, then the project office
    /// and the administrator. Nobody gets the same task twice.
    /// </summary>
    public static async Task<PersonId?> For(
        string wanted, OrganisationId? place, string[] path, IReadOnlySet<PersonId> held, IPeople people, CancellationToken cancel)
    {
        if (place is { } organisation
            && First(await people.Holding(wanted, organisation, null, cancel)) is { } colleague)
        {
            return colleague;
        }

        foreach (var role in new[] { wanted, Role.DistrictOfficer }.Distinct())
        {
            foreach (var code in path.Reverse())
            {
                if (First(await people.Holding(role, null, TerritoryCode.From(code), cancel)) is { } above)
                {
                    return above;
                }
            }
        }

        return First(await people.Holding(Role.ProjectOfficer, null, null, cancel))
            ?? First(await people.Holding(Role.PlatformAdministrator, null, null, cancel));

        PersonId? First(IReadOnlyList<PersonId> found)
        {
            foreach (var person in found)
            {
                if (!held.Contains(person))
                {
                    return person;
                }
            }

            return null;
        }
    }
}
