using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>An order to test the retained part.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Note">In words, 3 to 2000 characters.</param>
/// <param name="Indicators">Which of the indicators measured first, at most 60; all by default.</param>
public sealed record RetestOrder(
    RetestReason Reason, [TextLength(2000, MinimumLength = 3)] string Note, [MaxLength(60)] IReadOnlyList<string>? Indicators = null);

/// <summary>POST /v1/applications/{id}/retests.</summary>
public static class OrderRetest
{
    internal static void Map(RouteGroupBuilder applications) => applications.MapPost("/{id}/retests", Handle).WithName("orderRetest").InPersonOnly()
        .Requires(Role.Reviewer, Role.QualityManager).Moves();

    /// <summary>Order an independent re-test of the retained part, by another laboratory where there is one and by people outside the case.</summary>
    /// <remarks>The case's reviewer or a quality manager orders it. Before the decision its results count and the decision waits for them; after it only an
    /// appeal or dispute may ask, and the results are evidence. 400 `unknown-indicator`; 409 `wrong-stage`, `no-retained-part`, `retest-ordered`,
    /// `no-eligible-person`, `not-assigned`, `own-work`,
    /// `changed-meanwhile`; 404 `not-found`.</remarks>
    public static async Task<Results<Ok<RetestDetails>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, RetestOrder order, Database database, IOrganisations organisations, CaseDraw draws, ITasks tasks,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(order);
        return Answer.Ok(await Order(id, order, database, organisations, draws, tasks, cancel));
    }

    internal static async Task<Outcome<RetestDetails>> Order(
        CertificationApplicationId id, RetestOrder order, Database database, IOrganisations organisations, CaseDraw draws, ITasks tasks,
        CancellationToken cancel)
    {
        if (await CertificationApplication.FindInCare(id, database, cancel) is not { } application || database.Actor.Organisation != application.Body?.Value)
        {
            return Refusal.NotFound;
        }

        if (await application.OnlyFor(CasePart.Reviewer, database, cancel) is { } refused
            && !(refused == CaseWork.NotAssigned && database.Actor.Roles.Contains(Role.QualityManager)))
        {
            return refused;
        }

        var decided = application.Stage is CertificationStage.Granted or CertificationStage.Refused;
        if (!decided && application.Stage is not (CertificationStage.Review or CertificationStage.Decision)
            || decided && order.Reason is not (RetestReason.Appeal or RetestReason.Dispute))
        {
            return application.WrongStage();
        }

        // A decision at the same moment waits here, or was first.
        if (await database.Execute($"select 1 from certification.application where id = {id} and version = {application.Version} for update", cancel) == 0)
        {
            return Refusal.ChangedMeanwhile;
        }

        var measured = await database.List<string>($"""
            select r.indicator from certification.result r join certification.result_approval a on a.application = r.application and a.entry = r.entry
             where r.application = {id} order by 1
            """, cancel);
        var wanted = order.Indicators is { Count: > 0 } named ? named.Distinct(StringComparer.Ordinal).ToList() : measured;
        if (wanted.Except(measured).Any())
        {
            return Refusal.Invalid("#/indicators", "unknown-indicator", "Only what was measured first is measured again.");
        }

        if (await Drawn(application, database, organisations, draws, cancel) is not var (laboratory, drawn))
        {
            return new Refusal("no-eligible-person", "No laboratory has two people outside this case.");
        }

        var (analyst, supervisor) = (drawn.People[CasePart.Analyst], drawn.People[CasePart.Supervisor]);

        // What is left to test, and whether it was ordered before, are the table's: no-retained-part, retest-ordered.
        var retest = RetestId.New();
        var ordered = new RetestOrdered(id, retest, order.Reason, laboratory, drawn.Seed);
        var sample = await database.Value<SampleId>($"select certification.lasting_sample({id})", cancel);
        await database.Execute($"""
            with ordered as (
                insert into certification.retest (id, application, sample, reason, note, laboratory, seed, analyst, supervisor)
                values ({retest}, {id}, {sample}, {order.Reason}, {order.Note}, {laboratory}, {drawn.Seed}, {analyst}, {supervisor})
                returning id)
            select kernel.append({id}, {nameof(RetestOrdered)}, {Event.Text(ordered)}) from ordered
            """, cancel);
        var due = await TestOrder.Due(application, database, tasks, cancel);
        await TestOrder.Place(application, sample, retest, laboratory, wanted, due, database, cancel);
        await tasks.Open(new TaskToOpen(retest.Value, CaseTask.Enter, analyst, due, Role.QualityManager, application.Body, application.Village), cancel);
        return (await Retest.Read(id, database, cancel)).Find(one => one.Id == retest)!;
    }

    /// <summary>The two people, from another laboratory before the case's own.</summary>
    private static async Task<(OrganisationId Laboratory, CaseDraw.Result Drawn)?> Drawn(
        CertificationApplication application, Database database, IOrganisations organisations, CaseDraw draws, CancellationToken cancel)
    {
        var involved = await database.List<PersonId>($"select person from certification.participation where application = {application.Id}", cancel);
        PersonId[] outside = [.. involved, .. Assignment.Parts.Select(application.Assigned).OfType<PersonId>(), PersonId.From(database.Actor.Person!.Value)];
        var laboratories = (await organisations.OfKind(OrganisationKind.Laboratory, cancel)).Select(one => one.Id);
        foreach (var laboratory in laboratories.Where(one => one != application.Laboratory).Append(application.Laboratory!.Value))
        {
            var places = new Dictionary<CasePart, OrganisationId> { [CasePart.Analyst] = laboratory, [CasePart.Supervisor] = laboratory };
            if (await draws.For(application, DrawCause.Retest, places, cancel, only: null, outside) is { } drawn)
            {
                return (laboratory, drawn);
            }
        }

        return null;
    }
}
