using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>What is wrong with the legal basis of a step.</summary>
public enum BasisProblem
{
    /// <summary>No act is named: nobody may be obliged to the step.</summary>
    NoBasis,

    /// <summary>The act named is not in force today.</summary>
    NotInForce,

    /// <summary>The act is named from memory; nobody has checked it.</summary>
    NotVerified,
}

/// <summary>A step whose legal basis is missing, over or not verified.</summary>
/// <param name="Code">The scheme.</param>
/// <param name="Version">Its version.</param>
/// <param name="Task">The step.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Act">The act named, when one is.</param>
public sealed record SchemeFinding(string Code, int Version, string Task, BasisProblem Problem, string? Act);

/// <summary>GET /v1/schemes/report.</summary>
public static class ReportSchemes
{
    internal static void Map(RouteGroupBuilder schemes) => schemes.MapGet("/report", Handle).WithName("reportSchemes")
        .Requires(Role.ProjectOfficer, Role.QualityManager, Role.Auditor, Role.PlatformAdministrator);

    /// <summary>Report the steps without a legal basis, of every version that is in force or to come; the gravest first.</summary>
    public static async Task<Ok<List<SchemeFinding>>> Handle(Database database, CancellationToken cancel)
    {
        var steps = await database.List<StepBasis>($"""
            select s.code, s.version, t.task, t.act, t.basis_confidence,
                   t.basis_from <= kernel.now()::date and (t.basis_until is null or t.basis_until >= kernel.now()::date) as in_force
              from certification.scheme s
              join certification.scheme_step t on t.code = s.code and t.version = s.version
              left join certification.scheme_retirement r on r.code = s.code and r.version = s.version
             where coalesce(least(s.valid_until, r.last_day), 'infinity') >= kernel.now()::date
             order by s.code, s.version, t.position
            """, cancel);
        return TypedResults.Ok(steps.Select(Judge).OfType<SchemeFinding>().OrderBy(finding => finding.Problem).ToList());
    }

    private static SchemeFinding? Judge(StepBasis step)
    {
        BasisProblem? problem = step switch
        {
            { Act: null } => BasisProblem.NoBasis,
            { InForce: false } => BasisProblem.NotInForce,
            { BasisConfidence: "C" } => BasisProblem.NotVerified,
            _ => null,
        };
        return problem is { } found ? new SchemeFinding(step.Code, step.Version, step.Task, found, step.Act) : null;
    }

    private sealed record StepBasis(string Code, int Version, string Task, string? Act, string? BasisConfidence, bool? InForce);
}
