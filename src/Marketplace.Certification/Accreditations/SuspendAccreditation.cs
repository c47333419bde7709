using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Whether an accreditation is suspended.</summary>
/// <param name="Suspended">True stops every issue under it from the commit on; false ends the suspension.</param>
/// <param name="Reason">3 to 2000 characters.</param>
public sealed record AccreditationSuspension(bool Suspended, [TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>PUT /v1/accreditations/{id}/suspension.</summary>
public static class SuspendAccreditation
{
    internal static void Map(RouteGroupBuilder accreditations) => accreditations.MapPut("/{id}/suspension", Handle).WithName("suspendAccreditation")
        .Requires(stepUp: true, Role.PlatformAdministrator).Moves();

    /// <summary>Suspend an accreditation, or end its suspension.</summary>
    /// <remarks>Waits for certificates being signed under it; nothing is issued under it after the answer. 404 when there is none.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, AccreditationSuspension suspension, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(suspension);
        return Answer.NoContent(await Suspend(id, suspension, database, cancel));
    }

    internal static async Task<Refusal?> Suspend(Guid id, AccreditationSuspension suspension, Database database, CancellationToken cancel)
    {
        var happened = new AccreditationSuspended(id, suspension.Suspended);
        return await database.Execute($"""
            with changed as (
                update certification.accreditation set suspended = {suspension.Suspended}, reason = {suspension.Reason},
                       changed_by = {database.Actor.Person}, changed_at = kernel.now()
                 where id = {id} returning id)
            select kernel.append(id, {nameof(AccreditationSuspended)}, {Event.Text(happened)}) from changed
            """, cancel) == 1 ? null : Refusal.NotFound;
    }
}

internal sealed record AccreditationSuspended(Guid Accreditation, bool Suspended);
