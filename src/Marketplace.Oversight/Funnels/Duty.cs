using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Oversight.Funnels;

/// <summary>How much of a territory's figures an official sees.</summary>
internal enum Duty
{
    /// <summary>Nothing: to this official the territory is not there.</summary>
    None,

    /// <summary>Figures of at least five households.</summary>
    Outside,

    /// <summary>Every figure.</summary>
    Own,
}

/// <summary>Who sees what.</summary>
internal static class Duties
{
    /// <summary>The duty of an actor in a territory.</summary>
    /// <param name="actor">The official.</param>
    /// <param name="path">Codes from the country down to the territory.</param>
    public static Duty Of(Actor actor, IEnumerable<TerritoryCode> path)
    {
        var inside = actor.Territory is { } duty && path.Any(code => code.Value == duty);

        // The project office and the auditor without a territory answer for all of it; the platform's administrator for none.
        var everywhere = actor.Territory is null && (actor.Roles.Contains(Role.ProjectOfficer) || actor.Roles.Contains(Role.Auditor));
        var looksBeyond = actor.Roles.Contains(Role.DistrictOfficer) || actor.Roles.Contains(Role.ProjectOfficer) || actor.Roles.Contains(Role.Auditor);
        return (inside && (looksBeyond || actor.Roles.Contains(Role.OkrugAkim))) || everywhere ? Duty.Own
            : looksBeyond || actor.Roles.Contains(Role.PlatformAdministrator) ? Duty.Outside
            : Duty.None;
    }
}
