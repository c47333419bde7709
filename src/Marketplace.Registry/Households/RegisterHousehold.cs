using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Registry.Consents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Households;

/// <summary>How a member is related to the head of the household.</summary>
[DatabaseEnum("registry.relation")]
public enum HouseholdRelation
{
    /// <summary>Wife or husband.</summary>
    Spouse,

    /// <summary>Daughter or son.</summary>
    Child,

    /// <summary>Mother or father.</summary>
    Parent,

    /// <summary>Sister or brother.</summary>
    Sibling,

    /// <summary>Grandmother or grandfather.</summary>
    Grandparent,

    /// <summary>Granddaughter or grandson.</summary>
    Grandchild,

    /// <summary>Anybody else who lives there.</summary>
    Other,
}

/// <summary>How consent was given.</summary>
[DatabaseEnum("registry.consent_channel")]
public enum ConsentChannel
{
    /// <summary>In the person's own session.</summary>
    OwnSession,

    /// <summary>By a code sent to the person's telephone and told to the agent.</summary>
    SmsCode,

    /// <summary>Signed on paper, which the agent keeps.</summary>
    Paper,

    /// <summary>Spoken before the agent.</summary>
    Voice,
}

/// <summary>A member of a household besides its head.</summary>
/// <param name="Name">Name, 2 to 120 characters.</param>
/// <param name="Relation">Relation to the head.</param>
/// <param name="NationalNumber">Optional, only ever sent: kept as a keyed hash, so that a member who is an officer does not act in the household's cases.</param>
public sealed record HouseholdMember(
    [TextLength(120, MinimumLength = 2)] string Name, HouseholdRelation Relation, NationalNumber? NationalNumber = null);

/// <summary>Consent to a published text.</summary>
/// <param name="Version">The text's version, from <c>GET /v1/consent-texts</c>.</param>
/// <param name="Language">The language it was read in: <c>kk</c>, <c>ru</c>, <c>ky</c> or <c>en</c>. Messages come in it too.</param>
/// <param name="Channel">How it was given; <c>own_session</c> by default, and only for oneself.</param>
public sealed record ConsentGiven(
    [TextLength(20, MinimumLength = 1)] string Version, [RegularExpression("^(kk|ru|ky|en)$")] string Language,
    ConsentChannel Channel = ConsentChannel.OwnSession);

/// <summary>A household to be registered, by its head or by a village agent.</summary>
/// <param name="Name">The head's name, 2 to 120 characters.</param>
/// <param name="Village">Where it farms: a village, or a town without villages.</param>
/// <param name="NationalNumber">The head's national number: 12 digits (IIN) in Kazakhstan, 14 (PIN) in Kyrgyzstan. Never shown again unmasked.</param>
/// <param name="Consent">Consent to the registration text.</param>
/// <param name="Members">Members besides the head; at most 30, none by default.</param>
/// <param name="Phone">The head's telephone, when a village agent registers; absent when the head does.</param>
/// <param name="AgentUntil">Until when the registering agent may act for the household, at most two years; absent for not at all.</param>
public sealed record HouseholdRegistration(
    [TextLength(120, MinimumLength = 2)] string Name, TerritoryCode Village, NationalNumber NationalNumber, ConsentGiven Consent,
    [MaxLength(30)] IReadOnlyList<HouseholdMember>? Members = null, [TextLength(30, MinimumLength = 6)] string? Phone = null,
    DateTimeOffset? AgentUntil = null);

/// <summary>Registers a household.</summary>
public static class RegisterHousehold
{
    internal static void Map(RouteGroupBuilder households) =>
        households.MapPost("", Handle).WithName("registerHousehold").RequiresSignIn().Moves();

    /// <summary>Register a household.</summary>
    /// <remarks>
    /// It waits in `pending_verification` for the rural district, or in `merge_review` when its national number is known already; nothing is
    /// told of the other household. 400 `unknown-territory`, `not-habitable`, `bad-national-number`, `unknown-consent-text`,
    /// `bad-phone`, `bad-term`, `agent-channel`; 403 `not-an-agent` when somebody else's telephone is named; 409 `already-registered`.
    /// </remarks>
    public static async Task<Results<Created<HouseholdDetails>, ProblemHttpResult>> Handle(
        HouseholdRegistration registration, Database database, Secrets secrets, IPeople people, INotices notices, ITasks tasks, TimeProvider clock,
        ICredentialCache credentials, CancellationToken cancel)
    {
        var made = await Register(registration, database, secrets, people, notices, tasks, clock, cancel);
        if (made.Refusal is null && database.Actor.Credential is { } credential)
        {
            credentials.Forget(credential); // the person's rights grew: the next request starts with them
        }

        return Answer.Created(made, household => $"/v1/households/{household.Id}");
    }

