using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>One measured value.</summary>
/// <param name="Indicator">Code of the indicator, for example <c>nitrates</c>.</param>
/// <param name="Value">The number, 0 or more; may be absent for detected and not detected.</param>
/// <param name="Unit">The limit's unit, for example <c>mg/kg</c>; for presence the sample examined, for example <c>25 g</c>.</param>
/// <param name="Method">The method, for example a standard's number; 2 to 100 characters.</param>
/// <param name="Comparator">How the value stands to the number; <c>equal</c> by default.</param>
/// <param name="Equipment">The laboratory's code of the instrument; required where the laboratory's scope is registered.</param>
/// <param name="Uncertainty">Expanded uncertainty, k = 2, in the unit, of an equal value and at most the value; from the scope by default.</param>
/// <param name="AnalysedOn">Day of the analysis, not before the sample, not after today; today by default.</param>
public sealed record ResultValue(
    [TextLength(40, MinimumLength = 2)] string Indicator, [TextLength(20, MinimumLength = 1)] string Unit,
    [TextLength(100, MinimumLength = 2)] string Method, [Range(typeof(decimal), "0", "1000000000", ParseLimitsInInvariantCulture = true)] decimal? Value = null,
    ResultComparator Comparator = ResultComparator.Equal, [TextLength(40, MinimumLength = 2)] string? Equipment = null,
    [Range(typeof(decimal), "0", "1000000000", ParseLimitsInInvariantCulture = true)] decimal? Uncertainty = null, DateOnly? AnalysedOn = null);

/// <summary>Results of the current sample.</summary>
/// <param name="Values">1 to 60 values, each indicator once; they replace an earlier entry.</param>
public sealed record ResultSheet([MinLength(1), MaxLength(60)] IReadOnlyList<ResultValue> Values);

/// <summary>Results held against the limits in force when the case was filed.</summary>
/// <param name="Verdict">The whole.</param>
/// <param name="Findings">One entry per indicator measured or missing.</param>
public sealed record ResultComparison(ResultVerdict Verdict, IReadOnlyList<ResultFinding> Findings);

/// <summary>POST /v1/applications/{id}/results.</summary>
public static class EnterResults
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapPost("/{id}/results", Handle).WithName("enterResults").Requires(Role.LaboratoryAnalyst).Moves();

    /// <summary>Enter the results of the current sample; the answer says how they compare.</summary>
    /// <remarks>400 `unknown-indicator`, `repeated-indicator`, `value-missing`, `wrong-unit`, `absurd-uncertainty`, `analysed-before-sampled`,
    /// `analysed-in-future`; 409 `outside-scope` when the laboratory's scope does not cover a value (the pointer says which), `not-received`,
    /// `sample-void`, `wrong-stage`, `not-assigned`, `own-work`, `changed-meanwhile`.</remarks>
    public static async Task<Results<Ok<ResultComparison>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, ResultSheet sheet, Database database, ITasks tasks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(sheet);
        return Answer.Ok(await Enter(id, sheet, database, tasks, cancel));
    }

    internal static async Task<Outcome<ResultComparison>> Enter(
        CertificationApplicationId id, ResultSheet sheet, Database database, ITasks tasks, CancellationToken cancel)
    {
        var turn = await CertificationApplication.Turn(id, CasePart.Analyst, CertificationStep.EnterResults, database, cancel);
        if (turn.Refusal is { } refused)
        {
            return refused;
        }

        var application = turn.Value!.Application;

        var sample = await SampleUnderTest.LastOf(application, database, cancel);
        if (sample.Refusal is { } untestable)
        {
            return untestable;
        }

        var limits = await LimitsInForce.For(application, database, cancel);
        var known = await database.List<string>($"select code from certification.indicator", cancel);
        if ((await ResultCheck.Of(application, sample, sheet.Values, limits.Rules, known, database, cancel)).FirstOrDefault() is { } problem)
        {
            return problem.Refusal;
        }

        return await Record(application, sample, sheet.Values, limits, null, database, tasks, cancel);
    }

    /// <summary>Writes checked results and hands the case to the supervisor.</summary>
    /// <param name="fileHash">SHA-256 of the file they came in, when they did.</param>
    internal static async Task<Outcome<ResultComparison>> Record(
        CertificationApplication application, SampleUnderTest sample, IReadOnlyList<ResultValue> values, LimitsInForce limits,
        string? fileHash, Database database, ITasks tasks, CancellationToken cancel)
    {
        var entry = await database.Value<int>($"select count(*)::int + 1 from certification.result_entry where application = {application.Id}", cancel);
        var next = CertificationApplication.Next(application.Stage, CertificationStep.EnterResults)!.Value;
        if (!await application.Move(next, Sql.Of($""), new ResultsEntered(application.Id, entry, fileHash), database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        var measured = await ResultCheck.Write(application, sample, entry, values, fileHash, database, cancel);
        await CaseWork.Hand(application, [CaseTask.Enter, CaseTask.Approve], CaseTask.Approve, application.Supervisor, database, tasks, cancel);
        return limits.Compare(measured);
    }
}
