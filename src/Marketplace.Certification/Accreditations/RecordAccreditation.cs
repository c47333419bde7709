using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>An accreditation of a certification body, as the accreditation centre's register shows it.</summary>
/// <param name="Body">The certification body.</param>
/// <param name="Number">Number in the register, 3 to 60 characters.</param>
/// <param name="Schemes">Codes of schemes or how they begin, 1 to 50.</param>
/// <param name="From">First day.</param>
/// <param name="Until">Last day.</param>
/// <param name="RuleGroups">Groups of products it covers, at most 100; absent for every group of these schemes.</param>
/// <param name="Territory">Everything below it; absent for anywhere.</param>
public sealed record AccreditationRecord(
    OrganisationId Body, [TextLength(60, MinimumLength = 3)] string Number, [MinLength(1), MaxLength(50)] IReadOnlyList<string> Schemes, DateOnly From,
    DateOnly Until, [MaxLength(100)] IReadOnlyList<string>? RuleGroups = null, TerritoryCode? Territory = null);

/// <summary>An accreditation.</summary>
/// <param name="Id">The accreditation.</param>
/// <param name="Body">The certification body.</param>
/// <param name="Number">Number in the register.</param>
/// <param name="Schemes">Codes of schemes or how they begin.</param>
/// <param name="RuleGroups">Groups of products; empty for every group of these schemes.</param>
/// <param name="Territory">Everything below it; absent for anywhere.</param>
/// <param name="From">First day.</param>
/// <param name="Until">Last day.</param>
/// <param name="Suspended">True while nothing may be issued under it.</param>
/// <param name="Reason">Why it was suspended or reinstated.</param>
public sealed record AccreditationDetails(
    Guid Id, OrganisationId Body, string Number, IReadOnlyList<string> Schemes, IReadOnlyList<string> RuleGroups, TerritoryCode? Territory,
    DateOnly From, DateOnly Until, bool Suspended, string? Reason);

/// <summary>POST /v1/accreditations.</summary>
public static class RecordAccreditation
{
    internal static void Map(RouteGroupBuilder accreditations) => accreditations.MapPost("", Handle).WithName("recordAccreditation")
        .Requires(stepUp: true, Role.PlatformAdministrator).Moves();

    /// <summary>Record an accreditation; from then on the body certifies only what its accreditations cover.</summary>
    /// <remarks>Without any a body certifies in sandbox tenants only. 400 `bad-dates`, `bad-scope`; 404 for another kind of organisation; 409
    /// `accreditation-known` for a number used before.</remarks>
    public static async Task<Results<Created<AccreditationDetails>, ProblemHttpResult>> Handle(
        AccreditationRecord record, Database database, IOrganisations organisations, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(record);
        return Answer.Created(await Record(record, database, organisations, cancel), one => $"/v1/accreditations?body={one.Body}");
    }

    internal static async Task<Outcome<AccreditationDetails>> Record(
        AccreditationRecord record, Database database, IOrganisations organisations, CancellationToken cancel)
    {
        if ((await organisations.Of([record.Body], cancel)).GetValueOrDefault(record.Body) is not { Kind: OrganisationKind.CertificationBody })
        {
            return Refusal.NotFound;
        }

        if (record.Until < record.From)
        {
            return Refusal.Invalid("#/until", "bad-dates", "It ends before it starts.");
        }

        // An empty beginning would cover every scheme there is or will be.
        if (record.Schemes.Concat(record.RuleGroups ?? []).Any(code => code.Length is 0 or > 60))
        {
            return Refusal.Invalid("#/schemes", "bad-scope", "A code in the scope has 1 to 60 characters.");
        }

        var id = Guid.CreateVersion7();
        var happened = new AccreditationRecorded(id, record.Body);
        await database.Execute($"""
            with recorded as (
                insert into certification.accreditation (id, body, number, schemes, rule_groups, territory, valid_from, valid_until)
                values ({id}, {record.Body}, {record.Number}, {record.Schemes.ToArray()}, {(record.RuleGroups ?? []).ToArray()}, {record.Territory},
                        {record.From}, {record.Until})
                returning id)
            select kernel.append(id, {nameof(AccreditationRecorded)}, {Event.Text(happened)}) from recorded
            """, cancel);
        return (await ListAccreditations.Find(id, database, cancel))!;
    }
}

internal sealed record AccreditationRecorded(Guid Accreditation, OrganisationId Body);
