using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Households;

/// <summary>The applicant of record of a household.</summary>
/// <param name="Organisation">The co-operative that applies for certificates and invoices for the household; absent to leave it.</param>
public sealed record ApplicantChoice(OrganisationId? Organisation = null);

/// <summary>A household names a co-operative as its applicant of record, or leaves it; the co-operative accepts with <see cref="AcceptHousehold"/>.</summary>
public static class ChooseApplicant
{
    internal static void Map(RouteGroupBuilder households) =>
        households.MapPut("/{id}/applicant", Handle).WithName("chooseApplicant").InPersonOnly().RequiresSignIn();

    /// <summary>Choose who applies and invoices for a household.</summary>
    /// <remarks>The household stays the producer. The co-operative has to accept before it is named in an application. 400 `not-a-cooperative`; 404
    /// `not-found` when you may not act for it.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        HouseholdId id, ApplicantChoice choice, IHouseholds households, Database database, CancellationToken cancel) =>
        Answer.NoContent(await Choose(id, choice, households, database, cancel));

    internal static async Task<Refusal?> Choose(
        HouseholdId id, ApplicantChoice choice, IHouseholds households, Database database, CancellationToken cancel)
    {
        if ((await households.ToActFor(id, cancel)).Refusal is { } refusal)
        {
            return refusal;
        }

        if (choice.Organisation is { } organisation && !await database.Value<bool>(
            $"select exists (select from registry.organisation where id = {organisation} and kind = 'cooperative')", cancel))
        {
            return Refusal.Invalid("#/organisation", "not-a-cooperative", "Name a co-operative that is registered here.");
        }

        var happened = new ApplicantChosen(id, choice.Organisation);
        await database.Execute($"""
            with moved as (
                update registry.household set applicant = {choice.Organisation}, version = version + 1
                 where id = {id} and applicant is distinct from {choice.Organisation} returning id)
            select kernel.append(id, {nameof(ApplicantChosen)}, {Event.Text(happened)}) from moved
            """, cancel);
        return null;
    }
}
