using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>An application in a list.</summary>
/// <param name="Id">The application.</param>
/// <param name="Number">The number people say; absent for a draft.</param>
/// <param name="Lot">The lot.</param>
/// <param name="Household">The producer.</param>
/// <param name="Product">The product.</param>
/// <param name="Village">Where the lot is.</param>
/// <param name="Scheme">The conformity scheme.</param>
/// <param name="Stage">Where it stands.</param>
/// <param name="SubmittedAt">When it was first submitted.</param>
public sealed record ApplicationSummary(
    CertificationApplicationId Id, string? Number, LotId Lot, HouseholdId Household, ProductCode Product, TerritoryCode Village, string Scheme,
    CertificationStage Stage, DateTimeOffset? SubmittedAt);

/// <summary>GET /v1/applications.</summary>
public static class ListApplications
{
    private const string Stages = "^(draft|submitted|returned_incomplete|accepted|document_review|evaluation_planned|inspection|sampling|"
        + "in_laboratory|results_ready|nonconformity_open|review|decision|granted|refused|withdrawn|expired_inactive)?$";

    internal static void Map(RouteGroupBuilder applications) => applications.MapGet("", Handle).WithName("listApplications").RequiresSignIn();

    /// <summary>List the applications of your household, organisation or cases, newest first.</summary>
    /// <param name="stage">Only this stage.</param>
    /// <param name="mine">Only those assigned to you.</param>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    /// <remarks>400 `bad-cursor`.</remarks>
    public static async Task<Results<Ok<Page<ApplicationSummary>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, [RegularExpression(Stages)] string? stage = null, bool mine = false,
        [Range(1, Cursors.MostItems)] int limit = 50, [TextLength(400)] string? cursor = null)
    {
        var query = $"applications {stage} {mine}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var rows = await database.List<ApplicationSummary>($"""
            select id, number, lot, household, product, village, scheme, stage, submitted_at from certification.application
             where {CertificationApplication.Visible(database.Actor)} and ({after} is null or id < {after})
                   {(Wire.Label<CertificationStage>(stage) is { } only ? Sql.Of($"and stage = {only}") : Sql.Of($""))}
               and (not {mine} or {database.Actor.Person} in (filed_by, intake, document_reviewer, sampler, analyst, supervisor, reviewer, decision_maker))
             order by id desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, query, row => [row.Id.Value.ToString()]));
    }
}
