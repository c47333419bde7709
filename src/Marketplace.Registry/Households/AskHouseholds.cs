using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Registry.Households;

/// <summary>Answers other modules' questions about households.</summary>
internal sealed class AskHouseholds(Database database, Secrets secrets) : IHouseholds
{
    public async Task<Outcome<HouseholdCard>> ToActFor(HouseholdId household, CancellationToken cancel)
    {
        var actor = database.Actor;
        var manages = actor.Roles.Contains(Role.CooperativeManager) ? actor.Organisation : null;
        var row = await database.Find<Row>($"""
            select h.id, h.number, h.village, h.head, h.stage, h.applicant, h.applicant_accepted_at
              from registry.household h
             where h.id = {household} and h.stage <> 'closed'
               and (h.head = {actor.Person} or h.id = {actor.Household} or h.applicant = {manages}
                    or {actor.Roles.Contains(Role.VillageAgent)} and exists (select from registry.household_agent a
                                where a.household = h.id and a.agent = {actor.Person} and a.revoked_at is null
                                  and a.valid_from <= kernel.now() and a.valid_until > kernel.now()))
            """, cancel);
        if (row is null)
        {
            return Refusal.NotFound;
        }

        if (row.Head.Value != actor.Person && household.Value != actor.Household)
        {
            await database.ActFor(household.Value, cancel);
        }

        return row.Card();
    }

    public async Task<IReadOnlyDictionary<HouseholdId, HouseholdCard>> Of(IReadOnlyCollection<HouseholdId> households, CancellationToken cancel)
    {
        if (households.Count == 0)
        {
            return new Dictionary<HouseholdId, HouseholdCard>();
        }

        var rows = await database.List<Row>($"""
            select id, number, village, head, stage, applicant, applicant_accepted_at from registry.household where id = any({households.ToArray()})
            """, cancel);
        return rows.ToDictionary(row => row.Id, row => row.Card());
    }

    public async Task<IReadOnlyDictionary<HouseholdId, PayoutAccount>> PayoutAccounts(
        IReadOnlyCollection<HouseholdId> households, CancellationToken cancel)
    {
        if (households.Count == 0)
        {
            return new Dictionary<HouseholdId, PayoutAccount>();
        }

        var rows = await database.List<Account>($"""
            select id, household, holder, iban_sealed, usable_from from registry.payout_account
             where household = any({households.ToArray()}) and ended_at is null
            """, cancel);
        return rows.ToDictionary(row => row.Household, row => new PayoutAccount(
            row.Household, row.Holder, secrets.Open("iban", row.IbanSealed, row.Id), row.UsableFrom));
    }

    private sealed record Row(
        HouseholdId Id, string Number, TerritoryCode Village, PersonId Head, HouseholdStage Stage, OrganisationId? Applicant, DateTimeOffset? ApplicantAcceptedAt)
    {
        public HouseholdCard Card() =>
            new(Id, Number, Village, Head, Household.MayDeclare(Stage), Stage == HouseholdStage.Active, Applicant, ApplicantAcceptedAt is not null);
    }

    private sealed record Account(Guid Id, HouseholdId Household, string Holder, byte[] IbanSealed, DateTimeOffset UsableFrom);
}
