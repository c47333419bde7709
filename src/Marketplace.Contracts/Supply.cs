using Marketplace.Kernel;

namespace Marketplace.Contracts;

/// <summary>What other modules know of a product type.</summary>
/// <param name="Code">The product.</param>
/// <param name="NameEn">Name in English.</param>
/// <param name="NameRu">Name in Russian.</param>
/// <param name="NameKk">Name in Kazakh.</param>
/// <param name="NameKy">Name in Kyrgyz.</param>
/// <param name="RuleGroup">The group the limits table speaks of, for example <c>veg_root</c>.</param>
/// <param name="Hs6">HS 2022 subheading, six digits.</param>
/// <param name="Unit">Trading unit, UN/ECE Rec 20: <c>KGM</c>, <c>LTR</c>, <c>H87</c>.</param>
/// <param name="Step">Smallest step, UN/ECE Rec 20: <c>GRM</c>, <c>MLT</c>, <c>H87</c>.</param>
/// <param name="ShelfLifeDays">Days from ready to expiry.</param>
/// <param name="Scheme">Conformity scheme an application proposes by default, for example <c>PLANT-BATCH</c>.</param>
public sealed record ProductCard(
    ProductCode Code, string NameEn, string NameRu, string NameKk, string NameKy, string RuleGroup, string Hs6, string Unit, string Step,
    int ShelfLifeDays, string Scheme);

/// <summary>Questions to Supply about products.</summary>
public interface IProducts
{
    /// <summary>The products of these codes; unknown ones are left out.</summary>
    Task<IReadOnlyDictionary<ProductCode, ProductCard>> Of(IReadOnlyCollection<ProductCode> products, CancellationToken cancel);

    /// <summary>Every product there is, in order of code.</summary>
    Task<IReadOnlyList<ProductCard>> All(CancellationToken cancel);
}

/// <summary>What other modules know of a lot.</summary>
/// <param name="Id">The lot.</param>
/// <param name="Household">Whose it is.</param>
/// <param name="Product">What it is.</param>
/// <param name="Village">Where it is.</param>
/// <param name="Declared">What the household declared, a claim.</param>
/// <param name="ReadyOn">First day it can be handed in.</param>
/// <param name="ExpiresOn">Last day of its shelf life.</param>
/// <param name="Price">Asking price; null means on request.</param>
/// <param name="Ceiling">What can be there at most, in the lot's smallest step: the declared, less what a count or the scale found missing.</param>
public sealed record LotCard(
    LotId Id, HouseholdId Household, ProductCode Product, TerritoryCode Village, Quantity Declared, DateOnly ReadyOn, DateOnly ExpiresOn, UnitPrice? Price,
    long Ceiling);

/// <summary>Questions to Supply about lots.</summary>
public interface ILots
{
    /// <summary>The lots of these ids; unknown ones are left out.</summary>
    Task<IReadOnlyDictionary<LotId, LotCard>> Of(IReadOnlyCollection<LotId> lots, CancellationToken cancel);
}

/// <summary>A part of a lot, in the lot's smallest step.</summary>
/// <param name="Lot">The lot.</param>
/// <param name="Amount">Grams, millilitres or pieces; one or more.</param>
public sealed record LotPart(LotId Lot, long Amount);

/// <summary>A part of a lot that an order or reservation has no claim on any more.</summary>
/// <param name="Cause">The order or reservation.</param>
/// <param name="Lot">The lot.</param>
/// <param name="Reserved">What of it was reserved.</param>
/// <param name="Promised">What of it was promised.</param>
public sealed record FreedPart(Guid Cause, LotId Lot, long Reserved, long Promised);

/// <summary>
/// The quantity account of each lot, the one owner of quantity. Every call runs in the caller's transaction, locks the lots in id order,
/// writes a move for every change and either holds whole or refuses whole.
/// </summary>
/// <remarks>Always reserved + promised + delivered ≤ certified ≤ ceiling.</remarks>
public interface ILotAccounts
{
    /// <summary>Refuses <c>lot-busy</c> unless the lot may be put under certification now, and marks it so.</summary>
    /// <param name="lot">The lot.</param>
    /// <param name="application">The application that covers it.</param>
    Task<Refusal?> PutUnderCertification(LotId lot, CertificationApplicationId application, CancellationToken cancel);

    /// <summary>Takes the mark of <see cref="PutUnderCertification"/> off after a refusal or withdrawal.</summary>
    Task<Refusal?> TakeFromCertification(LotId lot, CancellationToken cancel);

    /// <summary>
    /// An inspector counted a lot that is not certified yet: what can be there falls to the count. Nothing happens when more was counted.
    /// </summary>
    /// <param name="cause">The application.</param>
    /// <param name="lot">The lot.</param>
    /// <param name="counted">Grams, millilitres or pieces; 0 or more.</param>
    Task Count(Guid cause, LotId lot, long counted, CancellationToken cancel);

