using Marketplace.Kernel;

namespace Marketplace.Contracts;

/// <summary>Level of a territory in its tree.</summary>
[DatabaseEnum("registry.territory_level")]
public enum TerritoryLevel
{
    /// <summary>Kazakhstan or Kyrgyzstan.</summary>
    Country,

    /// <summary>Oblast, or a city of republican rank.</summary>
    Oblast,

    /// <summary>District, or a city of oblast rank.</summary>
    District,

    /// <summary>Rural district (okrug, aiyl aimagy) or town.</summary>
    Okrug,

    /// <summary>Village or other settlement.</summary>
    Village,
}

/// <summary>A territory with its place in the tree.</summary>
/// <param name="Code">The territory.</param>
/// <param name="Level">Its level.</param>
/// <param name="NameKk">Name in the state language (Kazakh or Kyrgyz).</param>
/// <param name="NameRu">Name in Russian.</param>
/// <param name="Country"><c>KZ</c> or <c>KG</c>.</param>
/// <param name="Path">Codes from the country down to the territory itself.</param>
/// <param name="Latitude">Degrees; null when unknown.</param>
/// <param name="Longitude">Degrees; null when unknown.</param>
public sealed record TerritoryPlace(
    TerritoryCode Code, TerritoryLevel Level, string NameKk, string NameRu, string Country, TerritoryCode[] Path, double? Latitude, double? Longitude);

/// <summary>Questions to Registry about territories.</summary>
public interface ITerritories
{
    /// <summary>The territories of these codes; unknown ones are left out.</summary>
    Task<IReadOnlyDictionary<TerritoryCode, TerritoryPlace>> Places(IReadOnlyCollection<TerritoryCode> codes, CancellationToken cancel);
}

/// <summary>What other modules know of a household.</summary>
/// <param name="Id">The household.</param>
/// <param name="Number">The number people say and write: <c>H-000123</c>.</param>
/// <param name="Village">Where it farms.</param>
/// <param name="Head">The person who registered it.</param>
/// <param name="MayDeclare">True while it may declare lots.</param>
/// <param name="MayBeAllocated">True once the rural district confirmed it: only then is it asked to fill orders.</param>
/// <param name="Applicant">The applicant of record for its certificates and invoices, when it named one.</param>
/// <param name="ApplicantAccepted">Whether that applicant accepted it; false by default and without an applicant.</param>
public sealed record HouseholdCard(
    HouseholdId Id, string Number, TerritoryCode Village, PersonId Head, bool MayDeclare, bool MayBeAllocated, OrganisationId? Applicant,
    bool ApplicantAccepted = false);

/// <summary>Questions to Registry about households.</summary>
public interface IHouseholds
{
    /// <summary>
    /// The household, if the actor may act for it: its own member, an agent or manager with a consent that is valid now. Marks the unit of
    /// work as acting for it. Anything else is <see cref="Refusal.NotFound"/>.
    /// </summary>
    Task<Outcome<HouseholdCard>> ToActFor(HouseholdId household, CancellationToken cancel);

    /// <summary>The households of these ids; unknown ones are left out.</summary>
    Task<IReadOnlyDictionary<HouseholdId, HouseholdCard>> Of(IReadOnlyCollection<HouseholdId> households, CancellationToken cancel);

    /// <summary>Where payouts to these households go; a household without an account is paid in cash.</summary>
    Task<IReadOnlyDictionary<HouseholdId, PayoutAccount>> PayoutAccounts(IReadOnlyCollection<HouseholdId> households, CancellationToken cancel);
}

/// <summary>A household's bank account.</summary>
/// <param name="Household">The household.</param>
/// <param name="Holder">Name of the holder, for the bank file.</param>
/// <param name="Iban">IBAN without spaces.</param>
/// <param name="UsableFrom">Payouts may use it from this instant: a changed account waits 72 hours.</param>
public sealed record PayoutAccount(HouseholdId Household, string Holder, string Iban, DateTimeOffset UsableFrom);

/// <summary>Kind of an organisation.</summary>
[DatabaseEnum("registry.organisation_kind")]
public enum OrganisationKind
{
    /// <summary>Co-operative or procurement enterprise: applicant of record and aggregator.</summary>
    Cooperative,

