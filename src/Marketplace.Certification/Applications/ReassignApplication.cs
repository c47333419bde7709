using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Another person for a part of a case.</summary>
/// <param name="Part">The part.</param>
/// <param name="Person">Holder of its role in the body or laboratory, without another part in the case.</param>
public sealed record AssignmentChange(CasePart Part, PersonId Person);

/// <summary>POST /v1/applications/{id}/assignment.</summary>
public static class ReassignApplication
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapPost("/{id}/assignment", Handle).WithName("reassignApplication").Requires(Role.QualityManager).Moves();

    /// <summary>Give a part of a case to another eligible person; an open task of that part goes along.</summary>
    /// <remarks>409 `not-eligible` for somebody without the role; 409 `own-work` for somebody with another part; 409 `wrong-stage` when the part is
    /// not assigned yet or the case is over; 409 `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        CertificationApplicationId id, AssignmentChange change, Database database, IPeople people, ITasks tasks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Answer.NoContent(await Reassign(id, change, database, people, tasks, cancel));
    }

    internal static async Task<Refusal?> Reassign(
        CertificationApplicationId id, AssignmentChange change, Database database, IPeople people, ITasks tasks, CancellationToken cancel)
    {
        if (await CertificationApplication.FindInCare(id, database, cancel) is not { } application
            || database.Actor.Organisation != application.Body?.Value)
        {
            return Refusal.NotFound;
        }

        if (!application.IsOpen || application.Assigned(change.Part) is null)
        {
            return application.WrongStage();
        }

        var place = change.Part.InLaboratory() ? application.Laboratory : application.Body;
        if (!(await people.Holding(change.Part.Role(), place, null, cancel)).Contains(change.Person))
        {
            return new Refusal("not-eligible", "This person does not hold the role there.", "#/person");
        }

        if (await database.Value<bool>($"""
            select exists (select from certification.participation where application = {id} and person = {change.Person} and part <> {change.Part})
            """, cancel))
        {
            return CaseWork.OwnWork;
        }

        var column = change.Part switch
        {
            CasePart.Intake => Sql.Of($", intake = {change.Person}"),
            CasePart.DocumentReviewer => Sql.Of($", document_reviewer = {change.Person}"),
            CasePart.Sampler => Sql.Of($", sampler = {change.Person}"),
            CasePart.Analyst => Sql.Of($", analyst = {change.Person}"),
            CasePart.Supervisor => Sql.Of($", supervisor = {change.Person}"),
            CasePart.Reviewer => Sql.Of($", reviewer = {change.Person}"),
            _ => Sql.Of($", decision_maker = {change.Person}"),
        };

        // Two parts in one person are the table's constraint own-work.
        if (!await application.Move(application.Stage, column, new ApplicationReassigned(id, change.Part, change.Person), database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        if (await CurrentTask(application, database, cancel) is { } current && CaseTask.PartOf(current) == change.Part)
        {
            await CaseWork.Hand(application, [current], current, change.Person, database, tasks, cancel);
        }

        return null;
    }

    /// <summary>The kind of the one open task of a case.</summary>
    internal static async Task<string?> CurrentTask(CertificationApplication application, Database database, CancellationToken cancel) =>
        application.Stage switch
        {
            CertificationStage.InLaboratory => await database.Value<string>($"""
                select case when certification.is_void(sample, 'test') then {CaseTask.Sample}
                            when exists (select from certification.result_entry e where e.sample = last.sample) then {CaseTask.Approve}
                            else {CaseTask.Enter} end
                  from (select certification.lasting_sample({application.Id}) as sample) as last
                """, cancel),
            // The producer has the case while a major one waits for its correction, the finder when each has one.
            CertificationStage.NonconformityOpen => await database.Value<string>($"""
                select case when bool_or(not pending) then {CaseTask.Correct} else {CaseTask.Verify} end
                  from certification.nonconformity_now where application = {application.Id} and severity = 'major' and not settled
                """, cancel),
            _ => CaseTask.Of(application.Stage),
        };
}
