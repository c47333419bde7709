using System.Globalization;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Orders.PurchaseOrders;

namespace Marketplace.Orders.Imports;

/// <summary>Reads order lines from a table: what each cell means, and every cell that means nothing.</summary>
internal static class OrderFile
{
    public static readonly IReadOnlyList<string> Columns =
    [
        "product", "quantity", "unit", "maxPrice", "per", "tolerancePercent", "minRemainingShelfLifeDays", "deliveryPlace", "deliveryTerritory", "windowFrom",
        "windowTo", "acceptedTerritories",
    ];

    private const int RequiredColumns = 4;
    private const int MostRows = 100;

    // As people write units in the three languages, and in the codes of UN/ECE Rec 20.
    private static readonly Dictionary<string, string> UnitWords = new(StringComparer.OrdinalIgnoreCase)
    {
        ["kgm"] = "KGM", ["kg"] = "KGM", ["кг"] = "KGM", ["кило"] = "KGM", ["келі"] = "KGM", ["tne"] = "TNE", ["t"] = "TNE", ["т"] = "TNE", ["тонна"] = "TNE", ["тонн"] = "TNE",
        ["grm"] = "GRM", ["g"] = "GRM", ["г"] = "GRM", ["ltr"] = "LTR", ["l"] = "LTR", ["л"] = "LTR", ["литр"] = "LTR", ["mlt"] = "MLT", ["ml"] = "MLT", ["мл"] = "MLT",
        ["h87"] = "H87", ["pcs"] = "H87", ["шт"] = "H87", ["шт."] = "H87", ["дана"] = "H87", ["даана"] = "H87",
    };

    public static async Task<Outcome<(OrderDraft Draft, List<TableProblem> Problems)>> Read(
        byte[] file, OrderImportHeader header, IProducts products, ITerritories territories, CancellationToken cancel)
    {
        var table = TableFile.Read(file, Columns, RequiredColumns);
        if (table.Refusal is { } unreadable)
        {
            return unreadable;
        }

        var (rows, problems) = table.Value;
        if (rows.Count == 0 && problems.Count == 0)
        {
            return new Refusal("empty-file", "The file holds no lines.", Status: 400);
        }

        if (rows.Count > MostRows)
        {
            return new Refusal("too-many-rows", "An order has at most 100 lines.", Status: 400);
        }

        var known = new KnownProducts(await products.All(cancel));
        var places = await territories.Places([.. rows.SelectMany(Territories).Select(code => TerritoryCode.TryFrom(code, out var place) ? place : (TerritoryCode?)null)
            .OfType<TerritoryCode>().Distinct()], cancel);
        var lines = rows.ConvertAll(row => new RowReader(row, header, known, places, problems).Line());
        return (new OrderDraft(header.Currency, header.PaymentTermDays, header.ConfirmBy, header.MinimumFillPercent, [.. lines.OfType<OrderDraftLine>()],
            header.Applicant), [.. problems.OrderBy(problem => problem.Row)]);
    }

