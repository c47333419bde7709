using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Kind of an interest.</summary>
[DatabaseEnum("certification.interest_kind")]
public enum InterestKind
{
    /// <summary>The own household.</summary>
    OwnHousehold,

    /// <summary>Relatives.</summary>
    Kinship,

    /// <summary>Work, now or in the last two years.</summary>
    Employment,

    /// <summary>Money: shares, loans, debts.</summary>
    Finance,

    /// <summary>Anything else that could make somebody doubt.</summary>
    Other,
}

/// <summary>An interest that keeps a person out of cases. Names one of household, organisation and territory.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Household">The household.</param>
/// <param name="Organisation">The applicant of record.</param>
/// <param name="Territory">The village, or everything below a territory.</param>
/// <param name="From">First day; today by default, never later.</param>
/// <param name="Until">Last day; absent while it is open.</param>
/// <param name="Person">Whose, when the quality manager records it; oneself by default.</param>
/// <param name="Reason">How it is known, 3 to 500 characters; required for somebody else.</param>
public sealed record InterestDeclaration(
    InterestKind Kind, HouseholdId? Household = null, OrganisationId? Organisation = null, TerritoryCode? Territory = null, DateOnly? From = null,
    DateOnly? Until = null, PersonId? Person = null, [TextLength(500, MinimumLength = 3)] string? Reason = null);

/// <summary>A declared interest.</summary>
/// <param name="Id">The interest.</param>
/// <param name="Person">Whose.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Household">The household.</param>
/// <param name="Organisation">The applicant of record.</param>
/// <param name="Territory">The territory.</param>
/// <param name="From">First day.</param>
/// <param name="Until">Last day; absent while it is open.</param>
/// <param name="Reason">How it is known.</param>
/// <param name="RecordedBy">Who recorded it.</param>
/// <param name="RecordedAt">When.</param>
public sealed record InterestDetails(
    Guid Id, PersonId Person, InterestKind Kind, HouseholdId? Household, OrganisationId? Organisation, TerritoryCode? Territory, DateOnly From,
    DateOnly? Until, string? Reason, PersonId RecordedBy, DateTimeOffset RecordedAt);

/// <summary>POST /v1/interests.</summary>
public static class DeclareInterest
{
    internal static void Map(RouteGroupBuilder interests) =>
        interests.MapPost("", Handle).WithName("declareInterest").InPersonOnly().RequiresSignIn().Moves();

    /// <summary>Declare an interest, for oneself or, as quality manager, for somebody of the own body or of a laboratory.</summary>
    /// <remarks>Parts of open cases it touches and that are still to be taken go to other people at once. 400 `one-subject` unless exactly one of
    /// household, organisation and territory is named; 400 `bad-dates` when it starts later than today or ends before it starts; 400
    /// `interest-reason-missing`; 404 for somebody you do not answer
    /// for.</remarks>
    public static async Task<Results<Created<InterestDetails>, ProblemHttpResult>> Handle(
        InterestDeclaration declaration, Database database, HandOver handOver, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(declaration);
        return Answer.Created(await Declare(declaration, database, handOver, cancel), one => $"/v1/interests?person={one.Person}");
    }

    internal static async Task<Outcome<InterestDetails>> Declare(
        InterestDeclaration declaration, Database database, HandOver handOver, CancellationToken cancel)
    {
        if (new object?[] { declaration.Household, declaration.Organisation, declaration.Territory }.Count(one => one is not null) != 1)
        {
            return Refusal.Invalid("#", "one-subject", "Name a household, an organisation or a territory, one of them.");
        }

        var me = PersonId.From(database.Actor.Person!.Value);
        var person = declaration.Person ?? me;
        if (person != me && !await ListInterests.AnswersFor(person, database, cancel))
        {
            return Refusal.NotFound;
        }

        if (person != me && declaration.Reason is null)
        {
            return Refusal.Invalid("#/reason", "interest-reason-missing", "Say how the interest of somebody else is known.");
        }

        var today = await database.Value<DateOnly>($"select certification.today()", cancel);
        var from = declaration.From ?? today;
        if (from > today || declaration.Until < from)
        {
            return Refusal.Invalid("#/from", "bad-dates", "An interest starts today or earlier, and ends after it starts.");
        }

        var id = Guid.CreateVersion7();
        var happened = new InterestDeclared(id, person);
        await database.Execute($"""
            with declared as (
                insert into certification.interest (id, person, kind, household, organisation, territory, valid_from, valid_until, reason)
                values ({id}, {person}, {declaration.Kind}, {declaration.Household}, {declaration.Organisation}, {declaration.Territory}, {from},
                        {declaration.Until}, {declaration.Reason})
                returning id)
            select kernel.append(id, {nameof(InterestDeclared)}, {Event.Text(happened)}) from declared
            """, cancel);

        // The cases are locked: an act under way is finished before, or sees the interest.
        var touched = await database.List<Touched>($"""
            select a.id as application, one.part
              from certification.application a cross join unnest({Assignment.Parts}) as one (part)
             where a.stage not in ('draft', 'granted', 'refused', 'withdrawn', 'expired_inactive')
               and (to_jsonb(a) ->> one.part::text)::uuid = any (certification.accounts({person}))
               and certification.conflicted(a, {person})
               and (exists (select from work.public_task t where t.subject = a.id and t.closed_at is null
                                                             and t.responsible = (to_jsonb(a) ->> one.part::text)::uuid)
                    or not exists (select from certification.participation p
                                    where p.application = a.id and p.part = one.part and p.person = any (certification.accounts({person}))))
             order by a.id for no key update of a
            """, cancel);
        foreach (var (application, part) in touched)
        {
            await handOver.Part((await CertificationApplication.Find(application, database, cancel))!, part, DrawCause.Interest, cancel);
        }

        return (await ListInterests.Find(id, database, cancel))!;
    }

    private sealed record Touched(CertificationApplicationId Application, CasePart Part);
}

internal sealed record InterestDeclared(Guid Interest, PersonId Person);
