using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A qualification to be granted.</summary>
/// <param name="Person">Who is qualified.</param>
/// <param name="Scheme">A scheme's code or how it begins, 1 to 31 characters.</param>
/// <param name="Part">The part of a case.</param>
/// <param name="Evidence">What it rests on: training, examination, certificate; 3 to 2000 characters.</param>
/// <param name="Territory">Everything below it; absent for anywhere.</param>
/// <param name="From">First day; today by default.</param>
/// <param name="Until">Last day; absent while it is open.</param>
/// <param name="Organisation">The laboratory, for its people; your own body by default.</param>
public sealed record QualificationGrant(
    PersonId Person, [TextLength(31, MinimumLength = 1)] string Scheme, CasePart Part, [TextLength(2000, MinimumLength = 3)] string Evidence,
    TerritoryCode? Territory = null, DateOnly? From = null, DateOnly? Until = null, OrganisationId? Organisation = null);

/// <summary>A qualification.</summary>
/// <param name="Id">The qualification.</param>
/// <param name="Person">Who is qualified.</param>
/// <param name="Organisation">The body or laboratory.</param>
/// <param name="Scheme">A scheme's code or how it begins.</param>
/// <param name="Part">The part of a case.</param>
/// <param name="Territory">Everything below it; absent for anywhere.</param>
/// <param name="From">First day.</param>
/// <param name="Until">Last day; absent while it is open.</param>
/// <param name="Evidence">What it rests on.</param>
/// <param name="GrantedBy">Who granted it.</param>
/// <param name="ConfirmedBy">Who confirmed it; it counts from then on.</param>
/// <param name="WithdrawnAt">When it was withdrawn.</param>
public sealed record QualificationDetails(
    Guid Id, PersonId Person, OrganisationId Organisation, string Scheme, CasePart Part, TerritoryCode? Territory, DateOnly From, DateOnly? Until,
    string Evidence, PersonId GrantedBy, PersonId? ConfirmedBy, DateTimeOffset? WithdrawnAt);

/// <summary>POST /v1/qualifications.</summary>
public static class GrantQualification
{
    internal static void Map(RouteGroupBuilder qualifications) =>
        qualifications.MapPost("", Handle).WithName("grantQualification").Requires(stepUp: true, Role.QualityManager).Moves();

    /// <summary>Grant a qualification; it counts once another person confirmed it.</summary>
    /// <remarks>From the first confirmed one on, only the qualified are drawn for that part of those schemes in that organisation. 400 `bad-dates`,
    /// `producer-part`; 409 `second-person` for oneself; 409 `not-eligible` when the person does not hold the part's role there.</remarks>
    public static async Task<Results<Created<QualificationDetails>, ProblemHttpResult>> Handle(
        QualificationGrant grant, Database database, IPeople people, IOrganisations organisations, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return Answer.Created(await Grant(grant, database, people, organisations, cancel), one => $"/v1/qualifications?person={one.Person}");
    }

    internal static async Task<Outcome<QualificationDetails>> Grant(
        QualificationGrant grant, Database database, IPeople people, IOrganisations organisations, CancellationToken cancel)
    {
        if (grant.Part == CasePart.Producer)
        {
            return Refusal.Invalid("#/part", "producer-part", "Nobody is qualified as a producer.");
        }

        var own = OrganisationId.From(database.Actor.Organisation!.Value);
        var place = grant.Organisation ?? own;
        if (place != own && (await organisations.Of([place], cancel)).GetValueOrDefault(place) is not { Kind: OrganisationKind.Laboratory })
        {
            return Refusal.NotFound;
        }

        if (!(await people.Holding(grant.Part.Role(), place, null, cancel)).Contains(grant.Person))
        {
            return new Refusal("not-eligible", "This person does not hold the role there.", "#/person");
        }

        var from = grant.From ?? await database.Value<DateOnly>($"select certification.today()", cancel);
        if (grant.Until < from)
        {
            return Refusal.Invalid("#/until", "bad-dates", "It ends before it starts.");
        }

        // Whoever grants is not the holder, by any telephone: the table's trigger second-person.
        var id = Guid.CreateVersion7();
        var happened = new QualificationGranted(id, grant.Person, grant.Scheme, grant.Part);
        await database.Execute($"""
            with granted as (
                insert into certification.qualification (id, person, organisation, scheme, part, territory, valid_from, valid_until, evidence)
                values ({id}, {grant.Person}, {place}, {grant.Scheme}, {grant.Part}, {grant.Territory}, {from}, {grant.Until}, {grant.Evidence})
                returning id)
            select kernel.append(id, {nameof(QualificationGranted)}, {Event.Text(happened)}) from granted
            """, cancel);
        return (await ListQualifications.Find(id, database, cancel))!;
    }
}

internal sealed record QualificationGranted(Guid Qualification, PersonId Person, string Scheme, CasePart Part);
