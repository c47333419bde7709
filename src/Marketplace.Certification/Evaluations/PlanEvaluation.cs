using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>How a lot is going to be evaluated.</summary>
/// <param name="Visit">Whether the place is visited; without a visit the inspection of the scheme is passed over.</param>
/// <param name="AgreedOn">The day agreed with the producer, today or later; for a visit only.</param>
/// <param name="Note">Where to meet, what to bring; 3 to 2000 characters.</param>
public sealed record EvaluationPlan(
    bool Visit, DateOnly? AgreedOn = null, [TextLength(2000, MinimumLength = 3)] string? Note = null);

/// <summary>POST /v1/applications/{id}/evaluation-plan.</summary>
public static class PlanEvaluation
{
    internal static void Map(RouteGroupBuilder applications) => applications.MapPost("/{id}/evaluation-plan", Handle)
        .WithName("planEvaluation").Requires(Role.Sampler).Moves();

    /// <summary>Plan the evaluation of a case; the number of samples comes from the scheme.</summary>
    /// <remarks>Of a group, √n members of its register are drawn for a visit. 400 `visit-day`; 409 `visit-owed` without a visit where more is claimed
    /// than is plausible; 409 `no-members`, `plan-in-past`, `wrong-stage`, `not-assigned`, `own-work`, `case-paused`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        CertificationApplicationId id, EvaluationPlan plan, Database database, DrawSeeds seeds, ITasks tasks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return Answer.NoContent(await Plan(id, plan, database, seeds, tasks, cancel));
    }

    internal static async Task<Refusal?> Plan(
        CertificationApplicationId id, EvaluationPlan plan, Database database, DrawSeeds seeds, ITasks tasks, CancellationToken cancel)
    {
        var turn = await CertificationApplication.Turn(id, CasePart.Sampler, CertificationStep.PlanEvaluation, database, cancel);
        if (turn.Refusal is { } refused)
        {
            return refused;
        }

        var (application, next) = turn.Value!;

        if (plan.Visit != plan.AgreedOn is not null)
        {
            return Refusal.Invalid("#/agreedOn", "visit-day", "A visit has an agreed day, and only a visit.");
        }

        var members = 1;
        if (await database.Value<bool>($"select certification.is_group(a) from certification.application a where a.id = {id}", cancel))
        {
            var drawn = await MemberSample.Draw(application, seeds, database, cancel);
            if (drawn.Refusal is { } none)
            {
                return none;
            }

            members = drawn.Value;
        }

        // The plan is written first: without a visit the inspection counts as done.
        await database.Execute($"""
            insert into certification.evaluation_plan (application, visit, agreed_on, sample_count, note)
            select {id}, {plan.Visit}, {plan.AgreedOn}, case s.sample_rule when 'fixed' then s.sample_count
                       when 'root' then greatest(s.sample_count, ceil(sqrt({members}::int)))::int else 0 end, {plan.Note}
              from certification.scheme s where s.code = {application.Scheme} and s.version = {application.SchemeVersion}
            """, cancel);
        return await CaseWork.GoOn(application, next, Sql.Of($""), new EvaluationPlanned(id, plan.Visit), [CaseTask.Plan], database, tasks, cancel)
            ? null
            : Refusal.ChangedMeanwhile;
    }
}
