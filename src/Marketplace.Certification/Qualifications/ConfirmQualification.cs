using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/qualifications/{id}/confirmation.</summary>
public static class ConfirmQualification
{
    internal static void Map(RouteGroupBuilder qualifications) => qualifications.MapPost("/{id}/confirmation", Handle).WithName("confirmQualification")
        .Requires(stepUp: true, Role.QualityManager, Role.PlatformAdministrator).Moves();

    /// <summary>Confirm a qualification somebody else granted; it counts from now on.</summary>
    /// <remarks>Another quality manager of the same body, or the administrator. 404 for another body's; 409 `second-person` for whoever granted or holds
    /// it, by any telephone; 409 `changed-meanwhile` when it is confirmed or withdrawn already.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, Database database, CancellationToken cancel) =>
        Answer.NoContent(await Confirm(id, database, cancel));

    internal static async Task<Refusal?> Confirm(Guid id, Database database, CancellationToken cancel)
    {
        if (await ListQualifications.FindKept(id, database, cancel) is not { } qualification)
        {
            return Refusal.NotFound;
        }

        var happened = new QualificationConfirmed(id, qualification.Person);
        var written = await database.Execute($"""
            with confirmed as (
                update certification.qualification set confirmed_by = {database.Actor.Person}, confirmed_at = kernel.now()
                 where id = {id} and confirmed_at is null and withdrawn_at is null returning id)
            select kernel.append(id, {nameof(QualificationConfirmed)}, {Event.Text(happened)}) from confirmed
            """, cancel);
        return written == 1 ? null : Refusal.ChangedMeanwhile;
    }
}

internal sealed record QualificationConfirmed(Guid Qualification, PersonId Person);
