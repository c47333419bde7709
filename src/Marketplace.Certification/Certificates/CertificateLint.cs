using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>Everything a certificate is checked against before it leaves the signing transaction.</summary>
/// <param name="Case">What was decided on.</param>
/// <param name="Lot">The lot as Supply knows it; null when it does not.</param>
/// <param name="Decided">The quantity that was decided, in steps of the unit.</param>
/// <param name="Claims">What is to be signed.</param>
/// <param name="Label">The signed text.</param>
/// <param name="ReadBack">What the signed text says when read with the body's own public key; null when it cannot be read.</param>
internal sealed record Signing(
    SigningCase Case, LotCard? Lot, long Decided, LabelClaims Claims, string Label, LabelClaims? ReadBack);

/// <summary>
/// What is certified: the lot of a case, frozen at its submission, or one declared under the scope the case opened. <c>Now</c> is the instant of
/// the decision, <c>ScopeEnds</c> the end of the scope; validity and groups are the scheme's, <c>BodyAllowed</c> is the stop switch.
/// </summary>
internal sealed record SigningCase(
    CertificationApplicationId Application, Guid? Declaration, LotId Lot, HouseholdId Household, OrganisationId Applicant, OrganisationId Body,
    ProductCode Product, string RuleGroup, TerritoryCode Village, long Amount, string Unit, DateOnly ExpiresOn, string Scheme, int SchemeVersion,
    DateTimeOffset? ScopeEnds, SchemeKind Kind, int ValidityDays, string[] RuleGroups, bool BodyAllowed,
    DateTimeOffset Now)
{
    /// <summary><c>KZ</c> or <c>KG</c>.</summary>
    public string Country => Place.Country(Village);

    public static async Task<SigningCase> Of(CertificationApplicationId application, Guid? declaration, Database database, CancellationToken cancel) =>
        (await database.Find<SigningCase>($"""
            select {application}::uuid as application, {declaration}::uuid as declaration, b.lot, b.household, b.applicant, b.body, b.product, b.rule_group,
                   b.village, b.amount, b.unit, b.expires_on, b.scheme, b.scheme_version, b.until as scope_ends, s.kind, s.validity_days, s.rule_groups,
                   coalesce((select allowed from certification.issuance where body = b.body), false) as body_allowed, kernel.now() as now
              from certification.batch_of({application}, {declaration}) b
              join certification.scheme s on s.code = b.scheme and s.version = b.scheme_version
            """, cancel))!;
}

/// <summary>What is wrong with a certificate is found before anybody can scan it. The table's trigger checks the same as far as SQL sees it.</summary>
internal static class CertificateLint
{
    /// <summary>The longest text a label may have, so that a QR on a bag stays readable.</summary>
    public const int LongestLabel = 300;

    /// <summary>The checks in order; the first that finds something refuses.</summary>
    public static readonly IReadOnlyList<(Refusal Refusal, Func<Signing, bool> Wrong)> Checks =
    [
        (new Refusal("issuance-stopped", "This certification body may not issue now."), it => !it.Case.BodyAllowed),
        (new Refusal("lot-mismatch", "The lot is not the one that was decided."), it => it.Lot is not { } lot
            || (lot.Id, lot.Household, lot.Product, lot.Village, lot.Declared.Unit)
                != (it.Case.Lot, it.Case.Household, it.Case.Product, it.Case.Village, it.Case.Unit)
            || (it.Claims.Lot, it.Claims.Product, it.Claims.Village, it.Claims.Unit) != (lot.Id.Value, lot.Product.Value, lot.Village.Value, lot.Declared.Unit)),
        (new Refusal("scheme-not-for-product", "This scheme is not for this product."), it => !it.Case.RuleGroups.Contains(it.Case.RuleGroup)),
        (new Refusal("lot-expired", "The shelf life of this lot is over."), it => it.Claims.ValidUntil <= it.Claims.ValidFrom),
        (new Refusal("dates-wrong", "Validity begins with the decision and ends with the goods."), it =>
            it.Claims.ValidFrom > it.Case.Now || it.Claims.ValidFrom < it.Case.Now.AddSeconds(-1)
            || it.Claims.ValidUntil > it.Claims.ValidFrom.AddDays(it.Case.ValidityDays) || it.Claims.ValidUntil > it.Case.ScopeEnds
            || it.Claims.ValidUntil > Place.EndOf(it.Case.ExpiresOn, Place.Country(it.Case.Village))),
        (new Refusal("quantity-wrong", "The quantity is not the one that was decided."), it =>
            it.Claims.Amount < 1 || it.Claims.Amount != it.Decided || it.Claims.Amount > it.Case.Amount || it.Claims.Amount > it.Lot!.Declared.Amount),
        (new Refusal("label-too-long", "The label is longer than 300 characters."), it => it.Label.Length > LongestLabel),
        (new Refusal("label-mismatch", "The label does not say what was decided."), it => it.ReadBack != it.Claims),
    ];

    /// <summary>The first thing that is wrong, or null.</summary>
    public static Refusal? First(Signing signing) => Checks.FirstOrDefault(check => check.Wrong(signing)).Refusal;
}
