using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>An appeal or a complaint.</summary>
/// <param name="Ground">Why, 3 to 4000 characters.</param>
/// <param name="Kind"><c>appeal</c> by default.</param>
/// <param name="Application">The refused application; for a complaint any case that you may see.</param>
/// <param name="Certificate">Serial of the suspended certificate, or number of the suspended scope certificate; for a complaint any. Exactly one of the two
/// members is named.</param>
public sealed record NewAppeal(
    [TextLength(4000, MinimumLength = 3)] string Ground, AppealKind Kind = AppealKind.Appeal, CertificationApplicationId? Application = null,
    [TextLength(20, MinimumLength = 10)] string? Certificate = null);

/// <summary>POST /v1/appeals.</summary>
public static class FileAppeal
{
    /// <summary>Working days after a refusal or suspension in which it may be appealed against; printed with the decision.</summary>
    public const int TermDays = 10;

    private const int AdmissionDays = 3;

    internal static void Map(RouteGroupBuilder appeals) => appeals.MapPost("", Handle).WithName("fileAppeal").InPersonOnly().RequiresSignIn().Moves();

    /// <summary>Appeal against a refusal or a suspension, or complain about a case.</summary>
    /// <remarks>An appeal does not lift the decision meanwhile. 400 `appeal-subject` unless exactly one of application and certificate is named;
    /// 404 for what you may not see or act for; 409 `nothing-to-appeal`, `appeal-too-late` after ten working days, `appeal-open`,
    /// `appeal-decided` for what a panel judged before,
    /// `no-eligible-person` when everybody who could admit it had a part in the case.</remarks>
    public static async Task<Results<Created<AppealDetails>, ProblemHttpResult>> Handle(
        NewAppeal appeal, Database database, IHouseholds households, IPeople people, ITasks tasks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(appeal);
        return Answer.Created(await File(appeal, database, households, people, tasks, cancel), filed => $"/v1/appeals/{filed.Id}");
    }

    internal static async Task<Outcome<AppealDetails>> File(
        NewAppeal appeal, Database database, IHouseholds households, IPeople people, ITasks tasks, CancellationToken cancel)
    {
        if ((appeal.Application is null) == (appeal.Certificate is null))
        {
            return Refusal.Invalid("#/application", "appeal-subject", "Name the application or the certificate, and only one of them.");
        }

        if (await Subject(appeal, database, cancel) is not { } subject)
        {
            return Refusal.NotFound;
        }

        if (appeal.Kind == AppealKind.Appeal)
        {
            var acting = await households.ToActFor(subject.Household, cancel);
            if (acting.Refusal is { } stranger)
            {
                return stranger;
            }

            if (subject.DecidedAt is { } decided && await tasks.Deadline(Place.Country(subject.Village), TermDays, cancel, decided) < subject.Now)
            {
                return new Refusal("appeal-too-late", "The ten working days for an appeal are over.");
            }
        }

        var count = await CaseWork.NextNumber("appeal", database, cancel);
        var filed = new Appeal(
            Guid.CreateVersion7(), string.Create(CultureInfo.InvariantCulture, $"P-{count:D5}"), appeal.Kind, subject.Application, subject.Certificate,
            subject.Scope, subject.Body, subject.Household, subject.Village, appeal.Ground, AppealStage.Filed, 1, PersonId.From(database.Actor.Person!.Value),
            subject.Now);

        // nothing-to-appeal and appeal-open are the table's trigger and index.
        await database.Execute($"""
            with filed as (
                insert into certification.appeal (id, number, kind, application, certificate, scope, body, household, village, ground)
                values ({filed.Id}, {filed.Number}, {filed.Kind}, {filed.Application}, {filed.Certificate}, {filed.Scope}, {filed.Body},
                        {filed.Household}, {filed.Village}, {filed.Ground})
                returning id)
            select kernel.append(id, {nameof(AppealFiled)}, {Event.Text(new AppealFiled(filed.Id, filed.Application, filed.Kind))}) from filed
            """, cancel);
        var managers = await filed.Outsiders(Role.QualityManager, filed.Body, filed.Number, database, people, cancel);
        if (managers.Count == 0)
        {
            managers = await filed.Outsiders(Role.ProjectOfficer, null, filed.Number, database, people, cancel);
        }

        if (managers.Count == 0)
        {
            return new Refusal("no-eligible-person", "Everybody who could admit this appeal had a part in the case.");
        }

        var until = await tasks.Deadline(Place.Country(filed.Village), AdmissionDays, cancel);
        await tasks.Open(new TaskToOpen(filed.Id, Appeal.AdmissionTask, managers[0], until, Role.ProjectOfficer, filed.Body, filed.Village), cancel);
        return await AppealDetails.Of(filed, database, cancel);
    }

    private static Task<AppealSubject?> Subject(NewAppeal appeal, Database database, CancellationToken cancel) => appeal.Application is { } application
        ? database.Find<AppealSubject>($"""
            select application.id as application, null::uuid as certificate, null::uuid as scope, body, household, village, kernel.now() as now,
                   certification.decided_at(application.id, null, null) as decided_at
              from certification.application
             where id = {application} and body is not null and {CertificationApplication.Visible(database.Actor)}
            """, cancel)
        : database.Find<AppealSubject>($"""
            select c.application, c.id as certificate, null::uuid as scope, c.issuer as body, c.household, c.village, kernel.now() as now,
                   certification.decided_at(c.application, c.id, null) as decided_at
              from certification.certificate c where c.serial = {appeal.Certificate}
            union all
            select s.application, null, s.id, s.issuer, a.household, s.village, kernel.now(), certification.decided_at(s.application, null, s.id)
              from certification.scope s join certification.application a on a.id = s.application where s.number = {appeal.Certificate}
            """, cancel);

    private sealed record AppealSubject(
        CertificationApplicationId Application, CertificateId? Certificate, Guid? Scope, OrganisationId Body, HouseholdId Household,
        TerritoryCode Village, DateTimeOffset Now, DateTimeOffset? DecidedAt);
}