    internal static async Task<Outcome<HouseholdDetails>> Register(
        HouseholdRegistration registration, Database database, Secrets secrets, IPeople people, INotices notices, ITasks tasks, TimeProvider clock,
        CancellationToken cancel)
    {
        var place = await Place.Find(database, registration.Village, cancel);
        if (Wrong(registration, place, database.Actor, clock) is { } wrong)
        {
            return wrong;
        }

        if (!await Consent.Stands(database, ConsentPurpose.Registration, registration.Consent.Version, registration.Consent.Language, cancel))
        {
            return Consent.Unknown;
        }

        var country = place!.Country;
        var actor = PersonId.From(database.Actor.Person!.Value);
        var byAgent = registration.Phone is not null;
        var head = byAgent ? await people.OfPhone(Telephone.Normal(registration.Phone!, country)!, cancel) : actor;
        var id = HouseholdId.New();
        if (byAgent)
        {
            await database.ActFor(id.Value, cancel);
        }

        var stage = HouseholdStage.PendingVerification;
        if (!await Insert(stage))
        {
            stage = HouseholdStage.MergeReview;
            await Insert(stage);
        }

        await people.Identify(head, registration.NationalNumber.Index(secrets, country), null, cancel);
        await Members.Write(database, id, registration.Members, secrets, cancel);
        await Agree(ConsentPurpose.Registration, cancel);
        if (registration.AgentUntil is { } until)
        {
            var consent = await Agree(ConsentPurpose.Agent, cancel);
            var appointed = new AgentAppointed(id, actor, until);
            await database.Execute($"""
                with made as (
                    insert into registry.household_agent (id, household, agent, consent, valid_until)
                    values ({Guid.CreateVersion7()}, {id}, {actor}, {consent}, {until}) returning household)
                select kernel.append(household, {nameof(AgentAppointed)}, {Event.Text(appointed)}) from made
                """, cancel);
        }

        await people.Grant(head, Role.Producer, null, id, null, cancel);
        var number = await database.Value<string>($"select number from registry.household where id = {id}", cancel);
        var household = new Household(id, number!, head, actor, registration.Village, country, registration.Consent.Language, stage, 1, place.Path);
        await new Verification(database, new Officers(people), tasks).Await(household, cancel);
        if (byAgent)
        {
            await notices.Send([await Told.ByAgent(people, actor, household, "register-household", cancel)], cancel);
        }

        return await HouseholdView.Of(id, database, secrets, cancel);

        async Task<bool> Insert(HouseholdStage at)
        {
            var registered = new HouseholdRegistered(id, registration.Village);
            // Waits for a rival with the same number and then gives way to it, so that one of two simultaneous registrations is reviewed.
            return await database.Execute($"""
                with made as (
                    insert into registry.household (id, head, name, village, country, language, national_number_sealed, national_number_index,
                        stage, registered_by)
                    values ({id}, {head}, {registration.Name.Trim()}, {registration.Village}, {country}, {registration.Consent.Language},
                        {registration.NationalNumber.Seal(secrets, id.Value)}, {registration.NationalNumber.Index(secrets, country)}, {at}, {actor})
                    on conflict (tenant_id, national_number_index)
                        where stage not in ('merge_review', 'closed', 'lapsed') and not kept_separate do nothing
                    returning id)
                select kernel.append(id, {nameof(HouseholdRegistered)}, {Event.Text(registered)}) from made
                """, cancel) == 1;
        }

        async Task<Guid> Agree(ConsentPurpose purpose, CancellationToken stop) => await database.Value<Guid>($"""
            insert into registry.household_consent (household, purpose, version, language, channel, recorded_by)
            values ({id}, {purpose}, {registration.Consent.Version}, {registration.Consent.Language}, {registration.Consent.Channel}, {actor})
            returning id
            """, stop);
    }

