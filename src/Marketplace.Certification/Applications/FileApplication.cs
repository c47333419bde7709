using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>An application to have a lot certified.</summary>
/// <param name="Lot">The lot; of the household you may act for.</param>
/// <param name="Scheme">Conformity scheme; by default the product's own.</param>
/// <param name="Growing">How the goods were grown, for limits that ask; unless said, those of open ground hold.</param>
public sealed record ApplicationDraft(LotId Lot, [TextLength(31, MinimumLength = 3)] string? Scheme = null, GrowingMethod? Growing = null);

/// <summary>POST /v1/applications.</summary>
public static class FileApplication
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapPost("", Handle).WithName("fileApplication").RequiresSignIn().Moves();

    /// <summary>Draft an application for a lot.</summary>
    /// <remarks>404 for a lot of a household you may not act for; 409 `no-applicant` when the household has no co-operative as applicant of record;
    /// 409 `applicant-not-accepted` while it has not accepted the household, unless its own people file; 409 `household-not-active`, `lot-applied-for`,
    /// `lot-expired`, `no-scheme`, `scheme-not-for-product`,
    /// `applicant-not-eligible`.</remarks>
    public static async Task<Results<Created<ApplicationDetails>, ProblemHttpResult>> Handle(
        ApplicationDraft draft, Database database, ILots lots, IHouseholds households, IProducts products, IOrganisations organisations,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return Answer.Created(await File(draft, database, lots, households, products, organisations, cancel), details => $"/v1/applications/{details.Id}");
    }

    internal static async Task<Outcome<ApplicationDetails>> File(
        ApplicationDraft draft, Database database, ILots lots, IHouseholds households, IProducts products, IOrganisations organisations,
        CancellationToken cancel)
    {
        if (!(await lots.Of([draft.Lot], cancel)).TryGetValue(draft.Lot, out var lot))
        {
            return Refusal.NotFound;
        }

        var acting = await households.ToActFor(lot.Household, cancel);
        if (acting.Refusal is { } refusal)
        {
            return refusal;
        }

        var household = acting.Value!;
        if (!household.MayDeclare)
        {
            return new Refusal("household-not-active", "The household may not apply while it is not active.");
        }

        if (household.Applicant is not { } applicant)
        {
            return new Refusal("no-applicant", "A household cannot declare conformity itself; join a co-operative that applies for it.");
        }

        if (!household.ApplicantAccepted && !(applicant.Value == database.Actor.Organisation && database.Actor.Roles.Contains(Role.CooperativeManager)))
        {
            return new Refusal("applicant-not-accepted", "The applicant of record has not accepted this household yet.");
        }

        var product = (await products.Of([lot.Product], cancel))[lot.Product];
        var scheme = await SchemeInForce.Find(draft.Scheme ?? product.Scheme, database, cancel);
        if (scheme is null)
        {
            return new Refusal("no-scheme", "No such conformity scheme is in force.", "#/scheme");
        }

        if (!scheme.RuleGroups.Contains(product.RuleGroup))
        {
            return new Refusal("scheme-not-for-product", "This scheme is not for this product.", "#/scheme");
        }

        if ((await organisations.Of([applicant], cancel)).TryGetValue(applicant, out var organisation)
            && !scheme.EligibleApplicants.Contains(JsonNamingPolicy.SnakeCaseLower.ConvertName(organisation.Kind.ToString())))
        {
            return new Refusal("applicant-not-eligible", "The applicant of record may not apply under this scheme.");
        }

        if (Place.EndOf(lot.ExpiresOn, Place.Country(lot.Village)) <= scheme.Now)
        {
            return new Refusal("lot-expired", "The shelf life of this lot is over.");
        }

        var id = CertificationApplicationId.New();
        var currency = Place.Country(lot.Village) == "KG" ? "KGS" : "KZT";
        await database.Execute($"""
            with filed as (
                insert into certification.application (id, lot, household, head, applicant, product, rule_group, village, amount, unit, ready_on,
                       expires_on, scheme, scheme_version, fee_minor, currency, growing)
                values ({id}, {lot.Id}, {lot.Household}, {household.Head}, {applicant}, {lot.Product}, {product.RuleGroup}, {lot.Village},
                       {Math.Max(lot.Ceiling, 1)}, {lot.Declared.Unit}, {lot.ReadyOn}, {lot.ExpiresOn}, {scheme.Code}, {scheme.Version}, {scheme.Fee(currency)},
                       {currency}, {draft.Growing})
                returning id)
            select kernel.append(id, {nameof(ApplicationDrafted)}, {Event.Text(new ApplicationDrafted(id, lot.Id))}) from filed
            """, cancel);
        await OnFile.Prefill(id, database, cancel);
        return (await ApplicationDetails.Of((await CertificationApplication.Find(id, database, cancel))!, database, cancel))!;
    }
}

/// <summary>A scheme version that is in force.</summary>
internal sealed record SchemeInForce(
    string Code, int Version, string[] RuleGroups, string[] EligibleApplicants, int ValidityDays, long FeeKzt, long FeeKgs, DateTimeOffset Now)
{
    /// <summary>The fee in the smallest unit of a currency.</summary>
    public long Fee(string currency) => currency == "KGS" ? FeeKgs : FeeKzt;

    public static Task<SchemeInForce?> Find(string code, Database database, CancellationToken cancel) => database.Find<SchemeInForce>($"""
        select code, version, rule_groups, eligible_applicants, validity_days, fee_kzt, fee_kgs, kernel.now() as now from certification.scheme
         where code = {code} and version = certification.scheme_in_force({code}, kernel.now()::date)
        """, cancel);
}
