using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Registry.Households;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Organisations;

/// <summary>An organisation to be registered.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name, 2 to 200 characters.</param>
/// <param name="Territory">Its seat, or the territory of its duty.</param>
/// <param name="Bin">Business identification number of Kazakhstan, 12 digits with check digit; absent elsewhere.</param>
/// <param name="Iban">Its bank account (IBAN of Kazakhstan).</param>
/// <param name="FeeBasisPoints">The fee a co-operative takes as applicant of record, in 1/10,000 of the goods' value; 0 to 3,000, 0 by default.</param>
public sealed record OrganisationRegistration(
    OrganisationKind Kind, [TextLength(200, MinimumLength = 2)] string Name, TerritoryCode Territory,
    [TextLength(20, MinimumLength = 12)] string? Bin = null, [TextLength(40, MinimumLength = 15)] string? Iban = null,
    [Range(0, 3000)] int FeeBasisPoints = 0);

/// <summary>An organisation.</summary>
/// <param name="Id">The organisation.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="Territory">Its seat, or the territory of its duty.</param>
/// <param name="Bin">Business identification number of Kazakhstan.</param>
/// <param name="FeeBasisPoints">The fee it takes as applicant of record, in 1/10,000 of the goods' value.</param>
/// <param name="RegisteredAt">When it was registered.</param>
public sealed record OrganisationDetails(
    OrganisationId Id, OrganisationKind Kind, string Name, TerritoryCode Territory, string? Bin, int FeeBasisPoints, DateTimeOffset RegisteredAt);

/// <summary>Registers an organisation.</summary>
public static class RegisterOrganisation
{
    internal static void Map(RouteGroupBuilder organisations) =>
        organisations.MapPost("", Handle).WithName("registerOrganisation").Requires(Role.PlatformAdministrator);

    /// <summary>Register an organisation.</summary>
    /// <remarks>400 `unknown-territory`, `bad-bin`, `bad-iban`; 409 `bin-taken`; 409 `fee-without-duty` for a fee of anybody but a
    /// co-operative.</remarks>
    public static async Task<Results<Created<OrganisationDetails>, ProblemHttpResult>> Handle(
        OrganisationRegistration registration, Database database, CancellationToken cancel) =>
        Answer.Created(await Register(registration, database, cancel), one => $"/v1/organisations/{one.Id}");

    internal static async Task<Outcome<OrganisationDetails>> Register(
        OrganisationRegistration registration, Database database, CancellationToken cancel)
    {
        var bin = registration.Bin?.Replace(" ", "", StringComparison.Ordinal);
        if (bin is not null && (bin.Length != 12 || !NationalNumber.Typed(bin).MayExistIn("KZ")))
        {
            return Refusal.Invalid("#/bin", "bad-bin", "A BIN has 12 digits and a fitting check digit.");
        }

        var iban = registration.Iban is { } typed ? Iban.Normal(typed) : null;
        if (registration.Iban is not null && iban is null)
        {
            return Refusal.Invalid("#/iban", "bad-iban", "This is not an account number of Kazakhstan.");
        }

        if (!await database.Value<bool>($"select exists (select from registry.territory where code = {registration.Territory})", cancel))
        {
            return Refusal.Invalid("#/territory", "unknown-territory", "There is no such territory.");
        }

        var id = OrganisationId.New();
        var happened = new OrganisationRegistered(id, registration.Kind, registration.Territory);
        await database.Execute($"""
            with made as (
                insert into registry.organisation (id, kind, name, bin, territory, iban, fee_basis_points, registered_by)
                values ({id}, {registration.Kind}, {registration.Name.Trim()}, {bin}, {registration.Territory}, {iban},
                        {registration.FeeBasisPoints}, {database.Actor.Person})
                returning id)
            select kernel.append(id, {nameof(OrganisationRegistered)}, {Event.Text(happened)}) from made
            """, cancel);
        return await ReadOrganisation.Read(id, database, cancel);
    }
}
