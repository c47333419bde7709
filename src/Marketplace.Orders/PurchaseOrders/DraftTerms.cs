using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Orders.PurchaseOrders;

/// <summary>What no schema can say about a draft: products, units, money, places and days fit each other.</summary>
public sealed class DraftTerms(IProducts products, ITerritories territories, IOrganisations organisations, TimeProvider time)
{
    // Above a million tenge for a kilogram the figure is a typing error; the bound also keeps the solver's sums within 64 bits.
    private const long HighestPrice = 10_000_000_000;

    internal async Task<Outcome<CheckedTerms>> Check(OrderDraft draft, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var known = await products.Of([.. draft.Lines.Select(line => line.Product).Distinct()], cancel);
        var places = await territories.Places(
            [.. draft.Lines.SelectMany(line => (line.AcceptedTerritories ?? []).Append(line.DeliveryTerritory)).Distinct()], cancel);
        Int128 value = 0;
        for (var i = 0; i < draft.Lines.Count; i++)
        {
            var line = draft.Lines[i];
            if (Wrong(line, $"#/lines/{i}", draft.Currency, DateOnly.FromDateTime(now.UtcDateTime), known, places) is { } wrong)
            {
                return wrong;
            }

            // Compared before it is narrowed: ten thousand million pieces at a million each do not fit 64 bits.
            value += (Int128)line.MaxPrice.TenThousandths * line.Quantity.Amount / (Units.Find(line.MaxPrice.Per)!.Steps * 100);
            if (value > 1_000_000_000_000_000)
            {
                return Refusal.Invalid("#/lines", "order-too-large", "The whole order is worth too much; check quantities and prices.");
            }
        }

        if (draft.ConfirmBy <= now)
        {
            return Refusal.Invalid("#/confirmBy", "confirm-by-past", "The cut-off must be later than now.");
        }

        if (DateOnly.FromDateTime(draft.ConfirmBy.UtcDateTime) > draft.Lines.Max(line => line.WindowTo))
        {
            return Refusal.Invalid("#/confirmBy", "confirm-by-late", "The cut-off must not be after the last delivery day.");
        }

        var applicant = await Applicant(draft.Applicant, cancel);
        return applicant.Refusal is { } refusal ? refusal : new CheckedTerms(applicant.Value, (long)value);
    }

    /// <summary>Writes the lines in one statement.</summary>
    internal static Task Write(PurchaseOrderId order, OrderDraft draft, Database database, CancellationToken cancel)
    {
        var lines = draft.Lines;
        return database.Execute($"""
            insert into orders.order_line (id, order_id, position, product_code, amount, unit, tolerance_percent, max_price, currency, per,
                   delivery_place, delivery_territory, window_from, window_to, min_remaining_shelf_life_days, accepted_territories)
            select id, {order}, position, product, amount, unit, tolerance, price, {draft.Currency}, per, place, territory, window_from, window_to,
                   shelf_life, case when accepted = '' then array[]::text[] else string_to_array(accepted, ',') end
              from unnest({lines.Select(_ => OrderLineId.New()).ToArray()}, {Enumerable.Range(1, lines.Count).ToArray()},
                   {lines.Select(line => line.Product).ToArray()}, {lines.Select(line => line.Quantity.Amount).ToArray()},
                   {lines.Select(line => line.Quantity.Unit).ToArray()}, {lines.Select(line => line.TolerancePercent).ToArray()},
                   {lines.Select(line => line.MaxPrice.TenThousandths).ToArray()}, {lines.Select(line => line.MaxPrice.Per).ToArray()},
                   {lines.Select(line => line.DeliveryPlace).ToArray()}, {lines.Select(line => line.DeliveryTerritory).ToArray()},
                   {lines.Select(line => line.WindowFrom).ToArray()}, {lines.Select(line => line.WindowTo).ToArray()},
                   {lines.Select(line => line.MinRemainingShelfLifeDays).ToArray()},
                   {lines.Select(line => string.Join(',',
                       (line.AcceptedTerritories ?? []).Select(code => code.Value).Distinct().Order(StringComparer.Ordinal))).ToArray()})
                   as line (id, position, product, amount, unit, tolerance, price, per, place, territory, window_from, window_to, shelf_life, accepted)
            """, cancel);
    }

    private static Refusal? Wrong(
        OrderDraftLine line, string at, string currency, DateOnly today, IReadOnlyDictionary<ProductCode, ProductCard> products,
        IReadOnlyDictionary<TerritoryCode, TerritoryPlace> places)
    {
        if (!products.TryGetValue(line.Product, out var product))
        {
            return Refusal.Invalid(at + "/product", "product-unknown", "There is no such product.");
        }

        if (line.Quantity.Unit != product.Step)
        {
            return Refusal.Invalid(at + "/quantity", "unit-mismatch", $"This product is measured in {product.Unit}.");
        }

        if (line.Quantity.Amount == 0)
        {
            return Refusal.Invalid(at + "/quantity", "quantity-zero", "A line orders more than nothing.");
        }

        if (line.MaxPrice.Currency != currency)
        {
            return Refusal.Invalid(at + "/maxPrice", "currency-mismatch", "Every price is in the order's currency.");
        }

        if (Units.Find(line.MaxPrice.Per)?.Step != product.Step)
        {
            return Refusal.Invalid(at + "/maxPrice", "unit-mismatch", $"This product is priced per {product.Unit}.");
        }

        if (line.MaxPrice.TenThousandths > HighestPrice)
        {
            return Refusal.Invalid(at + "/maxPrice", "price-too-high", "A price is at most 1,000,000 for one unit.");
        }

        if (line.WindowFrom > line.WindowTo)
        {
            return Refusal.Invalid(at + "/windowTo", "window-reversed", "The last delivery day is before the first.");
        }

        if (line.WindowTo < today)
        {
            return Refusal.Invalid(at + "/windowTo", "window-past", "The delivery window is over.");
        }

        if (line.WindowTo > today.AddDays(3650))
        {
            return Refusal.Invalid(at + "/windowTo", "window-far", "The delivery window is more than ten years away.");
        }

        return (line.AcceptedTerritories ?? []).Append(line.DeliveryTerritory).All(places.ContainsKey)
            ? null
            : Refusal.Invalid(at + (places.ContainsKey(line.DeliveryTerritory) ? "/acceptedTerritories" : "/deliveryTerritory"),
                "territory-unknown", "There is no such territory.");
    }

    private async Task<Outcome<OrganisationId>> Applicant(OrganisationId? named, CancellationToken cancel)
    {
        if (named is { } id)
        {
            return (await organisations.Of([id], cancel)).TryGetValue(id, out var card) && card.Kind == OrganisationKind.Cooperative
                ? id
                : Refusal.Invalid("#/applicant", "applicant-unknown", "There is no such co-operative.");
        }

        var all = await organisations.OfKind(OrganisationKind.Cooperative, cancel);
        return all.Count == 1
            ? all[0].Id
            : Refusal.Invalid("#/applicant", "applicant-required", "Name the co-operative that sells.");
    }
}

internal sealed record CheckedTerms(OrganisationId Applicant, long ValueAtMaximum);
