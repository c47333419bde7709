using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/scheme-retirements and POST /v1/scheme-retirements/{id}/confirmation.</summary>
public static class ConfirmRetirement
{
    internal static void Map(RouteGroupBuilder retirements)
    {
        retirements.MapGet("", List).WithName("listSchemeRetirements").Requires(SchemeDraft.Readers);
        retirements.MapPost("/{id:guid}/confirmation", Handle).WithName("confirmSchemeRetirement").InPersonOnly().Requires(stepUp: true, Role.ProjectOfficer).Moves();
    }

    /// <summary>Confirm that a version goes out of force for this operator; cases filed under it go on under it.</summary>
    /// <remarks>After its last day the version before it judges what is filed, if one is in force. 409 `own-proposal` for who proposed it;
    /// 409 `wrong-stage` when it was confirmed before; 409 `scheme-retired`, `retired-in-past`.</remarks>
    public static async Task<Results<Ok<SchemeRetirementDetails>, ProblemHttpResult>> Handle(Guid id, Database database, CancellationToken cancel) =>
        Answer.Ok(await Confirm(id, database, cancel));

    /// <summary>List proposed retirements, newest first.</summary>
    /// <param name="id">Only this one.</param>
    /// <param name="open">Only those not confirmed yet.</param>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    /// <remarks>400 `bad-cursor`.</remarks>
    public static async Task<Results<Ok<Page<SchemeRetirementDetails>>, ProblemHttpResult>> List(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, Guid? id = null, bool open = false,
        [Range(1, Cursors.MostItems)] int limit = 50, [TextLength(400)] string? cursor = null)
    {
        var query = $"scheme-retirements {id} {open}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var rows = await SchemeRetirementDetails.List(Sql.Of($"""
            ({id} is null or id = {id}) and ({after} is null or id < {after}) and (not {open} or confirmed_by is null) order by id desc limit {limit + 1}
            """), database, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, query, row => [row.Id.ToString()]));
    }

    internal static async Task<Outcome<SchemeRetirementDetails>> Confirm(Guid id, Database database, CancellationToken cancel)
    {
        if (await SchemeRetirementDetails.List(Sql.Of($"id = {id}"), database, cancel) is not [{ } waiting])
        {
            return Refusal.NotFound;
        }

        // The function locks the proposal, writes what no right of the application's could, and refuses with the names of the constraints.
        var ended = new SchemeRetired(waiting.Code, waiting.Version, waiting.LastDay);
        await database.Execute($"select certification.confirm_retirement({id})", cancel);
        await database.Execute($"select kernel.append({id}, {nameof(SchemeRetired)}, {Event.Text(ended)})", cancel);
        return (await SchemeRetirementDetails.List(Sql.Of($"id = {id}"), database, cancel))[0];
    }
}
