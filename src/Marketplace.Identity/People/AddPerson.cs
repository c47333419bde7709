using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Identity.SecondFactors;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Identity.People;

/// <summary>A role to give.</summary>
/// <param name="Role">One of the chain's roles, snake_case, for example <c>sampler</c>.</param>
/// <param name="Organisation">Where it is held; absent for roles held in a territory.</param>
/// <param name="Territory">The territory of duty, for akims, district officers and agents.</param>
/// <param name="Until">The end of the term; absent while it is open. Tasks and parts of cases go to others when it ends.</param>
public sealed record RoleGrant(
    [Required, TextLength(40, MinimumLength = 3)] string Role, OrganisationId? Organisation = null, TerritoryCode? Territory = null,
    DateTimeOffset? Until = null);

/// <summary>An officer, buyer or agent to add.</summary>
/// <param name="Phone">Telephone, which is how the person signs in.</param>
/// <param name="Roles">One to ten roles.</param>
/// <param name="NationalNumber">
/// National number, 12 digits (Kazakhstan) or 14 (Kyrgyzstan); kept as a keyed hash only, so that two telephones of one human are known as one.
/// Outside sandboxes it must be known, from now or before, of whoever gets a role that decides, reviews, approves payments or administers.
/// </param>
public sealed record NewPerson(
    [Required, TextLength(30, MinimumLength = 6)] string Phone, [Required, MinLength(1), MaxLength(10)] IReadOnlyList<RoleGrant> Roles,
    NationalNumber? NationalNumber = null);

/// <summary>A person and the roles proposed for it.</summary>
/// <param name="Id">The person.</param>
/// <param name="Proposals">One per role; each counts from a second administrator's confirmation on.</param>
public sealed record PersonDetails(PersonId Id, IReadOnlyList<RoleProposal> Proposals);

/// <summary>Adds a person and proposes its roles.</summary>
public static class AddPerson
{
    internal static void Map(RouteGroupBuilder people) =>
        people.MapPost("", Handle).WithName("addPerson").Requires(stepUp: true, Role.PlatformAdministrator).Moves();

    /// <summary>Add a person, or name a known one, and propose roles for it; a second administrator confirms them.</summary>
    /// <remarks>
    /// 400 <c>not-a-phone</c>; 400 <c>unknown-role</c>; 400 <c>role-needs-place</c> when a role needs an organisation or a territory and has
    /// none; 400 <c>term-over</c>; 400 <c>bad-national-number</c>; 409 <c>own-rights</c>; 409 <c>number-differs</c> when another national number is known of this person;
    /// 409 <c>identity-unknown</c> when none is known and the role needs it.
    /// </remarks>
    public static async Task<Results<Created<PersonDetails>, ProblemHttpResult>> Handle(
        NewPerson person, Database database, Secrets secrets, IPeople people, TimeProvider clock, CancellationToken cancel) =>
        Answer.Created(await Add(person, database, secrets, people, clock, cancel), added => $"/v1/people/{added.Id}");

    internal static async Task<Outcome<PersonDetails>> Add(
        NewPerson person, Database database, Secrets secrets, IPeople people, TimeProvider clock, CancellationToken cancel)
    {
        if (Telephone.Normal(person.Phone, "KZ") is not { } phone)
        {
            return Refusal.Invalid("#/phone", "not-a-phone", "This is not a telephone number of Kazakhstan or Kyrgyzstan.");
        }

        var hash = person.NationalNumber?.Index(secrets);
        if (person.NationalNumber is not null && hash is null)
        {
            return Refusal.Invalid("#/nationalNumber", "bad-national-number", "This national number cannot exist; check its digits.");
        }

        for (var i = 0; i < person.Roles.Count; i++)
        {
            var grant = person.Roles[i];
            if (!Role.All.Contains(grant.Role) || grant.Role == Role.Producer)
            {
                return Refusal.Invalid($"#/roles/{i}/role", "unknown-role", "This is not a role that can be given.");
            }

            if (grant is { Organisation: null, Territory: null } && grant.Role is not (Role.Auditor or Role.PlatformAdministrator or Role.ProjectOfficer))
            {
                return Refusal.Invalid($"#/roles/{i}", "role-needs-place", "This role is held in an organisation or a territory.");
            }

            if (grant.Until <= clock.GetUtcNow())
            {
                return Refusal.Invalid($"#/roles/{i}/until", "term-over", "A term ends later than now.");
            }
        }

        var id = await people.OfPhone(phone, cancel);
        if (id.Value == database.Actor.Person)
        {
            return InviteToEnrol.OwnRights;
        }

        if (hash is not null && !await people.Identify(id, hash, null, cancel))
        {
            return new Refusal("number-differs", "Another national number is known of this person.");
        }

        var proposals = new List<RoleProposal>();
        foreach (var grant in person.Roles)
        {
            proposals.Add((await database.Find<RoleProposal>($"""
                insert into identity.role_proposal (id, person_id, role, organisation_id, territory, valid_until)
                values ({Guid.CreateVersion7()}, {id}, {grant.Role}, {grant.Organisation}, {grant.Territory}, {grant.Until})
                returning {ListRoleProposals.Columns}
                """, cancel))!);
        }

        return new PersonDetails(id, proposals);
    }
}
