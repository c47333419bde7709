using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/applications/{id}/results/approval.</summary>
public static class ApproveResults
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapPost("/{id}/results/approval", Handle).WithName("approveResults").InPersonOnly().Requires(Role.LaboratorySupervisor).Moves();

    /// <summary>Approve the entered results; they are compared with the limits once and for all.</summary>
    /// <remarks>409 `no-results` when none are entered for the current sample; 409 `sample-void` when its seal was broken; 409 `wrong-stage`,
    /// `not-assigned`, `own-work`, `changed-meanwhile`.</remarks>
    public static async Task<Results<Ok<ResultComparison>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, Database database, ITasks tasks, CancellationToken cancel) =>
        Answer.Ok(await Approve(id, database, tasks, cancel));

    internal static async Task<Outcome<ResultComparison>> Approve(
        CertificationApplicationId id, Database database, ITasks tasks, CancellationToken cancel)
    {
        var turn = await CertificationApplication.Turn(id, CasePart.Supervisor, CertificationStep.ApproveResults, database, cancel);
        if (turn.Refusal is { } refused)
        {
            return refused;
        }

        var (application, ready) = turn.Value!;

        var entry = await database.Value<int>($"""
            select coalesce(max(e.number), 0) from certification.result_entry e
             where e.application = {id} and e.retest is null and e.sample = certification.lasting_sample({id})
            """, cancel);
        if (entry == 0)
        {
            return new Refusal("no-results", "There are no results of the current sample to approve.");
        }

        var results = await database.List<Measured>($"""
            select indicator, comparator, value, unit, uncertainty from certification.result where application = {id} and entry = {entry}
            """, cancel);
        var comparison = (await LimitsInForce.For(application, database, cancel)).Compare(results);
        var next = CertificationApplication.Next(ready, CertificationStep.Compare)!.Value;
        if (!await application.Move(next, Sql.Of($""), new ResultsApproved(id, entry, comparison.Verdict), database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        await database.Execute($"""
            insert into certification.result_approval (application, entry, verdict, findings)
            values ({id}, {entry}, {comparison.Verdict}, {Event.Text(comparison.Findings)})
            """, cancel);
        await CaseWork.Hand(application, [CaseTask.Approve], CaseTask.Review, application.Reviewer, database, tasks, cancel);
        return comparison;
    }
}
