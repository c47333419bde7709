using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Identity.People;

/// <summary>Answers other modules' questions about people.</summary>
internal sealed class PeopleQuestions(Database database, Secrets secrets) : IPeople
{
    public async Task<IReadOnlyList<PersonId>> Holding(
        string role, OrganisationId? organisation, TerritoryCode? territory, CancellationToken cancel) =>
        await database.List<PersonId>($"""
            select distinct person_id from identity.role_assignment
             where tenant_id = kernel.tenant() and role = {role} and valid_from <= kernel.now() and (valid_until is null or valid_until > kernel.now())
               and ({organisation}::uuid is null or organisation_id = {organisation}) and ({territory}::text is null or territory = {territory})
             order by person_id
            """, cancel);

    public async Task Grant(
        PersonId person, string role, OrganisationId? organisation, HouseholdId? household, TerritoryCode? territory, CancellationToken cancel) =>
        await database.Execute($"""
            with granted as (
                insert into identity.role_assignment (person_id, role, organisation_id, territory)
                values ({person}, {role}, {organisation}, {territory}) on conflict do nothing returning person_id)
            update identity.person set stamp = stamp + 1, household_id = coalesce({household}, household_id)
             where id = {person} and (exists (select from granted) or household_id is distinct from coalesce({household}, household_id))
            """, cancel);

    public async Task<string?> PhoneOf(PersonId person, CancellationToken cancel) =>
        await database.Value<byte[]>($"select phone_sealed from identity.person where id = {person}", cancel) is { } sealedPhone
            ? secrets.Open("phone", sealedPhone, person.Value)
            : null;

    public Task<KnownPerson?> Behind(string phone, CancellationToken cancel) => database.Find<KnownPerson>($"""
        select id as person, household_id as household from identity.person where tenant_id = kernel.tenant() and phone_hash = {secrets.Hmac("phone", phone)}
        """, cancel);

    public async Task<PersonId> OfPhone(string phone, CancellationToken cancel)
    {
        var id = Guid.CreateVersion7();
        var hash = secrets.Hmac("phone", phone);
        var known = await database.Value<Guid?>($"""
            with made as (
                insert into identity.person (id, phone_hash, phone_sealed) values ({id}, {hash}, {secrets.Seal("phone", phone, id)})
                    on conflict do nothing returning id)
            select coalesce((select id from made), (select id from identity.person where tenant_id = kernel.tenant() and phone_hash = {hash}))
            """, cancel);

        // Null only when somebody else made the same person in this very moment: their row is visible to the next statement.
        known ??= await database.Value<Guid?>($"select id from identity.person where tenant_id = kernel.tenant() and phone_hash = {hash}", cancel);
        return PersonId.From(known!.Value);
    }

    public async Task<bool> Identify(PersonId person, byte[] nationalNumberHash, byte[]? instead, CancellationToken cancel) =>
        await database.Execute($"""
            update identity.person set national_number_hash = {nationalNumberHash}
             where id = {person} and coalesce(national_number_hash, {nationalNumberHash}) in ({nationalNumberHash}, {instead})
            """, cancel) == 1;
}
