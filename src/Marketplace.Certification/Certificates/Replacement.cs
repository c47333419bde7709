using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A proposal to replace a certificate by one that covers the same or less.</summary>
/// <param name="Id">The proposal.</param>
/// <param name="Certificate">Serial of the certificate to be replaced.</param>
/// <param name="Quantity">What the new one would certify.</param>
/// <param name="ValidUntil">Until when.</param>
/// <param name="Reason">Why.</param>
/// <param name="ProposedBy">Who proposed it; somebody else decides.</param>
/// <param name="ProposedAt">When.</param>
/// <param name="Approved">The decision; absent before it.</param>
/// <param name="DecisionReason">Its reason.</param>
/// <param name="DecidedBy">Who decided.</param>
/// <param name="DecidedAt">When.</param>
/// <param name="Successor">Serial of the new certificate; absent unless approved.</param>
public sealed record ReplacementDetails(
    Guid Id, string Certificate, Quantity Quantity, DateTimeOffset ValidUntil, string Reason, PersonId ProposedBy, DateTimeOffset ProposedAt, bool? Approved,
    string? DecisionReason, PersonId? DecidedBy, DateTimeOffset? DecidedAt, string? Successor);

/// <summary>A replacement as the table keeps it.</summary>
internal sealed record Replacement(
    Guid Id, string Certificate, long Amount, string Unit, DateTimeOffset ValidUntil, string Reason, PersonId ProposedBy, DateTimeOffset ProposedAt,
    bool? Approved, string? DecisionReason, PersonId? DecidedBy, DateTimeOffset? DecidedAt, string? Successor)
{
    public ReplacementDetails Details => new(Id, Certificate, new Quantity(Amount, Unit), ValidUntil, Reason, ProposedBy, ProposedAt, Approved, DecisionReason,
        DecidedBy, DecidedAt, Successor);

    public static Task<List<Replacement>> Of(CertificateId certificate, Database database, CancellationToken cancel) => database.List<Replacement>($"""
        select r.id, c.serial as certificate, r.amount, c.unit, r.valid_until, r.reason, r.proposed_by, r.proposed_at, r.approved, r.decision_reason,
               r.decided_by, r.decided_at, case when r.approved then (select n.serial from certification.certificate n where n.replaces = c.id) end as successor
          from certification.replacement r join certification.certificate c on c.id = r.certificate where c.id = {certificate} order by r.id
        """, cancel);

    /// <summary>Nobody who evaluated a case, and nobody of the household, has a say in replacing its certificate; the table refuses the same.</summary>
    public static async Task<Refusal?> OwnWork(Certificate certificate, Database database, CancellationToken cancel) => await database.Value<bool>($"""
        select exists (
            select from certification.certificate c where c.id = {certificate.Id} and (c.household = {database.Actor.Household} or exists (
                select from certification.participation p
                 where p.application = c.application and p.person = {database.Actor.Person} and p.part::text not in ('decision_maker', 'quality_manager'))))
        """, cancel) ? CaseWork.OwnWork : null;
}

/// <summary>GET /v1/certificates/{serial}/replacements.</summary>
public static class ListReplacements
{
    internal static void Map(RouteGroupBuilder certificates) => certificates.MapGet("/{serial}/replacements", Handle).WithName("listReplacements")
        .Requires(Role.QualityManager, Role.DecisionMaker);

    /// <summary>List what was proposed to replace a certificate of one's own body, oldest first.</summary>
    /// <param name="serial">For example <c>KZ-26-000123-7</c>.</param>
    public static async Task<Results<Ok<IReadOnlyList<ReplacementDetails>>, ProblemHttpResult>> Handle(
        string serial, Database database, CancellationToken cancel) =>
        Serial.IsWellFormed(serial) && await Certificate.FindIssued(serial, database, cancel) is { } certificate
            ? TypedResults.Ok<IReadOnlyList<ReplacementDetails>>((await Replacement.Of(certificate.Id, database, cancel)).ConvertAll(one => one.Details))
            : Problems.From(Refusal.NotFound);
}