    /// <summary>Certification body.</summary>
    CertificationBody,

    /// <summary>Testing laboratory.</summary>
    Laboratory,

    /// <summary>Retail chain or public buyer.</summary>
    Chain,

    /// <summary>Akimat of a district or rural district.</summary>
    Akimat,

    /// <summary>Project office or the platform's operator.</summary>
    ProjectOffice,
}

/// <summary>What other modules know of an organisation.</summary>
/// <param name="Id">The organisation.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Name">Its name.</param>
/// <param name="Territory">Its seat, or the territory of its duty.</param>
/// <param name="Iban">Its bank account, when known.</param>
/// <param name="FeeBasisPoints">The fee it takes as applicant of record, in 1/10,000 of the goods' value; 0 to 3,000.</param>
public sealed record OrganisationCard(OrganisationId Id, OrganisationKind Kind, string Name, TerritoryCode Territory, string? Iban, int FeeBasisPoints);

/// <summary>Questions to Registry about organisations.</summary>
public interface IOrganisations
{
    /// <summary>The organisations of these ids; unknown ones are left out.</summary>
    Task<IReadOnlyDictionary<OrganisationId, OrganisationCard>> Of(IReadOnlyCollection<OrganisationId> organisations, CancellationToken cancel);

    /// <summary>Every organisation of a kind, oldest first.</summary>
    Task<IReadOnlyList<OrganisationCard>> OfKind(OrganisationKind kind, CancellationToken cancel);
}

/// <summary>A household was registered.</summary>
public sealed record HouseholdRegistered(HouseholdId Household, TerritoryCode Village);

/// <summary>The rural district confirmed a household.</summary>
public sealed record HouseholdConfirmed(HouseholdId Household, TerritoryCode Village);

/// <summary>The rural district sent a household back; what is missing stands on the household.</summary>
public sealed record HouseholdReturned(HouseholdId Household, TerritoryCode Village);

/// <summary>A returned household was sent again.</summary>
public sealed record HouseholdResubmitted(HouseholdId Household, TerritoryCode Village);

/// <summary>Nobody answered within five working days: the household may declare lots but is not asked to fill orders.</summary>
public sealed record HouseholdPassedInSilence(HouseholdId Household, TerritoryCode Village);

/// <summary>A returned household was not sent again in time.</summary>
public sealed record HouseholdLapsed(HouseholdId Household, TerritoryCode Village);

/// <summary>An officer decided about a possible second registration of one person.</summary>
public sealed record HouseholdMergeReviewed(HouseholdId Household, TerritoryCode Village, bool KeptSeparate);

/// <summary>A household lets an agent act for it.</summary>
public sealed record AgentAppointed(HouseholdId Household, PersonId Agent, DateTimeOffset ValidUntil);

/// <summary>An agent no longer acts for a household.</summary>
public sealed record AgentRevoked(HouseholdId Household, PersonId Agent);

/// <summary>A household named another account for its payouts.</summary>
public sealed record PayoutAccountChanged(HouseholdId Household, DateTimeOffset UsableFrom);

/// <summary>A household joined an applicant of record, or left it when there is none.</summary>
public sealed record ApplicantChosen(HouseholdId Household, OrganisationId? Applicant);

/// <summary>A co-operative accepted to be a household's applicant of record.</summary>
/// <param name="Household">The household.</param>
/// <param name="Applicant">The co-operative.</param>
public sealed record ApplicantAccepted(HouseholdId Household, OrganisationId Applicant);

/// <summary>An organisation was registered.</summary>
public sealed record OrganisationRegistered(OrganisationId Organisation, OrganisationKind Kind, TerritoryCode Territory);

/// <summary>A territory became part of another one of its level; its places moved, its code is an alias now.</summary>
/// <param name="From">The territory that ended, or goes on as a village of the other one.</param>
/// <param name="Into">The territory that goes on.</param>
/// <param name="On">The first day of the new boundaries.</param>
public sealed record TerritoriesMerged(TerritoryCode From, TerritoryCode Into, DateOnly On);
