using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Which certificates: those that meet every member that is present; at least one is. Always active or suspended ones of one's own body.</summary>
/// <param name="Scheme">Conformity scheme, for example <c>PLANT-BATCH</c>.</param>
/// <param name="Product">Product code.</param>
/// <param name="Territory">A territory and everything below it.</param>
/// <param name="Laboratory">The laboratory that tested the case.</param>
/// <param name="IssuedFrom">First instant of issue.</param>
/// <param name="IssuedUntil">Last instant of issue.</param>
/// <param name="KeyId">The key the label was signed with, 16 hexadecimal digits.</param>
public sealed record RevocationQuery(
    [TextLength(31, MinimumLength = 3)] string? Scheme = null, ProductCode? Product = null, TerritoryCode? Territory = null,
    OrganisationId? Laboratory = null, DateTimeOffset? IssuedFrom = null, DateTimeOffset? IssuedUntil = null,
    [RegularExpression("^[0-9a-f]{16}$")] string? KeyId = null)
{
    internal bool IsEmpty => this == new RevocationQuery();

    /// <summary>The certificates <c>c</c> it finds among an issuer's, with their cases <c>a</c>.</summary>
    internal Sql Found(OrganisationId issuer) => Sql.Of($"""
        from certification.certificate c join certification.application a on a.id = c.application
        where c.issuer = {issuer} and c.state in ('active', 'suspended')
          {(Scheme is { } scheme ? Sql.Of($"and c.scheme = {scheme}") : Sql.Of($""))}
          {(Product is { } product ? Sql.Of($"and c.product = {product}") : Sql.Of($""))}
          {(Territory is { } place ? Place.Within(place) : Sql.Of($""))}
          {(Laboratory is { } laboratory ? Sql.Of($"and a.laboratory = {laboratory}") : Sql.Of($""))}
          {(IssuedFrom is { } from ? Sql.Of($"and c.issued_at >= {from}") : Sql.Of($""))}
          {(IssuedUntil is { } until ? Sql.Of($"and c.issued_at <= {until}") : Sql.Of($""))}
          {(KeyId is { } key ? Sql.Of($"and c.key_id = {key}") : Sql.Of($""))}
        """);
}

/// <summary>A revocation as it was previewed, and whether it was carried out.</summary>
/// <param name="Id">The revocation.</param>
/// <param name="Query">What was asked.</param>
/// <param name="Reason">Why.</param>
/// <param name="Certificates">How many certificates it withdraws.</param>
/// <param name="Quantities">What they certified, per unit.</param>
/// <param name="Households">How many households they belong to.</param>
/// <param name="Orders">How many orders asked for, were promised or wait for these goods.</param>
/// <param name="Snapshot">SHA-256 over the certificates found and their versions, hexadecimal.</param>
/// <param name="PreparedBy">Who prepared it; somebody else confirms.</param>
/// <param name="PreparedAt">When.</param>
/// <param name="ConfirmedBy">Who confirmed it; absent until then.</param>
/// <param name="ConfirmedAt">When it was carried out.</param>
public sealed record RevocationDetails(
    Guid Id, RevocationQuery Query, string Reason, long Certificates, IReadOnlyList<Quantity> Quantities, long Households, long Orders, string Snapshot,
    PersonId PreparedBy, DateTimeOffset PreparedAt, PersonId? ConfirmedBy, DateTimeOffset? ConfirmedAt);

/// <summary>A revocation as the table keeps it.</summary>
internal sealed record Revocation(
    Guid Id, OrganisationId Issuer, string Query, string Reason, long Certificates, long Grams, long Millilitres, long Pieces, long Households, long Orders,
    byte[] Snapshot, PersonId PreparedBy, DateTimeOffset PreparedAt, PersonId? ConfirmedBy, DateTimeOffset? ConfirmedAt)
{
    public RevocationQuery Asked => JsonSerializer.Deserialize<RevocationQuery>(Query, Event.Json)!;

    public RevocationDetails Details => new(Id, Asked, Reason, Certificates,
        [.. new[] { new Quantity(Grams, "GRM"), new Quantity(Millilitres, "MLT"), new Quantity(Pieces, "H87") }.Where(quantity => quantity.Amount > 0)],
        Households, Orders, Convert.ToHexStringLower(Snapshot), PreparedBy, PreparedAt, ConfirmedBy, ConfirmedAt);

    /// <summary>A revocation of the actor's own body.</summary>
    public static Task<Revocation?> Find(Guid id, Database database, CancellationToken cancel) => database.Find<Revocation>($"""
        select id, issuer, query, reason, certificates, grams, millilitres, pieces, households, orders, snapshot, prepared_by, prepared_at, confirmed_by,
               confirmed_at
          from certification.revocation where id = {id} and issuer = {database.Actor.Organisation}
        """, cancel);

    /// <summary>What is hashed: ids in order, each with its version.</summary>
    /// <param name="found">Rows with <c>id</c> and <c>version</c>.</param>
    public static Sql Hash(Sql found) => Sql.Of($"""
        (select sha256(convert_to(coalesce(string_agg(id || ' ' || version, ',' order by id), ''), 'UTF8')) from {found})
        """);
}

/// <summary>GET /v1/revocations/{id}.</summary>
public static class GetRevocation
{
    internal static void Map(RouteGroupBuilder revocations) =>
        revocations.MapGet("/{id:guid}", Handle).WithName("getRevocation").Requires(Role.QualityManager, Role.DecisionMaker);

    /// <summary>Read a revocation of one's own body.</summary>
    public static async Task<Results<Ok<RevocationDetails>, ProblemHttpResult>> Handle(Guid id, Database database, CancellationToken cancel) =>
        Answer.Ok(await Revocation.Find(id, database, cancel) is { } revocation ? revocation.Details : (Outcome<RevocationDetails>)Refusal.NotFound);
}
