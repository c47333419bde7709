using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/retests/{id}/results.</summary>
public static class EnterRetest
{
    internal static void Map(RouteGroupBuilder retests) =>
        retests.MapPost("/{id}/results", Handle).WithName("enterRetest").Requires(Role.LaboratoryAnalyst).Moves();

    /// <summary>Enter the results of a re-test: exactly the indicators ordered; they replace an earlier entry.</summary>
    /// <remarks>400 `tests-as-ordered` and those of the first results; 409 `not-received`, `sample-void`, `outside-scope`, `wrong-stage`, `not-assigned`;
    /// 404 `not-found`.</remarks>
    public static async Task<Results<Ok<ResultComparison>, ProblemHttpResult>> Handle(
        RetestId id, ResultSheet sheet, Database database, ITasks tasks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(sheet);
        return Answer.Ok(await Enter(id, sheet, database, tasks, cancel));
    }

    internal static async Task<Outcome<ResultComparison>> Enter(RetestId id, ResultSheet sheet, Database database, ITasks tasks, CancellationToken cancel)
    {
        if (await Retest.FindInCare(id, database, cancel) is not { } retest)
        {
            return Refusal.NotFound;
        }

        if (retest.Analyst.Value != database.Actor.Person)
        {
            return CaseWork.NotAssigned;
        }

        var application = (await CertificationApplication.Find(retest.Application, database, cancel))!;
        var sample = await SampleUnderTest.Of(retest, application, database, cancel);
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

        var ordered = await database.List<string>($"""
            select l.indicator from certification.test_order o join certification.test_order_line l on l.test_order = o.id where o.retest = {id}
            """, cancel);
        if (!ordered.ToHashSet(StringComparer.Ordinal).SetEquals(sheet.Values.Select(value => value.Indicator)))
        {
            return Refusal.Invalid("#/values", "tests-as-ordered", $"Enter exactly what was ordered: {string.Join(", ", ordered)}.");
        }

        // The case's row is the lock of its numbers.
        await database.Execute($"select 1 from certification.application where id = {application.Id} for update", cancel);
        var entry = await database.Value<int>($"select count(*)::int + 1 from certification.result_entry where application = {application.Id}", cancel);
        var second = await ResultCheck.Write(application, sample, entry, sheet.Values, null, database, cancel);
        await database.Execute($"select kernel.append({application.Id}, {nameof(RetestEntered)}, {Event.Text(new RetestEntered(application.Id, id, entry))})", cancel);
        await tasks.Close(id.Value, CaseTask.Enter, cancel);
        await tasks.Close(id.Value, CaseTask.Approve, cancel);
        var deadline = await tasks.Deadline(application.Country, 1, cancel);
        await tasks.Open(new TaskToOpen(id.Value, CaseTask.Approve, retest.Supervisor, deadline, Role.QualityManager, application.Body, application.Village), cancel);
        var comparison = limits.Compare(await retest.Merged(second, database, cancel));
        return comparison;
    }
}