    /// <summary>Makes certified quantity sellable until an instant. Refuses <c>above-ceiling</c> when more is certified than is there.</summary>
    Task<Refusal?> Credit(CertificateId certificate, IReadOnlyList<LotPart> parts, DateTimeOffset sellableUntil, CancellationToken cancel);

    /// <summary>
    /// Passes what a certificate credited on to its successor: at most what was certified stays so. Refuses <c>sold-already</c> when more is
    /// reserved, promised or delivered than the successor covers.
    /// </summary>
    Task<Refusal?> Recredit(CertificateId replaced, CertificateId successor, LotPart part, DateTimeOffset sellableUntil, CancellationToken cancel);

    /// <summary>Holds lots: nothing more leaves them until lifted as often as held. What is reserved stays reserved.</summary>
    Task<Refusal?> Hold(IReadOnlyList<LotId> lots, string reason, CancellationToken cancel);

    /// <summary>Lifts one hold of each lot.</summary>
    Task<Refusal?> Lift(IReadOnlyList<LotId> lots, CancellationToken cancel);

    /// <summary>Reserves certified, live, unheld quantity; all parts or none. Refuses <c>not-available</c> naming the first lot that cannot give it.</summary>
    /// <param name="cause">The order or reservation it is for.</param>
    Task<Refusal?> Reserve(Guid cause, IReadOnlyList<LotPart> parts, CancellationToken cancel);

    /// <summary>Gives reserved quantity back to the lots.</summary>
    Task<Refusal?> Release(Guid cause, IReadOnlyList<LotPart> parts, CancellationToken cancel);

    /// <summary>
    /// Whether goods may leave these lots now: <c>lot-held</c> when one is held, <c>certificate-not-live</c> when one is not certified any more.
    /// Holds the lots against a hold until the caller's transaction ends.
    /// </summary>
    Task<Refusal?> Leaving(IReadOnlyList<LotId> lots, CancellationToken cancel);

    /// <summary>Turns reserved quantity into promised quantity. Refuses like <see cref="Leaving"/>.</summary>
    Task<Refusal?> Promise(Guid cause, IReadOnlyList<LotPart> parts, CancellationToken cancel);

    /// <summary>Gives promised quantity back to the lots.</summary>
    Task<Refusal?> Unpromise(Guid cause, IReadOnlyList<LotPart> parts, CancellationToken cancel);

    /// <summary>Gives reserved and promised quantity of many orders and reservations back, in one statement, after <see cref="Hold"/>.</summary>
    Task Free(IReadOnlyList<FreedPart> parts, CancellationToken cancel);

    /// <summary>
    /// Weighs promised goods: the promised part leaves the promise, what was weighed of it is delivered, and what is missing shrinks the
    /// certified quantity and the ceiling with it. More than promised never raises anything. Refuses <c>lot-held</c> for a held lot.
    /// </summary>
    /// <param name="cause">The tender.</param>
    /// <param name="lot">The lot.</param>
    /// <param name="promised">The promised amount handed in.</param>
    /// <param name="weighed">The net amount on the scale.</param>
    Task<Refusal?> Tender(Guid cause, LotId lot, long promised, long weighed, CancellationToken cancel);
}

/// <summary>A household declared a lot.</summary>
public sealed record LotDeclared(
    LotId Lot, HouseholdId Household, ProductCode Product, TerritoryCode Village, Quantity Quantity, DateOnly ReadyOn, DateOnly ExpiresOn, UnitPrice? Price);

/// <summary>A lot was held: nothing more leaves it.</summary>
public sealed record LotHeld(LotId Lot, string Reason);

/// <summary>One hold of a lot was lifted.</summary>
public sealed record LotLifted(LotId Lot);

/// <summary>A lot's asking price changed; null means on request.</summary>
public sealed record LotPriced(LotId Lot, UnitPrice? Price);

/// <summary>Calls to Supply about buyers' reservations, in the caller's transaction.</summary>
public interface IReservations
{
    /// <summary>
    /// Ends a buyer's open reservation for an order: its quantity is free again with the caller's commit. <see cref="Refusal.NotFound"/> when it is
    /// not open or another's.
    /// </summary>
    Task<Outcome<IReadOnlyList<LotPart>>> TakeOver(Guid reservation, OrganisationId buyer, CancellationToken cancel);

    /// <summary>
    /// Ends the parts of open reservations that lie in these lots and tells their buyers; their quantity is still to be freed. Before
    /// <see cref="ILotAccounts.Hold"/> it waits for who is ending a reservation now; after it, it must not.
    /// </summary>
    /// <param name="wait">False leaves out what somebody else is ending now.</param>
    Task<IReadOnlyList<FreedPart>> EndParts(IReadOnlyList<LotId> lots, bool wait, CancellationToken cancel);
}
