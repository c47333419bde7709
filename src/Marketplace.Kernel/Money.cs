using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Marketplace.Kernel;

/// <summary>An amount of money in minor units (tiyin, tyiyn).</summary>
/// <param name="Minor">Integer number of minor units; 100 minor units are one unit of each supported currency. May be negative in ledgers.</param>
/// <param name="Currency">ISO 4217 alphabetic code, three capital letters, for example <c>KZT</c>.</param>
public readonly record struct Money(long Minor, string Currency)
{
    /// <summary>Adds two amounts of one currency.</summary>
    /// <exception cref="InvalidOperationException">The currencies differ.</exception>
    public static Money operator +(Money left, Money right) => Same(left, right) with { Minor = left.Minor + right.Minor };

    /// <summary>Subtracts an amount of the same currency.</summary>
    /// <exception cref="InvalidOperationException">The currencies differ.</exception>
    public static Money operator -(Money left, Money right) => Same(left, right) with { Minor = left.Minor - right.Minor };

    /// <summary>The sum of two amounts.</summary>
    public static Money Add(Money left, Money right) => left + right;

    /// <summary>The difference of two amounts.</summary>
    public static Money Subtract(Money left, Money right) => left - right;

    /// <summary>A share of this amount in parts per ten thousand, rounded half to even.</summary>
    /// <param name="basisPoints">0 to 10,000; 100 is one per cent.</param>
    public Money Share(int basisPoints) => this with { Minor = Rounding.HalfEven((Int128)Minor * basisPoints, 10_000) };

    /// <summary>Splits the amount in proportion to the weights; the parts sum exactly to the whole (largest remainder, ties to the earlier part).</summary>
    /// <param name="weights">At least one weight, none negative, not all zero.</param>
    public IReadOnlyList<Money> Split(IReadOnlyList<long> weights)
    {
        var currency = Currency;
        return [.. Rounding.LargestRemainder(Minor, weights).Select(part => new Money(part, currency))];
    }

    /// <summary>The amount with two decimals and its currency, for people: <c>1250.00 KZT</c>.</summary>
    public override string ToString() => $"{(decimal)Minor / 100:0.00} {Currency}";

    private static Money Same(Money left, Money right) => left.Currency == right.Currency
        ? left
        : throw new InvalidOperationException($"{left.Currency} and {right.Currency} do not add.");
}

/// <summary>A price for one unit, exact to 1/10,000 of the currency unit.</summary>
/// <param name="TenThousandths">Integer number of 1/10,000 of the currency unit: 214.5 KZT is 2,145,000. Zero or more.</param>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Per">The UN/ECE Rec 20 unit the price is for: <c>KGM</c>, <c>LTR</c>, <c>TNE</c> or <c>H87</c>.</param>
[JsonConverter(typeof(UnitPriceJson))]
public readonly record struct UnitPrice(long TenThousandths, string Currency, string Per)
{
    /// <summary>What a quantity costs at this price, rounded half to even to the minor unit. Call it once per document line.</summary>
    /// <exception cref="InvalidOperationException">The quantity is of another kind than the price.</exception>
    public Money Of(Quantity quantity)
    {
        if (Units.Find(Per) is not { } unit || unit.Step != quantity.Unit)
        {
            throw new InvalidOperationException($"A price per {Per} does not apply to {quantity.Unit}.");
        }

        return new Money(Rounding.HalfEven((Int128)TenThousandths * quantity.Amount, (Int128)unit.Steps * 100), Currency);
    }
}

/// <summary>Integer rounding rules of the whole product: half to even, and largest remainder where parts must sum to a whole.</summary>
public static class Rounding
{
    /// <summary>The quotient rounded half to even.</summary>
    public static long HalfEven(Int128 dividend, Int128 divisor)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(divisor);
        var (quotient, remainder) = Int128.DivRem(dividend, divisor);
        var twice = Int128.Abs(remainder) * 2;
        if (twice > divisor || (twice == divisor && !Int128.IsEvenInteger(quotient)))
        {
            quotient += Int128.Sign(dividend);
        }

        return checked((long)quotient);
    }

    /// <summary>Parts of a whole in proportion to weights: floors first, the rest one by one to the largest remainders, ties to the earlier.</summary>
    public static IReadOnlyList<long> LargestRemainder(long whole, IReadOnlyList<long> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        Int128 total = 0;
        foreach (var weight in weights)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(weight, nameof(weights));
            total += weight;
        }

        ArgumentOutOfRangeException.ThrowIfZero(total, nameof(weights));
        var sign = whole < 0 ? -1 : 1;
        var size = Int128.Abs(whole);
        var parts = new long[weights.Count];
        var remainders = new Int128[weights.Count];
        var left = size;
        for (var i = 0; i < parts.Length; i++)
        {
            var (part, remainder) = Int128.DivRem(size * weights[i], total);
            parts[i] = checked((long)part * sign);
            remainders[i] = remainder;
            left -= part;
        }

        foreach (var i in Enumerable.Range(0, parts.Length).OrderByDescending(i => remainders[i]).ThenBy(i => i).Take((int)left))
        {
            parts[i] += sign;
        }

        return parts;
    }
}

internal sealed class UnitPriceJson : JsonConverter<UnitPrice>
{
    private const long Highest = 10_000_000_000;

    public override UnitPrice Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var members = JsonMembers.Read(ref reader, "value", "currency", "per");
        var value = JsonMembers.Decimal(members["value"] ?? throw new JsonException("A price needs \"value\"."), 4);
        var currency = members["currency"] ?? throw new JsonException("A price needs \"currency\".");
        var per = members["per"] ?? throw new JsonException("A price needs \"per\".");
        if (currency is not ("KZT" or "KGS"))
        {
            throw new JsonException("The currency is KZT or KGS.");
        }

        // Above a million for a kilogram, litre or piece the figure is a typing error, and sums of values would leave 64 bits.
        if (per is not ("KGM" or "TNE" or "LTR" or "H87") || value < 0 || value > (per == "TNE" ? Highest * 1_000 : Highest))
        {
            throw new JsonException("A price is zero or more, at most 1,000,000 per KGM, LTR or H87 or 1,000,000,000 per TNE.");
        }

        return new UnitPrice(value, currency, per);
    }

    public override void Write(Utf8JsonWriter writer, UnitPrice value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("value", (value.TenThousandths / 10_000m).ToString("0.0000", CultureInfo.InvariantCulture));
        writer.WriteString("currency", value.Currency);
        writer.WriteString("per", value.Per);
        writer.WriteEndObject();
    }
}
