using Marketplace.Certification;
using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Tests.Certification;

public sealed class CertificateLintTests
{
    private static readonly DateTimeOffset Now = new(2026, 9, 1, 9, 30, 0, TimeSpan.Zero);
    private static readonly LotId Lot = LotId.New();
    private static readonly HouseholdId Household = HouseholdId.New();
    private static readonly OrganisationId Body = OrganisationId.New();
    private static readonly TerritoryCode Village = TerritoryCode.From("kz-615230100");

    [Fact]
    public void A_certificate_that_says_what_was_decided_passes() => Assert.Null(CertificateLint.First(Right()));

    [Fact]
    public void The_checks_and_their_order_are_these() => Assert.Equal(
        ["issuance-stopped", "lot-mismatch", "scheme-not-for-product", "lot-expired", "dates-wrong", "quantity-wrong", "label-too-long", "label-mismatch"],
        CertificateLint.Checks.Select(check => check.Refusal.Code));

    public static TheoryData<string, string> Wrongs => new()
    {
        { "the body was stopped", "issuance-stopped" },
        { "Supply does not know the lot", "lot-mismatch" },
        { "the lot is another household's", "lot-mismatch" },
        { "the lot is another product", "lot-mismatch" },
        { "the label names another lot", "lot-mismatch" },
        { "the scheme covers other products", "scheme-not-for-product" },
        { "nothing is left of the validity", "lot-expired" },
        { "it begins before the decision", "dates-wrong" },
        { "it begins after the decision", "dates-wrong" },
        { "it outlives the goods", "dates-wrong" },
        { "it outlives the scheme's validity", "dates-wrong" },
        { "it outlives its scope", "dates-wrong" },
        { "more than was decided", "quantity-wrong" },
        { "less than was decided", "quantity-wrong" },
        { "more than there is", "quantity-wrong" },
        { "the label is long", "label-too-long" },
        { "the label says something else", "label-mismatch" },
        { "the label cannot be read", "label-mismatch" },
    };

    [Theory]
    [MemberData(nameof(Wrongs))]
    public void The_first_wrong_thing_refuses_with_its_code(string wrong, string code)
    {
        var right = Right();
        var lot = right.Lot!;
        var signing = wrong switch
        {
            "the body was stopped" => right with { Case = right.Case with { BodyAllowed = false } },
            "Supply does not know the lot" => right with { Lot = null },
            "the lot is another household's" => right with { Lot = lot with { Household = HouseholdId.New() } },
            "the lot is another product" => right with { Lot = lot with { Product = ProductCode.From("carrot") } },
            "the label names another lot" => Claiming(right, right.Claims with { Lot = Guid.NewGuid() }),
            "the scheme covers other products" => right with { Case = right.Case with { RuleGroups = ["dairy_raw"] } },
            "nothing is left of the validity" => Claiming(right, right.Claims with { ValidUntil = right.Claims.ValidFrom }),
            "it begins before the decision" => Claiming(right, right.Claims with { ValidFrom = Now.AddSeconds(-2) }),
            "it begins after the decision" => Claiming(right, right.Claims with { ValidFrom = Now.AddSeconds(1) }),
            "it outlives the goods" => Claiming(right, right.Claims with { ValidUntil = new DateTimeOffset(2026, 9, 20, 19, 0, 0, TimeSpan.Zero) }),
            "it outlives the scheme's validity" => right with { Case = right.Case with { ValidityDays = 9 } },
            "it outlives its scope" => right with { Case = right.Case with { ScopeEnds = right.Claims.ValidUntil.AddSeconds(-1) } },
            "more than was decided" => Claiming(right, right.Claims with { Amount = 100_001 }),
            "less than was decided" => Claiming(right, right.Claims with { Amount = 99_999 }),
            "more than there is" => right with { Lot = lot with { Declared = new Quantity(99_999, "GRM") } },
            "the label is long" => right with { Label = new string('A', 301) },
            "the label says something else" => right with { ReadBack = right.Claims with { Amount = 1 } },
            _ => right with { ReadBack = null },
        };
        Assert.Equal(code, CertificateLint.First(signing)?.Code);
    }

    private static Signing Claiming(Signing signing, LabelClaims claims) => signing with { Claims = claims, ReadBack = claims };

    private static Signing Right()
    {
        var decided = new SigningCase(
            CertificationApplicationId.New(), null, Lot, Household, OrganisationId.New(), Body, ProductCode.From("potato"), "potato", Village, 100_000, "GRM",
            new DateOnly(2026, 9, 20), "PLANT-BATCH", 1, null, SchemeKind.Batch, 30, ["potato"], true, Now);
        var claims = new LabelClaims("KZ-26-000001-0", Lot.Value, "potato", 100_000, "GRM", Village.Value, Body.Value, Now, Now.AddDays(10));
        var lot = new LotCard(Lot, Household, decided.Product, Village, new Quantity(100_000, "GRM"), new DateOnly(2026, 9, 1), decided.ExpiresOn, null, 100_000);
        return new Signing(decided, lot, 100_000, claims, "MP1:" + new string('A', 296), claims);
    }
}
