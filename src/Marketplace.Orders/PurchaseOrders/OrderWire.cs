using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;

namespace Marketplace.Orders.PurchaseOrders;

/// <summary>An order as the buyer writes it.</summary>
/// <param name="Currency"><c>KZT</c> or <c>KGS</c>; every price is in it.</param>
/// <param name="PaymentTermDays">Days from the invoice to its due date, 0 to 180.</param>
/// <param name="ConfirmBy">The cut-off: households answer, and refusals are refilled, until then. Later than now, not after the last delivery day.</param>
/// <param name="MinimumFillPercent">Below this share of the ordered goods value the firm order may be called off free of cost; 0 to 100.</param>
/// <param name="Lines">1 to 100 lines.</param>
/// <param name="Applicant">The co-operative that sells and issues the invoice; may be left out where there is only one.</param>
public sealed record OrderDraft(
    [RegularExpression("KZT|KGS")] string Currency,
    [Range(0, 180)] int PaymentTermDays,
    DateTimeOffset ConfirmBy,
    [Range(0, 100)] int MinimumFillPercent,
    [MinLength(1), MaxLength(100)] IReadOnlyList<OrderDraftLine> Lines,
    OrganisationId? Applicant = null);

/// <summary>One line of an order as the buyer writes it.</summary>
/// <param name="Product">The product, from <c>GET /v1/products</c>.</param>
/// <param name="Quantity">How much, in the product's unit.</param>
/// <param name="TolerancePercent">How far above a promise a weighing may lie, 0 to 50.</param>
/// <param name="MaxPrice">The most the buyer pays; each lot is bought at its own asking price.</param>
/// <param name="DeliveryPlace">Where to, in words; 2 to 300 characters.</param>
/// <param name="DeliveryTerritory">The territory of the place.</param>
/// <param name="WindowFrom">First delivery day.</param>
/// <param name="WindowTo">Last delivery day.</param>
/// <param name="MinRemainingShelfLifeDays">Days of shelf life that must remain on the last delivery day, 0 to 3,650.</param>
/// <param name="AcceptedTerritories">Goods come from these territories or below them; left out or empty means from anywhere. At most 50.</param>
public sealed record OrderDraftLine(
    ProductCode Product,
    Quantity Quantity,
    [Range(0, 50)] int TolerancePercent,
    UnitPrice MaxPrice,
    [TextLength(300, MinimumLength = 2)] string DeliveryPlace,
    TerritoryCode DeliveryTerritory,
    DateOnly WindowFrom,
    DateOnly WindowTo,
    [Range(0, 3650)] int MinRemainingShelfLifeDays,
    [MaxLength(50)] IReadOnlyList<TerritoryCode>? AcceptedTerritories = null);

/// <summary>An order in a list.</summary>
/// <param name="Id">The order.</param>
/// <param name="Number">The number people say: <c>PO-000012</c>.</param>
/// <param name="Buyer">The chain.</param>
/// <param name="Applicant">The co-operative that sells.</param>
/// <param name="Stage">Its state.</param>
/// <param name="ValueAtMaximum">What it costs when every line is filled at its highest price.</param>
/// <param name="ConfirmBy">The cut-off of answers.</param>
/// <param name="CreatedAt">When it was drafted.</param>
public sealed record OrderSummary(
    PurchaseOrderId Id, string Number, OrganisationId Buyer, OrganisationId Applicant, OrderStage Stage, Money ValueAtMaximum, DateTimeOffset ConfirmBy,
    DateTimeOffset CreatedAt);

/// <summary>An order with its lines and how firm each is by now.</summary>
/// <param name="Id">The order.</param>
/// <param name="Number">The number people say: <c>PO-000012</c>.</param>
/// <param name="Buyer">The chain.</param>
/// <param name="Applicant">The co-operative that sells.</param>
/// <param name="Stage">Its state.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="PaymentTermDays">Days from the invoice to its due date.</param>
/// <param name="ConfirmBy">The cut-off of answers.</param>
/// <param name="MinimumFillPercent">Below this the firm order may be called off.</param>
/// <param name="ValueAtMaximum">What it costs when every line is filled at its highest price.</param>
/// <param name="FillPercent">Promised or delivered share of the ordered goods value at the highest prices, rounded down; known once placed.</param>
/// <param name="CreatedAt">When it was drafted.</param>
/// <param name="PlacedAt">When its terms were frozen.</param>
/// <param name="FirmAt">When the last answer was in.</param>
/// <param name="CancelledAt">When it was called off.</param>
/// <param name="Version">Row version, as in <c>ETag</c>.</param>
/// <param name="Lines">The lines.</param>
public sealed record OrderDetails(
    PurchaseOrderId Id, string Number, OrganisationId Buyer, OrganisationId Applicant, OrderStage Stage, string Currency, int PaymentTermDays,
    DateTimeOffset ConfirmBy, int MinimumFillPercent, Money ValueAtMaximum, int? FillPercent, DateTimeOffset CreatedAt, DateTimeOffset? PlacedAt,
    DateTimeOffset? FirmAt, DateTimeOffset? CancelledAt, int Version, IReadOnlyList<OrderLineDetails> Lines);

/// <summary>A line and how firm it is.</summary>
/// <param name="Id">The line.</param>
/// <param name="Position">1, 2, 3 … within the order.</param>
/// <param name="Product">What.</param>
/// <param name="Quantity">Ordered.</param>
/// <param name="TolerancePercent">How far above a promise a weighing may lie.</param>
/// <param name="MaxPrice">The most the buyer pays.</param>
/// <param name="DeliveryPlace">Where to.</param>
/// <param name="DeliveryTerritory">The territory of the place.</param>
/// <param name="WindowFrom">First delivery day.</param>
/// <param name="WindowTo">Last delivery day.</param>
/// <param name="MinRemainingShelfLifeDays">Days of shelf life that must remain on the last delivery day.</param>
/// <param name="AcceptedTerritories">Where goods may come from; empty means anywhere.</param>
/// <param name="Offered">Asked and not yet answered.</param>
/// <param name="Confirmed">Promised by households and not yet weighed in.</param>
/// <param name="Tendered">Weighed in.</param>
/// <param name="Missing">Neither asked, promised nor weighed in.</param>
public sealed record OrderLineDetails(
    OrderLineId Id, int Position, ProductCode Product, Quantity Quantity, int TolerancePercent, UnitPrice MaxPrice, string DeliveryPlace,
    TerritoryCode DeliveryTerritory, DateOnly WindowFrom, DateOnly WindowTo, int MinRemainingShelfLifeDays,
    IReadOnlyList<TerritoryCode> AcceptedTerritories, Quantity Offered, Quantity Confirmed, Quantity Tendered, Quantity Missing);
