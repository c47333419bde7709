using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/retests/{id}/approval.</summary>
public static class ApproveRetest
{
    internal static void Map(RouteGroupBuilder retests) =>
        retests.MapPost("/{id}/approval", Handle).WithName("approveRetest").InPersonOnly().Requires(Role.LaboratorySupervisor).Moves();

    /// <summary>Approve the results of a re-test; before the decision they take the place of the first ones.</summary>
    /// <remarks>409 `no-results`, `sample-void`, `wrong-stage` when it is approved already, `not-assigned`, `own-work`, `changed-meanwhile`; 404 `not-found`.</remarks>
    public static async Task<Results<Ok<ResultComparison>, ProblemHttpResult>> Handle(
        RetestId id, Database database, ITasks tasks, CancellationToken cancel) => Answer.Ok(await Approve(id, database, tasks, cancel));

    internal static async Task<Outcome<ResultComparison>> Approve(RetestId id, Database database, ITasks tasks, CancellationToken cancel)
    {
        if (await Retest.FindInCare(id, database, cancel) is not { } retest)
        {
            return Refusal.NotFound;
        }

        if (retest.Supervisor.Value != database.Actor.Person)
        {
            return CaseWork.NotAssigned;
        }

        // The case's row is the lock against a decision at the same moment.
        await database.Execute($"select 1 from certification.application where id = {retest.Application} for update", cancel);
        var application = (await CertificationApplication.Find(retest.Application, database, cancel))!;
        if (await database.Value<bool>($"select exists (select from certification.retest_approval where retest = {id})", cancel))
        {
            return new Refusal("wrong-stage", "This re-test is approved already.");
        }

        var entry = await database.Value<int>($"select coalesce(max(number), 0) from certification.result_entry where retest = {id}", cancel);
        if (entry == 0)
        {
            return new Refusal("no-results", "There are no results of the re-test to approve.");
        }

        var second = await database.List<Measured>($"""
            select indicator, comparator, value, unit, uncertainty from certification.result where application = {application.Id} and entry = {entry}
            """, cancel);
        var limits = await LimitsInForce.For(application, database, cancel);
        var comparison = limits.Compare(await retest.Merged(second, database, cancel));
        var approved = new RetestApproved(application.Id, id, entry, comparison.Verdict);
        await database.Execute($"""
            with approved as (
                insert into certification.retest_approval (retest, application, entry, verdict, findings)
                values ({id}, {application.Id}, {entry}, {comparison.Verdict}, {Event.Text(comparison.Findings)})
                returning retest)
            select kernel.append({application.Id}, {nameof(RetestApproved)}, {Event.Text(approved)}) from approved
            """, cancel);
        await tasks.Close(id.Value, CaseTask.Approve, cancel);
        return comparison;
    }
}
