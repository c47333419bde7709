using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>Everything a certificate is checked against before it leaves the signing transaction.</summary>
/// <param name="Case">What was decided on.</param>
/// <param name="Lot">The lot as Supply knows it; null when it does not.</param>
/// <param name="Decided">The quantity that was decided, in steps of the unit.</param>
/// <param name="Scheme">What the scheme's version says.</param>
/// <param name="BodyAllowed">Whether the body may issue now.</param>
/// <param name="Claims">What is to be signed.</param>
/// <param name="Label">The signed text.</param>
/// <param name="ReadBack">What the signed text says when read with the body's own public key; null when it cannot be read.</param>
internal sealed record Signing(
    SigningCase Case, LotCard? Lot, long Decided, SigningTerms Scheme, bool BodyAllowed, LabelClaims Claims, string Label, LabelClaims? ReadBack);

/// <summary>What a case says of its lot, frozen at its submission; <c>Now</c> is the instant of the decision.</summary>
internal sealed record SigningCase(
    LotId Lot, HouseholdId Household, ProductCode Product, string RuleGroup, TerritoryCode Village, long Amount, string Unit, DateOnly ExpiresOn, DateTimeOffset Now)
{
    public static SigningCase Of(CertificationApplication application) => new(application.Lot, application.Household, application.Product,
        application.RuleGroup, application.Village, application.Amount, application.Unit, application.ExpiresOn, application.Now);
}

/// <summary>What a scheme's version says about its certificates.</summary>
internal sealed record SigningTerms(int ValidityDays, string[] RuleGroups);

/// <summary>What is wrong with a certificate is found before anybody can scan it. The table's trigger checks the same as far as SQL sees it.</summary>
internal static class CertificateLint
{
    /// <summary>The longest text a label may have, so that a QR on a bag stays readable.</summary>
    public const int LongestLabel = 300;

    /// <summary>The checks in order; the first that finds something refuses.</summary>
    public static readonly IReadOnlyList<(Refusal Refusal, Func<Signing, bool> Wrong)> Checks =
    [
        (new Refusal("issuance-stopped", "This certification body may not issue now."), it => !it.BodyAllowed),
        (new Refusal("lot-mismatch", "The lot is not the one that was decided."), it => it.Lot is not { } lot
            || (lot.Id, lot.Household, lot.Product, lot.Village, lot.Declared.Unit)
                != (it.Case.Lot, it.Case.Household, it.Case.Product, it.Case.Village, it.Case.Unit)
            || (it.Claims.Lot, it.Claims.Product, it.Claims.Village, it.Claims.Unit) != (lot.Id.Value, lot.Product.Value, lot.Village.Value, lot.Declared.Unit)),
        (new Refusal("scheme-not-for-product", "This scheme is not for this product."), it => !it.Scheme.RuleGroups.Contains(it.Case.RuleGroup)),
        (new Refusal("lot-expired", "The shelf life of this lot is over."), it => it.Claims.ValidUntil <= it.Claims.ValidFrom),
        (new Refusal("dates-wrong", "Validity begins with the decision and ends with the goods."), it =>
            it.Claims.ValidFrom > it.Case.Now || it.Claims.ValidFrom < it.Case.Now.AddSeconds(-1)
            || it.Claims.ValidUntil > it.Claims.ValidFrom.AddDays(it.Scheme.ValidityDays)
            || it.Claims.ValidUntil > Place.EndOf(it.Case.ExpiresOn, Place.Country(it.Case.Village))),
        (new Refusal("quantity-wrong", "The quantity is not the one that was decided."), it =>
            it.Claims.Amount < 1 || it.Claims.Amount != it.Decided || it.Claims.Amount > it.Case.Amount || it.Claims.Amount > it.Lot!.Declared.Amount),
        (new Refusal("label-too-long", "The label is longer than 300 characters."), it => it.Label.Length > LongestLabel),
        (new Refusal("label-mismatch", "The label does not say what was decided."), it => it.ReadBack != it.Claims),
    ];

    /// <summary>The first thing that is wrong, or null.</summary>
    public static Refusal? First(Signing signing) => Checks.FirstOrDefault(check => check.Wrong(signing)).Refusal;
}
