using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Whether a certification body may issue.</summary>
/// <param name="Allowed">False stops every issue from the commit on; true lets it issue again.</param>
/// <param name="Reason">3 to 2000 characters.</param>
public sealed record IssuanceSwitch(bool Allowed, [TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>PUT /v1/issuance/{body}.</summary>
public static class SetIssuance
{
    internal static void Map(RouteGroupBuilder issuance) =>
        issuance.MapPut("/{body}", Handle).WithName("setIssuance").Requires(stepUp: true, Role.QualityManager, Role.PlatformAdministrator).Moves();

    /// <summary>Stop a certification body from issuing, or let it issue again.</summary>
    /// <remarks>The quality manager for the own body, the administrator for any. 404 for another organisation; 409 <c>stopped-from-above</c> when the body would lift the
    /// administrator's stop itself.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        OrganisationId body, IssuanceSwitch change, Database database, IOrganisations organisations, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Answer.NoContent(await Set(body, change, database, organisations, cancel));
    }

    internal static async Task<Refusal?> Set(
        OrganisationId body, IssuanceSwitch change, Database database, IOrganisations organisations, CancellationToken cancel)
    {
        var known = (await organisations.Of([body], cancel)).GetValueOrDefault(body);
        if (known is not { Kind: OrganisationKind.CertificationBody }
            || (!database.Actor.Roles.Contains(Role.PlatformAdministrator) && database.Actor.Organisation != body.Value))
        {
            return Refusal.NotFound;
        }

        var happened = new IssuanceSwitched(body, change.Allowed);
        var administrator = database.Actor.Roles.Contains(Role.PlatformAdministrator);
        var written = await database.Execute($"""
            with switched as (
                insert into certification.issuance (body, allowed, reason, by_administrator)
                values ({body}, {change.Allowed}, {change.Reason}, {administrator})
                    on conflict (tenant_id, body) do update
                    set allowed = excluded.allowed, reason = excluded.reason, changed_by = kernel.person(), changed_at = kernel.now(),
                        by_administrator = excluded.by_administrator
                    where issuance.allowed or not issuance.by_administrator or excluded.by_administrator
                returning body)
            select kernel.append(body, {nameof(IssuanceSwitched)}, {Event.Text(happened)}) from switched
            """, cancel);
        return written == 1 ? null : new Refusal("stopped-from-above", "The administrator stopped this body; only the administrator lifts it.");
    }
}

internal sealed record IssuanceSwitched(OrganisationId Body, bool Allowed);
