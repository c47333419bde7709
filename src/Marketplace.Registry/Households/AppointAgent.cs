using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Registry.Consents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Households;

/// <summary>An agent to act for a household.</summary>
/// <param name="Agent">The agent: a person with the role <c>village_agent</c>.</param>
/// <param name="ConsentVersion">Version of the agent text that was agreed to, from <c>GET /v1/consent-texts</c>.</param>
/// <param name="ValidUntil">When the consent ends, at most two years from now.</param>
/// <param name="Language">The language the text was read in: <c>kk</c>, <c>ru</c> (the default), <c>ky</c> or <c>en</c>.</param>
public sealed record HouseholdAgentAppointment(
    PersonId Agent, [TextLength(20, MinimumLength = 1)] string ConsentVersion, DateTimeOffset ValidUntil,
    [RegularExpression("^(kk|ru|ky|en)$")] string Language = "ru");

/// <summary>A household lets an agent act for it.</summary>
public static class AppointAgent
{
    internal static void Map(RouteGroupBuilder households) =>
        households.MapPost("/{id}/agents", Handle).WithName("appointAgent").InPersonOnly().RequiresSignIn().Moves();

    /// <summary>Let an agent act for your household.</summary>
    /// <remarks>400 `unknown-consent-text`, `bad-term`, `unknown-agent` for a person who is no village agent; 404 `not-found` unless you head the
    /// household; 409 `agent-already-appointed`.</remarks>
    public static async Task<Results<Created<HouseholdAgentDetails>, ProblemHttpResult>> Handle(
        HouseholdId id, HouseholdAgentAppointment appointment, Database database, IPeople people, TimeProvider clock, CancellationToken cancel) =>
        Answer.Created(await Appoint(id, appointment, database, people, clock, cancel), _ => $"/v1/households/{id}");

    internal static async Task<Outcome<HouseholdAgentDetails>> Appoint(
        HouseholdId id, HouseholdAgentAppointment appointment, Database database, IPeople people, TimeProvider clock, CancellationToken cancel)
    {
        if (!await Own.Holds(database, id, cancel))
        {
            return Refusal.NotFound;
        }

        var now = clock.GetUtcNow();
        if (appointment.ValidUntil <= now || appointment.ValidUntil > now.AddYears(2))
        {
            return Refusal.Invalid("#/validUntil", "bad-term", "An agent's term ends within two years from now.");
        }

        if (!await Consent.Stands(database, ConsentPurpose.Agent, appointment.ConsentVersion, appointment.Language, cancel))
        {
            return Refusal.Invalid("#/consentVersion", "unknown-consent-text", "There is no such consent text in force.");
        }

        var agents = await people.Holding(Role.VillageAgent, null, null, cancel);
        if (!agents.Contains(appointment.Agent) || appointment.Agent.Value == database.Actor.Person)
        {
            return Refusal.Invalid("#/agent", "unknown-agent", "This person is not a village agent.");
        }

        // A term that ran out makes room for a new one.
        await database.Execute($"""
            update registry.household_agent set revoked_at = valid_until
             where household = {id} and agent = {appointment.Agent} and revoked_at is null and valid_until <= kernel.now()
            """, cancel);
        var happened = new AgentAppointed(id, appointment.Agent, appointment.ValidUntil);
        await database.Execute($"""
            with agreed as (
                insert into registry.household_consent (household, purpose, version, language, channel, recorded_by)
                values ({id}, {ConsentPurpose.Agent}, {appointment.ConsentVersion}, {appointment.Language}, {ConsentChannel.OwnSession},
                        {database.Actor.Person})
                returning id),
            made as (
                insert into registry.household_agent (id, household, agent, consent, valid_until)
                select {Guid.CreateVersion7()}, {id}, {appointment.Agent}, id, {appointment.ValidUntil} from agreed returning household)
            select kernel.append(household, {nameof(AgentAppointed)}, {Event.Text(happened)}) from made
            """, cancel);
        return new HouseholdAgentDetails(appointment.Agent, now, appointment.ValidUntil, appointment.ConsentVersion, ConsentChannel.OwnSession);
    }
}

/// <summary>Acts that belong to the head alone, never to an agent: who acts for it, where its money goes.</summary>
internal static class Own
{
    public static Task<bool> Holds(Database database, HouseholdId id, CancellationToken cancel) => database.Value<bool>($"""
        select exists (select from registry.household where id = {id} and head = {database.Actor.Person} and stage <> 'closed')
        """, cancel);
}
