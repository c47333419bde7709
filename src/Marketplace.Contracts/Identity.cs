namespace Marketplace.Contracts;

/// <summary>Somebody known by a telephone.</summary>
/// <param name="Person">The person.</param>
/// <param name="Household">Their household; null when they belong to none.</param>
public sealed record KnownPerson(PersonId Person, HouseholdId? Household);

/// <summary>Questions to Identity: people, their roles and telephones.</summary>
public interface IPeople
{
    /// <summary>People who hold a role now, in an organisation or territory when one is named; in a stable order.</summary>
    Task<IReadOnlyList<PersonId>> Holding(string role, OrganisationId? organisation, TerritoryCode? territory, CancellationToken cancel);

    /// <summary>Gives a person a role from now on; repeating it changes nothing.</summary>
    Task Grant(PersonId person, string role, OrganisationId? organisation, HouseholdId? household, TerritoryCode? territory, CancellationToken cancel);

    /// <summary>The telephone of a person in E.164, for sending a message; null when unknown.</summary>
    Task<string?> PhoneOf(PersonId person, CancellationToken cancel);

    /// <summary>Who is known by a telephone, with the household they belong to; null when nobody is.</summary>
    /// <param name="phone">E.164.</param>
    Task<KnownPerson?> Behind(string phone, CancellationToken cancel);

    /// <summary>The person behind a telephone, made when there is none yet.</summary>
    /// <param name="phone">E.164.</param>
    Task<PersonId> OfPhone(string phone, CancellationToken cancel);

    /// <summary>Says which human a person is, so that two telephones of one human are known as one. False when another number is known already.</summary>
    /// <param name="nationalNumberHash">The keyed hash of the national number, 32 bytes.</param>
    /// <param name="instead">The hash of a number that was wrong and is corrected now.</param>
    Task<bool> Identify(PersonId person, byte[] nationalNumberHash, byte[]? instead, CancellationToken cancel);
}
