using System.Globalization;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/applications/{id}/submission.</summary>
public static class SubmitApplication
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapPost("/{id}/submission", Handle).WithName("submitApplication").InPersonOnly().RequiresSignIn().Moves();

    /// <summary>Submit an application, or submit it again after it was returned.</summary>
    /// <remarks>Freezes the scheme version and the quantity, issues the number, chooses the body and its intake officer.
    /// 409 `applicant-not-accepted` when the applicant of record no longer stands to the household; 409 `wrong-stage`, `lot-busy`, `no-eligible-person`,
    /// `lot-expired`, `nothing-there`, `changed-meanwhile`.</remarks>
    public static async Task<Results<Ok<ApplicationDetails>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, Database database, IHouseholds households, ILots lots, ILotAccounts accounts, IOrganisations organisations,
        CaseDraw draws, ITasks tasks, CancellationToken cancel)
    {
        var refusal = await Submit(id, database, households, lots, accounts, organisations, draws, tasks, cancel);
        return Answer.Ok(refusal is null ? await ApplicationDetails.Read(id, database, cancel) : refusal);
    }

    /// <summary>The refusal of a lot of which an inspector found nothing before.</summary>
    internal static readonly Refusal NothingThere = new("nothing-there", "An inspector found nothing of this lot; declare what is there.");

    internal static async Task<Refusal?> Submit(
        CertificationApplicationId id, Database database, IHouseholds households, ILots lots, ILotAccounts accounts, IOrganisations organisations,
        CaseDraw draws, ITasks tasks, CancellationToken cancel)
    {
        if (await CertificationApplication.Find(id, database, cancel) is not { } application)
        {
            return Refusal.NotFound;
        }

        var acting = await households.ToActFor(application.Household, cancel);
        if (acting.Refusal is { } stranger)
        {
            return stranger;
        }

        if (CertificationApplication.Next(application.Stage, CertificationStep.Submit) is not { } next)
        {
            return application.WrongStage();
        }

        var submitted = new ApplicationSubmitted(id, application.Lot, application.Scheme);
        if (application.Stage == CertificationStage.ReturnedIncomplete)
        {
            if (!await application.Move(next, Sql.Of($""), submitted, database, cancel))
            {
                return Refusal.ChangedMeanwhile;
            }

            await CaseWork.Hand(application, [CaseTask.Complete], CaseTask.Check, application.Intake, database, tasks, cancel);
            return null;
        }

        var lot = (await lots.Of([application.Lot], cancel)).GetValueOrDefault(application.Lot);
        var scheme = await SchemeInForce.Find(application.Scheme, database, cancel);
        if (lot is null || scheme is null)
        {
            return new Refusal("no-scheme", "No such conformity scheme is in force.");
        }

        if (lot.Ceiling == 0)
        {
            return NothingThere;
        }

        if (Place.EndOf(lot.ExpiresOn, application.Country) <= application.Now)
        {
            return new Refusal("lot-expired", "The shelf life of this lot is over.");
        }

        if (await Intake(application, organisations, draws, database, cancel) is not var (body, drawn))
        {
            return new Refusal("no-eligible-person", "No accredited certification body has an intake officer for this case.");
        }

        var intake = drawn.People[CasePart.Intake];
        if (await accounts.PutUnderCertification(application.Lot, id, cancel) is { } busy)
        {
            return busy;
        }

        // The switch's row has to be there before anything is signed, so that a stop has something to lock.
        await database.Execute($"insert into certification.issuance (body) values ({body}) on conflict do nothing", cancel);
        var count = await CaseWork.NextNumber("application", database, cancel);
        var number = string.Create(CultureInfo.InvariantCulture, $"A-{count:D6}");
        if (!await application.Move(next, Sql.Of($"""
            , number = {number}, body = {body}, seed = {drawn.Seed}, intake = {intake}, submitted_at = kernel.now(), amount = {lot.Ceiling},
              ready_on = {lot.ReadyOn}, expires_on = {lot.ExpiresOn}, scheme_version = {scheme.Version},
              fee_minor = case when appeal is null then {scheme.Fee(application.Currency)} else 0 end
            """), submitted, database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        await OnFile.Prefill(id, database, cancel);
        await CaseWork.Hand(application with { Body = body, SchemeVersion = scheme.Version }, [], CaseTask.Check, intake, database, tasks, cancel);
        return null;
    }

    /// <summary>The first body that is accredited for the case and has an eligible intake officer, and the officer drawn.</summary>
    private static async Task<(OrganisationId Body, CaseDraw.Result Drawn)?> Intake(
        CertificationApplication application, IOrganisations organisations, CaseDraw draws, Database database, CancellationToken cancel)
    {
        var bodies = await organisations.OfKind(OrganisationKind.CertificationBody, cancel);
        var accredited = await database.List<OrganisationId>($"""
            select body from unnest({bodies.Select(body => body.Id).ToArray()}) with ordinality as one (body, place)
             where certification.accredited(body, {application.Scheme}, {application.RuleGroup}, {application.Village}) order by place
            """, cancel);
        foreach (var body in accredited)
        {
            if (await draws.For(application, DrawCause.Submission, new Dictionary<CasePart, OrganisationId> { [CasePart.Intake] = body }, cancel) is { } drawn)
            {
                return (body, drawn);
            }
        }

        return null;
    }
}