    private static IEnumerable<string> Territories(TableRow row) =>
        (row["acceptedTerritories"] ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Concat(row["deliveryTerritory"] is { } to ? [to] : []);

    /// <summary>Products by code and by every name they have, and the nearest to what nobody knows.</summary>
    private sealed class KnownProducts
    {
        private readonly Dictionary<string, ProductCard> names = new(StringComparer.Ordinal);

        public KnownProducts(IReadOnlyList<ProductCard> all)
        {
            foreach (var product in all)
            {
                foreach (var name in (string[])[product.Code.Value, product.NameEn, product.NameRu, product.NameKk, product.NameKy])
                {
                    names.TryAdd(Fold.Of(name), product);
                }
            }
        }

        public ProductCard? Find(string typed) => names.GetValueOrDefault(Fold.Of(typed));

        public string Nearest(string typed)
        {
            var folded = Fold.Of(typed);
            return names.OrderBy(pair => Steps(pair.Key, folded)).ThenBy(pair => pair.Key, StringComparer.Ordinal).First().Value.Code.Value;
        }

        /// <summary>Letters to change, add or drop.</summary>
        private static int Steps(string one, string other)
        {
            var row = Enumerable.Range(0, other.Length + 1).ToArray();
            for (var i = 1; i <= one.Length; i++)
            {
                var diagonal = row[0];
                row[0] = i;
                for (var j = 1; j <= other.Length; j++)
                {
                    (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1)));
                }
            }

            return row[^1];
        }
    }

    /// <summary>One row; what is wrong goes to the list, cell by cell.</summary>
    private sealed class RowReader(
        TableRow row, OrderImportHeader header, KnownProducts known, IReadOnlyDictionary<TerritoryCode, TerritoryPlace> places, List<TableProblem> problems)
    {
        public OrderDraftLine? Line()
        {
            var before = problems.Count;
            var product = row["product"] is { } name ? known.Find(name) : null;
            if (product is null)
            {
                Wrong("product", "product-unknown", "There is no such product.", row["product"] is { } typed ? known.Nearest(typed) : null);
            }

            var quantity = Quantity(product);
            var price = Price(product);
            var tolerance = Whole("tolerancePercent", 50);
            var shelfLife = Whole("minRemainingShelfLifeDays", 3650);
            var place = row["deliveryPlace"] ?? header.DeliveryPlace;
            if (place.Length is < 2 or > 300)
            {
                Wrong("deliveryPlace", "too-long", "A place is told in 2 to 300 characters.");
            }

            var to = row["deliveryTerritory"] is { } code ? Territory("deliveryTerritory", code) : header.DeliveryTerritory;
            var accepted = (row["acceptedTerritories"] ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(one => Territory("acceptedTerritories", one)).ToList();
            var (from, until) = (Day("windowFrom", header.WindowFrom), Day("windowTo", header.WindowTo));
            return problems.Count > before ? null : new OrderDraftLine(product!.Code, quantity!.Value, tolerance, price!.Value, place, to!.Value, from, until,
                shelfLife, [.. accepted.Select(one => one!.Value)]);
        }

        private Quantity? Quantity(ProductCard? product)
        {
            var unit = Unit("unit", row["unit"], product);
            if (row["quantity"] is not { } text)
            {
                Wrong("quantity", "quantity-zero", "A line orders more than nothing.");
                return null;
            }

            var number = DecimalInput.Read(text);
            if (number.Refusal is { } refusal)
            {
                Wrong("quantity", refusal.Code, refusal.Sentence);
                return null;
            }

            if (unit is null || product is null)
            {
                return null;
            }

            var steps = number.Value > 1_000_000_000 ? decimal.MaxValue : number.Value * unit.Steps;
            if (number.Value <= 0 || steps > Kernel.Quantity.Largest || steps != decimal.Truncate(steps))
            {
                Wrong("quantity", number.Value <= 0 ? "quantity-zero" : "quantity-absurd", number.Value <= 0 ? "A line orders more than nothing."
                    : "This quantity cannot be; check its unit.");
                return null;
            }

            return new Quantity((long)steps, product.Step);
        }

        private UnitPrice? Price(ProductCard? product)
        {
            var per = row["per"] is { } written ? Unit("per", written, product) : product is null ? null : Units.Find(product.Unit);
            if (row["maxPrice"] is not { } text)
            {
                Wrong("maxPrice", "price-missing", "Say the most you pay.");
                return null;
            }

            var number = DecimalInput.Read(text);
            if (number.Refusal is { } refusal)
            {
                Wrong("maxPrice", refusal.Code, refusal.Sentence);
                return null;
            }

            if (number.Value < 0 || number.Value > 1_000_000 || number.Value * 10_000 != decimal.Truncate(number.Value * 10_000))
            {
                Wrong("maxPrice", "price-too-high", "A price is at most 1,000,000 for one unit, with at most four decimals.");
                return null;
            }

            return per is null ? null : new UnitPrice((long)(number.Value * 10_000), header.Currency, per.Code);
        }

        private Unit? Unit(string column, string? text, ProductCard? product)
        {
            var unit = text is not null && UnitWords.TryGetValue(text, out var code) ? Units.Find(code) : null;
            if (unit is null || (product is not null && unit.Step != product.Step))
            {
                Wrong(column, "unit-mismatch", "This product is not measured in that unit.", product?.Unit);
                return null;
            }

            return unit;
        }

        private int Whole(string column, int most)
        {
            if (row[column] is not { } text)
            {
                return 0;
            }

            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most)
            {
                return number;
            }

            Wrong(column, "number-out-of-range", $"Write a whole number from 0 to {most}.");
            return 0;
        }

        private DateOnly Day(string column, DateOnly otherwise)
        {
            if (row[column] is not { } text)
            {
                return otherwise;
            }

            if (DateOnly.TryParseExact(text, ["yyyy-MM-dd", "dd.MM.yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            {
                return day;
            }

            Wrong(column, "bad-date", "Write a day as 2026-11-25 or 25.11.2026.");
            return otherwise;
        }

        private TerritoryCode? Territory(string column, string text)
        {
            if (TerritoryCode.TryFrom(text, out var code) && places.ContainsKey(code))
            {
                return code;
            }

            Wrong(column, "territory-unknown", "There is no such territory.");
            return null;
        }

        private void Wrong(string column, string code, string message, string? suggestion = null) =>
            problems.Add(new TableProblem(row.Number, column, code, message, suggestion));
    }
}
