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
public sealed record SchemeRetirement(DateOnly LastDay, [StringLength(2000, MinimumLength = 3)] string Reason);

/// <summary>POST /v1/schemes/{code}/versions/{version}/retirement.</summary>
public static class RetireScheme
{
    internal static void Map(RouteGroupBuilder schemes) => schemes.MapPost("/{code}/versions/{version}/retirement", Handle).WithName("retireScheme")
        .InPersonOnly().Requires(stepUp: true, Role.ProjectOfficer).Moves();

    /// <summary>Take a version out of force for this operator; cases filed under it go on under it.</summary>
    /// <remarks>After its last day the version before it judges what is filed, if one is in force. 409 `scheme-retired`, `retired-in-past`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        [StringLength(31)] string code, [Range(1, int.MaxValue)] int version, SchemeRetirement retirement, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(retirement);
        return Answer.NoContent(await Retire(code, version, retirement, database, cancel));
    }

    internal static async Task<Refusal?> Retire(string code, int version, SchemeRetirement retirement, Database database, CancellationToken cancel) =>
        await database.Execute($"""
            with retired as (
                insert into certification.scheme_retirement (code, version, last_day, reason)
                select code, version, {retirement.LastDay}, {retirement.Reason} from certification.scheme where code = {code} and version = {version}
                returning code)
            select kernel.append({Guid.CreateVersion7()}, {nameof(SchemeRetired)}, {Event.Text(new SchemeRetired(code, version, retirement.LastDay))})
              from retired
            """, cancel) == 1 ? null : Refusal.NotFound;
}
