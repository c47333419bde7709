using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A scope certificate in the public register.</summary>
/// <param name="Number">Its number, for example <c>KZ-S-26-0001</c>.</param>
/// <param name="State">Its state now.</param>
/// <param name="Kind"><c>serial</c> for one household's production, <c>group</c> for the members of a group.</param>
/// <param name="Scheme">The conformity scheme.</param>
/// <param name="SchemeVersion">Its version.</param>
/// <param name="Product">Product code.</param>
/// <param name="Village">Where the production was seen.</param>
/// <param name="Applicant">The applicant of record; of a group, the group itself.</param>
/// <param name="Issuer">The certification body.</param>
/// <param name="ValidFrom">First instant of validity.</param>
/// <param name="ValidUntil">Last instant of validity.</param>
/// <param name="Batches">How many batches were certified under it.</param>
public sealed record ScopeDetails(
    string Number, ScopeState State, SchemeKind Kind, string Scheme, int SchemeVersion, ProductCode Product, TerritoryCode Village, OrganisationId Applicant,
    OrganisationId Issuer, DateTimeOffset ValidFrom, DateTimeOffset ValidUntil, long Batches);

/// <summary>GET /v1/scope-certificates/{number}.</summary>
public static class GetScope
{
    internal static void Map(RouteGroupBuilder scopes) => scopes.MapGet("/{number}", Handle).WithName("getScopeCertificate").Anyone();

    /// <summary>Read a scope certificate.</summary>
    /// <param name="number">For example <c>KZ-S-26-0001</c>.</param>
    public static async Task<Results<Ok<ScopeDetails>, ProblemHttpResult>> Handle(string number, Database database, CancellationToken cancel) =>
        Answer.Ok(await database.Find<ScopeRow>(ScopeRow.Where(Sql.Of($"s.number = {number}")), cancel) is { } row
            ? row.Details
            : (Outcome<ScopeDetails>)Refusal.NotFound);
}

/// <summary>A row of the register with what orders it.</summary>
internal sealed record ScopeRow(
    string Number, ScopeState State, SchemeKind Kind, string Scheme, int SchemeVersion, ProductCode Product, TerritoryCode Village, OrganisationId Applicant,
    OrganisationId Issuer, DateTimeOffset ValidFrom, DateTimeOffset ValidUntil, long Batches, Guid Id)
{
    /// <summary>The scopes <c>s</c> of a condition. Never whose household: a register tells the village.</summary>
    public static Sql Where(Sql condition) => Sql.Of($"""
        select s.number, {Scope.Shown} as state, s.kind, s.scheme, s.scheme_version, s.product, s.village, s.applicant, s.issuer, s.valid_from, s.valid_until,
               (select count(*) from certification.batch_declaration d where d.scope = s.id and d.verdict = 'pass') as batches, s.id
          from certification.scope s where {condition}
        """);

    public ScopeDetails Details =>
        new(Number, State, Kind, Scheme, SchemeVersion, Product, Village, Applicant, Issuer, ValidFrom, ValidUntil, Batches);
}
