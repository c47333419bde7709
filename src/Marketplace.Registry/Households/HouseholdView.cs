using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Registry.Households;

/// <summary>An agent of a household.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="ValidFrom">From when.</param>
/// <param name="ValidUntil">Until when; at most two years.</param>
/// <param name="ConsentVersion">Version of the text the household agreed to.</param>
/// <param name="Channel">How it agreed.</param>
public sealed record HouseholdAgentDetails(
    PersonId Agent, DateTimeOffset ValidFrom, DateTimeOffset ValidUntil, string ConsentVersion, ConsentChannel Channel);

/// <summary>Where payouts to a household go.</summary>
/// <param name="Holder">Name of the account's holder.</param>
/// <param name="Iban">The account, masked to its last four characters.</param>
/// <param name="UsableFrom">Payouts use it from this instant: a changed account waits 72 hours, the first one does not wait.</param>
public sealed record PayoutAccountDetails(string Holder, string Iban, DateTimeOffset UsableFrom);

/// <summary>So much of what a household farms with.</summary>
/// <param name="Number">Number of the declaration: 1, 2, 3 …</param>
/// <param name="Kind">What.</param>
/// <param name="Amount">Square metres or heads.</param>
/// <param name="DeclaredAt">When it was declared.</param>
/// <param name="Confirmed">Whether the rural district confirmed it.</param>
public sealed record HoldingDetails(int Number, HoldingKind Kind, long Amount, DateTimeOffset DeclaredAt, bool Confirmed);

/// <summary>A household, as its own people, its agents and its rural district see it.</summary>
/// <param name="Id">The household.</param>
/// <param name="Number">The number people say and write: <c>H-000123</c>.</param>
/// <param name="Name">The head's name.</param>
/// <param name="Head">The head.</param>
/// <param name="Village">Where it farms.</param>
/// <param name="Stage">Where it stands.</param>
/// <param name="NationalNumber">The head's national number, masked to its last two digits.</param>
/// <param name="Language">Language of its messages: <c>kk</c>, <c>ru</c>, <c>ky</c> or <c>en</c>.</param>
/// <param name="Members">Members besides the head.</param>
/// <param name="Reasons">What is missing, while it is returned.</param>
/// <param name="Agents">Who may act for it now.</param>
/// <param name="PayoutAccount">Where payouts go; absent when it is paid in cash.</param>
/// <param name="Applicant">The applicant of record it named.</param>
/// <param name="ApplicantAcceptedAt">When that applicant accepted it; absent until then, and without one.</param>
/// <param name="RegisteredAt">When it was registered.</param>
/// <param name="Version">Row version, also the <c>ETag</c>.</param>
/// <param name="Holdings">The plots and animals it declared last; empty when it declared none.</param>
public sealed record HouseholdDetails(
    HouseholdId Id, string Number, string Name, PersonId Head, TerritoryCode Village, HouseholdStage Stage, NationalNumber NationalNumber,
    string Language, IReadOnlyList<HouseholdMember> Members, IReadOnlyList<string> Reasons, IReadOnlyList<HouseholdAgentDetails> Agents,
    PayoutAccountDetails? PayoutAccount, OrganisationId? Applicant, DateTimeOffset? ApplicantAcceptedAt, DateTimeOffset RegisteredAt, int Version,
    IReadOnlyList<HoldingDetails> Holdings);

/// <summary>Makes the view of one household.</summary>
internal static class HouseholdView
{
    public static async Task<HouseholdDetails> Of(HouseholdId id, Database database, Secrets secrets, CancellationToken cancel)
    {
        var row = (await database.Find<Row>($"""
            select id, number, name, head, village, stage, national_number_sealed, language, reasons, applicant, applicant_accepted_at, registered_at, version
              from registry.household where id = {id}
            """, cancel))!;
        var members = await database.List<Member>($"""
            select name, relation from registry.household_member where household = {id} order by position
            """, cancel);
        var agents = await database.List<HouseholdAgentDetails>($"""
            select a.agent, a.valid_from, a.valid_until, c.version as consent_version, c.channel
              from registry.household_agent a join registry.household_consent c on c.id = a.consent
             where a.household = {id} and a.revoked_at is null and a.valid_until > kernel.now() order by a.id
            """, cancel);
        var account = await database.Find<Account>($"""
            select holder, iban_tail, usable_from from registry.payout_account where household = {id} and ended_at is null
            """, cancel);
        var holdings = await database.List<HoldingDetails>($"""
            select number, kind, amount, declared_at, confirmed_at is not null as confirmed from registry.holding
             where household = {id} and amount > 0 and number = (select max(number) from registry.holding where household = {id}) order by kind
            """, cancel);
        return new HouseholdDetails(
            row.Id, row.Number, row.Name, row.Head, row.Village, row.Stage, NationalNumber.Opened(secrets, row.NationalNumberSealed, id.Value),
            row.Language, [.. members.Select(member => new HouseholdMember(member.Name, member.Relation))], row.Reasons,
            agents, account?.Details, row.Applicant, row.ApplicantAcceptedAt, row.RegisteredAt, row.Version, holdings);
    }

    internal sealed record Account(string Holder, string IbanTail, DateTimeOffset UsableFrom)
    {
        public PayoutAccountDetails Details => new(Holder, "****************" + IbanTail, UsableFrom);
    }

    private sealed record Member(string Name, HouseholdRelation Relation);

    private sealed record Row(
        HouseholdId Id, string Number, string Name, PersonId Head, TerritoryCode Village, HouseholdStage Stage, byte[] NationalNumberSealed,
        string Language, string[] Reasons, OrganisationId? Applicant, DateTimeOffset? ApplicantAcceptedAt, DateTimeOffset RegisteredAt, int Version);
}
