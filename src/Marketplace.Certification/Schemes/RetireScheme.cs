using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>The end of a version.</summary>
/// <param name="LastDay">The last day it is in force; today or later.</param>
/// <param name="Reason">3 to 2000 characters.</param>
public sealed record SchemeRetirement(DateOnly LastDay, [TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>A proposal to take a version out of force.</summary>
/// <param name="Id">The proposal.</param>
/// <param name="Code">The scheme.</param>
/// <param name="Version">Its version.</param>
/// <param name="LastDay">The last day it would be in force.</param>
/// <param name="Reason">Why.</param>
/// <param name="ProposedBy">Who proposed it; somebody else confirms.</param>
/// <param name="ProposedAt">When.</param>
/// <param name="ConfirmedBy">Who confirmed it; absent while it waits.</param>
/// <param name="ConfirmedAt">When.</param>
public sealed record SchemeRetirementDetails(
    Guid Id, string Code, int Version, DateOnly LastDay, string Reason, PersonId ProposedBy, DateTimeOffset ProposedAt, PersonId? ConfirmedBy,
    DateTimeOffset? ConfirmedAt)
{
    internal static Task<List<SchemeRetirementDetails>> List(Sql where, Database database, CancellationToken cancel) =>
        database.List<SchemeRetirementDetails>($"""
            select id, code, version, last_day, reason, proposed_by, proposed_at, confirmed_by, confirmed_at
              from certification.scheme_retirement_proposal where {where}
            """, cancel);
}

/// <summary>POST /v1/schemes/{code}/versions/{version}/retirement.</summary>
public static class RetireScheme
{
    internal static void Map(RouteGroupBuilder schemes) => schemes.MapPost("/{code}/versions/{version}/retirement", Handle).WithName("retireScheme")
        .InPersonOnly().Requires(stepUp: true, [.. SchemeDraft.Proposers, Role.ProjectOfficer]).Moves();

    /// <summary>Propose to take a version out of force for this operator; another person, of the project office, confirms.</summary>
    /// <remarks>Nothing ends before that. 409 `scheme-retired`, `retired-in-past`.</remarks>
    public static async Task<Results<Created<SchemeRetirementDetails>, ProblemHttpResult>> Handle(
        [TextLength(31)] string code, [Range(1, int.MaxValue)] int version, SchemeRetirement retirement, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(retirement);
        return Answer.Created(await Propose(code, version, retirement, database, cancel), proposal => $"/v1/scheme-retirements?id={proposal.Id}");
    }

    internal static async Task<Outcome<SchemeRetirementDetails>> Propose(
        string code, int version, SchemeRetirement retirement, Database database, CancellationToken cancel)
    {
        if (await database.Value<bool>($"select exists (select from certification.scheme_retirement where code = {code} and version = {version})", cancel))
        {
            return new Refusal("scheme-retired", "This version was retired before.");
        }

        var id = Guid.CreateVersion7();
        return await database.Execute($"""
            with proposed as (
                insert into certification.scheme_retirement_proposal (id, code, version, last_day, reason)
                select {id}, code, version, {retirement.LastDay}, {retirement.Reason} from certification.scheme where code = {code} and version = {version}
                returning id)
            select kernel.append(id, {nameof(SchemeRetirementProposed)}, {Event.Text(new SchemeRetirementProposed(id, code, version, retirement.LastDay))})
              from proposed
            """, cancel) == 1
            ? (await SchemeRetirementDetails.List(Sql.Of($"id = {id}"), database, cancel))[0]
            : Refusal.NotFound;
    }
}
