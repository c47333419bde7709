using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Another person for a part of a case.</summary>
/// <param name="Part">The part.</param>
/// <param name="Person">Holder of its role in the body or laboratory, without another part in the case; absent to have somebody else drawn.</param>
public sealed record AssignmentChange(CasePart Part, PersonId? Person = null);

/// <summary>POST /v1/applications/{id}/assignment.</summary>
public static class ReassignApplication
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapPost("/{id}/assignment", Handle).WithName("reassignApplication").Requires(Role.QualityManager).Moves();

    /// <summary>Give a part of a case to another eligible person; an open task of that part goes along.</summary>
    /// <remarks>Kept as a draw, also when you name the person. 409 `not-eligible` for somebody without the role; 409 `own-work` for somebody with
    /// another part; 409 `conflict-of-interest`, `not-qualified`; 409 `no-eligible-person` when nobody else can be drawn; 409 `wrong-stage` when the
    /// part is not assigned yet or the case is over; 409 `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        CertificationApplicationId id, AssignmentChange change, Database database, IPeople people, CaseDraw draws, ITasks tasks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Answer.NoContent(await Reassign(id, change, database, people, draws, tasks, cancel));
    }

    internal static async Task<Refusal?> Reassign(
        CertificationApplicationId id, AssignmentChange change, Database database, IPeople people, CaseDraw draws, ITasks tasks, CancellationToken cancel)
    {
        if (await CertificationApplication.FindInCare(id, database, cancel) is not { } application
            || database.Actor.Organisation != application.Body?.Value)
        {
            return Refusal.NotFound;
        }

        if (!application.IsOpen || application.Assigned(change.Part) is not { } before)
        {
            return application.WrongStage();
        }

        var place = Assignment.PlaceOf(change.Part, application)!.Value;
        if (change.Person is { } named)
        {
            if (!(await people.Holding(change.Part.Role(), place, null, cancel)).Contains(named))
            {
                return new Refusal("not-eligible", "This person does not hold the role there.", "#/person");
            }

            if (await Unfit(application, change.Part, place, named, database, cancel) is { } unfit)
            {
                return unfit;
            }
        }

        var places = new Dictionary<CasePart, OrganisationId> { [change.Part] = place };
        if (await draws.For(application, change.Person is null ? DrawCause.Reassignment : DrawCause.Named, places, cancel, change.Person,
                change.Person is null ? [before] : []) is not { } drawn)
        {
            return new Refusal("no-eligible-person", "Nobody else is eligible for this part.");
        }

        var person = drawn.People[change.Part];
        if (!await Assignment.Put(application, change.Part, person, database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        if (await CaseWork.CurrentTask(application, database, cancel) is { } current && CaseTask.PartOf(current) == change.Part)
        {
            await CaseWork.Hand(application, [], current, person, database, tasks, cancel);
        }

        return null;
    }

    /// <summary>Why a named person cannot take a part; the table's trigger would say the same.</summary>
    private static async Task<Refusal?> Unfit(
        CertificationApplication application, CasePart part, OrganisationId place, PersonId person, Database database, CancellationToken cancel) =>
        await database.Value<string>($"""
            select case when certification.own_work(a, {person}, {part}) then 'own-work'
                        when certification.conflicted(a, {person}) then 'conflict-of-interest'
                        when certification.fitness({place}, a.scheme, {part}, a.village, {person}) is null then 'not-qualified' end
              from certification.application a where a.id = {application.Id}
            """, cancel) switch
        {
            "own-work" => CaseWork.OwnWork,
            "conflict-of-interest" => CaseWork.ConflictOfInterest,
            "not-qualified" => CaseWork.NotQualified,
            _ => null,
        };
}