    private static Refusal? Wrong(HouseholdRegistration registration, Place? place, Actor actor, TimeProvider clock)
    {
        if (Place.Wrong(place) is { } nowhere)
        {
            return nowhere;
        }

        if (!registration.NationalNumber.MayExistIn(place!.Country))
        {
            return BadNumber;
        }

        if (Members.Wrong(registration.Members) is { } member)
        {
            return member;
        }

        if (registration.Phone is not { } phone)
        {
            return registration.Consent.Channel != ConsentChannel.OwnSession || registration.AgentUntil is not null
                ? Refusal.Invalid("#/consent/channel", "agent-channel", "Only a village agent registers for somebody else.")
                : null;
        }

        var now = clock.GetUtcNow();
        return actor switch
        {
            _ when !actor.Roles.Contains(Role.VillageAgent) || (actor.Territory is { } duty && !place.Path.Contains(duty)) =>
                new Refusal("not-an-agent", "Only an agent of this village registers for somebody else.", "#/phone", 403),
            _ when registration.Consent.Channel == ConsentChannel.OwnSession =>
                Refusal.Invalid("#/consent/channel", "agent-channel", "Say how the household gave its consent to you."),
            _ when Telephone.Normal(phone, place.Country) is null =>
                Refusal.Invalid("#/phone", "bad-phone", "This is not a telephone number of Kazakhstan or Kyrgyzstan."),
            _ when registration.AgentUntil is { } until && (until <= now || until > now.AddYears(2)) =>
                Refusal.Invalid("#/agentUntil", "bad-term", "An agent's term ends within two years from now."),
            _ => null,
        };
    }

    internal static readonly Refusal BadNumber =
        Refusal.Invalid("#/nationalNumber", "bad-national-number", "This national number cannot exist; check its digits.");
}

/// <summary>Where a household farms.</summary>
internal sealed record Place(string Country, bool Habitable, string[] Path)
{
    public static Task<Place?> Find(Database database, TerritoryCode village, CancellationToken cancel) => database.Find<Place>($"""
        select country, habitable and (valid_until is null or valid_until > kernel.now()::date) as habitable, path
          from registry.territory where code = {village}
        """, cancel);

    public static Refusal? Wrong(Place? place) => place switch
    {
        null => Refusal.Invalid("#/village", "unknown-territory", "There is no such territory."),
        { Habitable: false } => Refusal.Invalid("#/village", "not-habitable", "Name a village, not a district or region."),
        _ => null,
    };
}

/// <summary>The members of a household, written as one list.</summary>
internal static class Members
{
    /// <summary>The refusal of a member whose national number exists in neither country.</summary>
    public static Refusal? Wrong(IReadOnlyList<HouseholdMember>? members)
    {
        for (var at = 0; at < (members?.Count ?? 0); at++)
        {
            if (members![at].NationalNumber is { } number && !number.MayExistIn("KZ") && !number.MayExistIn("KG"))
            {
                return RegisterHousehold.BadNumber with { Pointer = $"#/members/{at}/nationalNumber" };
            }
        }

        return null;
    }

    public static async Task Write(
        Database database, HouseholdId household, IReadOnlyList<HouseholdMember>? members, Secrets secrets, CancellationToken cancel)
    {
        if (members is { Count: > 0 })
        {
            await database.Execute($"""
                insert into registry.household_member (household, position, name, relation, national_number_hash)
                select {household}, at, name, relation::registry.relation, decode(nullif(hash, ''), 'hex')
                  from unnest({members.Select(member => member.Name.Trim()).ToArray()},
                              {members.Select(member => member.Relation.ToString().ToLowerInvariant()).ToArray()},
                              {members.Select(member => member.NationalNumber?.Index(secrets) is { } hash ? Convert.ToHexString(hash) : "").ToArray()})
                       with ordinality as one (name, relation, hash, at)
                """, cancel);
        }
    }
}

/// <summary>Tells a household what somebody did for it.</summary>
internal static class Told
{
    /// <summary>The agent is named by the end of the telephone, which the household knows; the product keeps no list of agents' names.</summary>
    public static async Task<Notice> ByAgent(IPeople people, PersonId agent, Household household, string act, CancellationToken cancel)
    {
        var phone = await people.PhoneOf(agent, cancel) ?? "";
        return new Notice(
            "agent-acted", new Dictionary<string, string> { ["agent"] = phone.Length > 4 ? "…" + phone[^4..] : "?", ["act"] = act },
            household.Head, Language: household.Language);
    }
}
