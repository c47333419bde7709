using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Order that a suspension does not bind while it is appealed against.</summary>
/// <param name="Reason">3 to 2000 characters; shown with the certificate's history.</param>
public sealed record AppealStay([TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>POST /v1/appeals/{id}/stay.</summary>
public static class StaySuspension
{
    internal static void Map(RouteGroupBuilder appeals) =>
        appeals.MapPost("/{id:guid}/stay", Handle).WithName("staySuspension").Requires(stepUp: true, Role.ProjectOfficer).Moves();

    /// <summary>Let a suspension rest while the appeal against it lasts; by itself an appeal stays nothing.</summary>
    /// <remarks>The certificate is active again at once. When the appeal ends the suspension is in force again, unless the panel upheld the appeal or
    /// somebody changed the certificate since. 409 `wrong-stage`, `nothing-to-stay` unless it is an appeal against what is suspended now,
    /// `own-work`, `changed-meanwhile`, `held-back` before the quality manager ruled on a finding.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, AppealStay stay, Database database, AppealedDecision decision, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(stay);
        return Answer.NoContent(await Stay(id, stay.Reason, database, decision, cancel));
    }

    internal static async Task<Refusal?> Stay(Guid id, string reason, Database database, AppealedDecision decision, CancellationToken cancel)
    {
        // Held until commit: the appeal does not end beside its stay.
        await database.Execute($"select 1 from certification.appeal where id = {id} for update", cancel);
        if (await Appeal.FindVisible(id, database, cancel) is not { } appeal)
        {
            return Refusal.NotFound;
        }

        // wrong-stage, own-work and nothing-to-stay are the table's trigger.
        await database.Execute($"insert into certification.appeal_stay (appeal, reason) values ({id}, {reason})", cancel);
        return await decision.Stay(appeal, reason, cancel);
    }
}
