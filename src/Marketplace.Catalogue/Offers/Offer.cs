using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Catalogue.Offers;

/// <summary>Live-certified supply that can be reserved now.</summary>
/// <param name="Lot">The lot; what a reservation names.</param>
/// <param name="Household">Number of the household, for example <c>H-000123</c>; never a person.</param>
/// <param name="Product">The product type.</param>
/// <param name="Category">Rule group of the product, for example <c>veg_root</c>.</param>
/// <param name="Scheme">Conformity scheme of the certificate, for example <c>PLANT-BATCH</c>.</param>
/// <param name="Certificate">Serial of the certificate; see <c>/v1/certificates/{serial}</c>.</param>
/// <param name="Oblast">Territory code; a level the place does not have repeats the next lower one.</param>
/// <param name="District">Territory code.</param>
/// <param name="Okrug">Territory code.</param>
/// <param name="Village">Territory code of the place of the goods.</param>
/// <param name="Available">What is neither reserved, promised nor delivered at this moment.</param>
/// <param name="Price">Asking price; absent when it is on request.</param>
/// <param name="ReadyOn">First day the goods can be handed in.</param>
/// <param name="ExpiresOn">Last day of the shelf life.</param>
/// <param name="ListedAt">Since when the lot is in the catalogue.</param>
public sealed record Offer(
    LotId Lot, string Household, ProductCode Product, string Category, string Scheme, string Certificate, TerritoryCode Oblast, TerritoryCode District,
    TerritoryCode Okrug, TerritoryCode Village, Quantity Available, UnitPrice? Price, DateOnly ReadyOn, DateOnly ExpiresOn, DateTimeOffset ListedAt);

/// <summary>An offer as the database keeps it, joined with the live account of its lot.</summary>
internal sealed record OfferRow(
    LotId LotId, string HouseholdNumber, ProductCode ProductCode, string Category, string Scheme, string CertificateSerial, TerritoryCode Oblast,
    TerritoryCode District, TerritoryCode Okrug, TerritoryCode Village, long Available, string Step, long? PriceTenThousandths, string? Currency, string? Per,
    DateOnly ReadyOn, DateOnly ExpiresOn, DateTimeOffset ListedAt, int Score, string Key)
{
    /// <summary>The columns, in the order of the constructor; the score and the sort key come after them.</summary>
    public static readonly Sql Columns = Sql.Of($"""
        o.lot_id, o.household_number, o.product_code, o.category, o.scheme, o.certificate_serial, o.oblast, o.district, o.okrug, o.village,
        s.available, s.step, s.price_ten_thousandths, s.currency, s.per, o.ready_on, o.expires_on, o.listed_at
        """);

    /// <summary>
    /// The live check, in the statement that reads: certified, not held, not sold out, at this moment. Supply's account has the last
    /// word, however stale the offer is.
    /// </summary>
    public static readonly Sql Live = Sql.Of($"o.listed and s.available > 0 and not s.held and s.sellable_until > (select kernel.now())");

    /// <summary>Offers with the live accounts of their lots.</summary>
    public static readonly Sql Joined = Sql.Of($"catalogue.offer o join supply.public_sellable_lot s on s.lot_id = o.lot_id");

    public Offer Offer => new(
        LotId, HouseholdNumber, ProductCode, Category, Scheme, CertificateSerial, Oblast, District, Okrug, Village, new Quantity(Available, Step),
        PriceTenThousandths is { } price ? new UnitPrice(price, Currency!, Per!) : null, ReadyOn, ExpiresOn, ListedAt);
}
