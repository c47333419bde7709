using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/limit-proposals/{id}/confirmation.</summary>
public static class ConfirmLimit
{
    internal static void Map(RouteGroupBuilder proposals) => proposals.MapPost("/{id}/confirmation", Handle).WithName("confirmLimit")
        .InPersonOnly().Requires(stepUp: true, Role.ProjectOfficer).Moves();

    /// <summary>Confirm a proposed limit against its source: it judges what is filed from its first day on.</summary>
    /// <remarks>409 `own-proposal` for who proposed it; 409 `wrong-stage` when it was confirmed before; 409 `valid-from-past`.</remarks>
    public static async Task<Results<Ok<LimitProposalDetails>, ProblemHttpResult>> Handle(
        LimitProposalId id, Database database, CancellationToken cancel) => Answer.Ok(await Confirm(id, database, cancel));

    internal static async Task<Outcome<LimitProposalDetails>> Confirm(LimitProposalId id, Database database, CancellationToken cancel)
    {
        if (await LimitProposalDetails.List(Sql.Of($"id = {id}"), database, cancel) is not [{ } waiting])
        {
            return Refusal.NotFound;
        }

        if (waiting.Edition is not null)
        {
            return new Refusal("wrong-stage", "This limit was confirmed before.");
        }

        // The function locks the proposal, writes what no right of the application's could, and refuses with the names of the constraints.
        await database.Execute($"select certification.confirm_limit({id})", cancel);
        var confirmed = (await LimitProposalDetails.List(Sql.Of($"id = {id}"), database, cancel))[0];
        await database.Execute($"""
            select kernel.append({id}, {nameof(LimitConfirmed)}, {Event.Text(new LimitConfirmed(id, confirmed.Number!.Value, confirmed.Edition!.Value))})
            """, cancel);
        return confirmed;
    }
}
