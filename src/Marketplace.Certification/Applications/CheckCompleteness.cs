using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>The outcome of a completeness check.</summary>
/// <param name="Complete">True accepts the application and assigns its people, false returns it.</param>
/// <param name="Missing">Everything that is missing, in plain words, 3 to 200 characters each, at most 20; empty when complete.</param>
/// <param name="Requirements">Which of it has a code in <c>GET /v1/requirements</c>, at most 20; none of it may be on file.</param>
public sealed record CompletenessCheck(
    bool Complete, [MaxLength(20)] IReadOnlyList<string>? Missing = null, [MaxLength(20)] IReadOnlyList<string>? Requirements = null);

/// <summary>POST /v1/applications/{id}/completeness.</summary>
public static class CheckCompleteness
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapPost("/{id}/completeness", Handle).WithName("checkCompleteness").InPersonOnly().Requires(Role.IntakeOfficer, Role.QualityManager).Moves();

    /// <summary>Accept an application as complete, or return it once with the full list of what is missing.</summary>
    /// <remarks>Accepting draws the people of the scheme's steps, all different, and starts the first step the scheme has; where more is claimed
    /// than is plausible, the place is inspected whatever the scheme's steps are.
    /// 400 `missing-list` when list and outcome disagree; 409 `wrong-stage`, `not-assigned`, `own-work`, `no-eligible-person`, `changed-meanwhile`;
    /// 409 `submissions-missing` when something the scheme requires is not on file for the case; 409 `second-return` when it was returned before and you are
    /// not the quality manager; 400 `unknown-requirement`; 409 `already-on-file` for
    /// what is on file, with `details`: requirement, holder, holderName, since, validUntil and document of each.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        CertificationApplicationId id, CompletenessCheck check, Database database, IOrganisations organisations, CaseDraw draws, ITasks tasks,
        INotices notices, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(check);
        return Answer.NoContent(await Check(id, check, database, organisations, draws, tasks, notices, cancel));
    }

    internal static async Task<Refusal?> Check(
        CertificationApplicationId id, CompletenessCheck check, Database database, IOrganisations organisations, CaseDraw draws, ITasks tasks,
        INotices notices, CancellationToken cancel)
    {
        var missing = check.Missing ?? [];
        var requirements = check.Requirements ?? [];
        if (check.Complete != (missing.Count == 0) || (check.Complete && requirements.Count > 0) || missing.Any(item => item.Trim().Length is < 3 or > 200))
        {
            return Refusal.Invalid("#/missing", "missing-list", "List what is missing, each in 3 to 200 characters, and only then.");
        }

        if (await CertificationApplication.FindInCare(id, database, cancel) is not { } application)
        {
            return Refusal.NotFound;
        }

        var step = check.Complete ? CertificationStep.Accept : CertificationStep.Return;
        if (CertificationApplication.Next(application.Stage, step) is not { } next)
        {
            return application.WrongStage();
        }

        var quality = database.Actor.Roles.Contains(Role.QualityManager);
        var refused = await application.OnlyFor(CasePart.Intake, database, cancel);
        if (refused is not null && !(quality && refused == CaseWork.NotAssigned))
        {
            return refused;
        }

        // Plain words ask for a paper as well as its code does.
        if (!check.Complete)
        {
            requirements = [.. requirements.Union(await Requirement.NamedIn(missing, database, cancel))];
        }

        if (await OnFile.RefuseToAsk(application, requirements, database, organisations, cancel) is { } onFile)
        {
            return onFile;
        }

        // What came on file meanwhile serves this case too; whether anything is missing then is the table's trigger: submissions-missing.
        if (check.Complete)
        {
            await OnFile.Prefill(id, database, cancel);
        }

        var earlier = await database.List<bool>($"select complete from certification.completeness where application = {id}", cancel);
        // second-return is the table's trigger.
        await database.Execute($"""
            insert into certification.completeness (application, number, complete, missing, requirements)
            values ({id}, {earlier.Count + 1}, {check.Complete}, {missing.Select(item => item.Trim()).ToArray()}, {requirements.ToArray()})
            """, cancel);
        return check.Complete
            ? await Accept(application, next, database, organisations, draws, tasks, cancel)
            : await Return(application, next, missing, database, tasks, notices, cancel);
    }

    private static async Task<Refusal?> Return(
        CertificationApplication application, CertificationStage next, IReadOnlyList<string> missing, Database database, ITasks tasks, INotices notices,
        CancellationToken cancel)
    {
        if (!await application.Move(next, Sql.Of($""), new ApplicationReturned(application.Id, missing.Count), database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        await CaseWork.Hand(application, [CaseTask.Check], CaseTask.Complete, application.FiledBy, database, tasks, cancel);
        await notices.Send([new Notice("application-returned", new Dictionary<string, string>
        {
            ["number"] = application.Number!, ["missing"] = string.Join("; ", missing),
        }, application.Head)], cancel);
        return null;
    }

    private static async Task<Refusal?> Accept(
        CertificationApplication application, CertificationStage accepted, Database database, IOrganisations organisations, CaseDraw draws, ITasks tasks,
        CancellationToken cancel)
    {
        var body = application.Body!.Value;
        var steps = await database.List<string>($"""
            select task from certification.scheme_step where code = {application.Scheme} and version = {application.SchemeVersion}
             union select {CaseTask.Inspect} where certification.visit_owed({application.Id})
            """, cancel);
        var parts = steps.Select(CaseTask.PartOf).OfType<CasePart>().Where(part => part != CasePart.Intake).ToHashSet();

        // A scheme without tests needs no laboratory; the body itself may have one.
        OrganisationId?[] laboratories = parts.Any(CaseParts.InLaboratory)
            ? [.. (await organisations.OfKind(OrganisationKind.Laboratory, cancel)).Select(one => one.Id), body]
            : [null];
        foreach (var laboratory in laboratories)
        {
            var places = parts.ToDictionary(part => part, part => part.InLaboratory() ? laboratory!.Value : body);
            if (await draws.For(application, DrawCause.Acceptance, places, cancel) is not { People: var drawn, Seed: var seed })
            {
                continue;
            }

            var assigned = application with
            {
                Laboratory = laboratory, DocumentReviewer = Of(CasePart.DocumentReviewer), Sampler = Of(CasePart.Sampler),
                Analyst = Of(CasePart.Analyst), Supervisor = Of(CasePart.Supervisor), Reviewer = Of(CasePart.Reviewer),
                DecisionMaker = Of(CasePart.DecisionMaker),
            };

            // Assigning follows accepting at once; the stage between is only ever seen in the history.
            var evaluation = CertificationApplication.Next(accepted, CertificationStep.Assign)!.Value;
            return await CaseWork.GoOn(assigned, evaluation, Sql.Of($"""
                , laboratory = {laboratory}, document_reviewer = {assigned.DocumentReviewer}, sampler = {assigned.Sampler}, analyst = {assigned.Analyst},
                  supervisor = {assigned.Supervisor}, reviewer = {assigned.Reviewer}, decision_maker = {assigned.DecisionMaker}
                """), new ApplicationAccepted(application.Id, seed), [CaseTask.Check], database, tasks, cancel)
                ? null
                : Refusal.ChangedMeanwhile;

            PersonId? Of(CasePart part) => drawn.TryGetValue(part, out var person) ? person : null;
        }

        return new Refusal("no-eligible-person", "There are too few different people in body and laboratory for this case.");
    }
}
