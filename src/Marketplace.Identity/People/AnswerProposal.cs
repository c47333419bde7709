using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Identity.People;

/// <summary>An answer to a proposal.</summary>
/// <param name="Confirmed">True gives the role, false declines it.</param>
public sealed record ProposalAnswer(bool Confirmed);

/// <summary>POST /v1/role-proposals/{id}/answer.</summary>
public static class AnswerProposal
{
    internal static readonly Refusal SecondPerson = new("second-person", "A second person has to confirm this.");

    internal static void Map(RouteGroupBuilder proposals) =>
        proposals.MapPost("/{id:guid}/answer", Handle).WithName("answerRoleProposal").Requires(stepUp: true, Role.PlatformAdministrator).Moves();

    /// <summary>Confirm or decline a role that another administrator proposed.</summary>
    /// <remarks>409 <c>second-person</c> for confirming one's own proposal; 409 <c>own-rights</c> for one's own role, also from another telephone
    /// of the same human; 409 <c>changed-meanwhile</c> when it was answered already.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, ProposalAnswer answer, Database database, IPeople people, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return Answer.NoContent(await Decide(id, answer.Confirmed, database, people, cancel));
    }

    internal static async Task<Refusal?> Decide(Guid id, bool confirmed, Database database, IPeople people, CancellationToken cancel)
    {
        // Who may confirm is the table's check and trigger: second-person, own-rights, changed-meanwhile.
        var answered = confirmed
            ? Sql.Of($"confirmed_by = {database.Actor.Person}, confirmed_at = kernel.now()")
            : Sql.Of($"declined_by = {database.Actor.Person}, declined_at = kernel.now()");
        var proposal = await database.Find<RoleProposal>($"""
            update identity.role_proposal set {answered} where id = {id}
            returning {ListRoleProposals.Columns}
            """, cancel);
        if (proposal is null)
        {
            return Refusal.NotFound;
        }

        if (confirmed)
        {
            await people.Grant(proposal.Person, proposal.Role, proposal.Organisation, null, proposal.Territory, cancel);
            if (proposal.Until is { } until)
            {
                await database.Execute($"""
                    update identity.role_assignment set valid_until = greatest({until}, valid_from)
                     where person_id = {proposal.Person} and role = {proposal.Role} and valid_until is null
                       and organisation_id is not distinct from {proposal.Organisation} and territory is not distinct from {proposal.Territory}
                    """, cancel);
            }
        }

        return null;
    }
}
