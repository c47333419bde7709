using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/qualifications/{id}/withdrawal.</summary>
public static class WithdrawQualification
{
    internal static void Map(RouteGroupBuilder qualifications) => qualifications.MapPost("/{id}/withdrawal", Handle).WithName("withdrawQualification")
        .Requires(stepUp: true, Role.QualityManager, Role.PlatformAdministrator).Moves();

    /// <summary>Withdraw a qualification; its holder is not drawn for it any more.</summary>
    /// <remarks>404 for another body's; 409 `changed-meanwhile` when it is withdrawn already.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, Database database, CancellationToken cancel) =>
        Answer.NoContent(await Withdraw(id, database, cancel));

    internal static async Task<Refusal?> Withdraw(Guid id, Database database, CancellationToken cancel)
    {
        if (await ListQualifications.FindKept(id, database, cancel) is not { } qualification)
        {
            return Refusal.NotFound;
        }

        var happened = new QualificationWithdrawn(id, qualification.Person);
        var written = await database.Execute($"""
            with withdrawn as (
                update certification.qualification set withdrawn_by = {database.Actor.Person}, withdrawn_at = kernel.now()
                 where id = {id} and withdrawn_at is null returning id)
            select kernel.append(id, {nameof(QualificationWithdrawn)}, {Event.Text(happened)}) from withdrawn
            """, cancel);
        return written == 1 ? null : Refusal.ChangedMeanwhile;
    }
}

internal sealed record QualificationWithdrawn(Guid Qualification, PersonId Person);
