using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Marketplace.Kernel;

/// <summary>An amount of goods: a whole number of the unit's smallest step.</summary>
/// <param name="Amount">Grams, millilitres or pieces.</param>
/// <param name="Unit">The step's UN/ECE Rec 20 code: <c>GRM</c>, <c>MLT</c> or <c>H87</c>.</param>
/// <remarks>On input also <c>{"value": "12.5", "unit": "KGM"}</c>, with as many decimals as the unit has steps.</remarks>
[JsonConverter(typeof(QuantityJson))]
public readonly record struct Quantity(long Amount, string Unit)
{
    /// <summary>No more than this in one quantity: a thousand million kilograms.</summary>
    public const long Largest = 1_000_000_000_000;

    /// <summary>The quantity in its trading unit, for people: <c>12.5 KGM</c>.</summary>
    public override string ToString()
    {
        var unit = Units.Trading(Unit);
        return string.Create(CultureInfo.InvariantCulture, $"{(decimal)Amount / unit.Steps:0.###} {unit.Code}");
    }
}

/// <summary>A unit of trade and its smallest step.</summary>
/// <param name="Code">UN/ECE Rec 20 code of the unit.</param>
/// <param name="Step">UN/ECE Rec 20 code of the smallest step.</param>
/// <param name="Steps">How many steps one unit has.</param>
public sealed record Unit(string Code, string Step, long Steps);

/// <summary>The units goods are measured in; source: UN/ECE Recommendation 20, Rev. 17e.</summary>
public static class Units
{
    private static readonly Dictionary<string, Unit> ByCode = new Unit[]
    {
        new("KGM", "GRM", 1_000), new("LTR", "MLT", 1_000), new("H87", "H87", 1), new("TNE", "GRM", 1_000_000),
        new("GRM", "GRM", 1), new("MLT", "MLT", 1),
    }.ToDictionary(unit => unit.Code, StringComparer.Ordinal);

    /// <summary>The unit of a Rec 20 code, or null when goods are not measured in it.</summary>
    public static Unit? Find(string code) => ByCode.GetValueOrDefault(code);

    /// <summary>The unit people trade in for a step: kilograms for grams, litres for millilitres.</summary>
    public static Unit Trading(string step) => ByCode[step switch { "GRM" => "KGM", "MLT" => "LTR", _ => step }];
}

internal sealed class QuantityJson : JsonConverter<Quantity>
{
    public override Quantity Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var members = JsonMembers.Read(ref reader, "amount", "value", "unit");
        var unit = Units.Find(members["unit"] ?? throw new JsonException("A quantity needs \"unit\"."))
            ?? throw new JsonException("The unit is not one goods are measured in.");
        long amount;
        switch (members["amount"], members["value"])
        {
            case ({ } whole, null):
                if (unit.Steps != 1 || !long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out amount))
                {
                    throw new JsonException("\"amount\" is a whole number of GRM, MLT or H87.");
                }

                break;
            case (null, { } value):
                var decimals = unit.Steps switch { 1 => 0, 1_000 => 3, _ => 6 };
                amount = JsonMembers.Decimal(value, decimals);
                break;
            default:
                throw new JsonException("A quantity has either \"amount\" or \"value\".");
        }

        if (amount is < 0 or > Quantity.Largest)
        {
            throw new JsonException("The quantity is out of range.");
        }

        return new Quantity(amount, unit.Step);
    }

    public override void Write(Utf8JsonWriter writer, Quantity value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteNumber("amount", value.Amount);
        writer.WriteString("unit", value.Unit);
        writer.WriteEndObject();
    }
}

/// <summary>Reads the members of a small JSON object strictly: none unknown, none twice.</summary>
internal static class JsonMembers
{
    public static Dictionary<string, string?> Read(ref Utf8JsonReader reader, params ReadOnlySpan<string> names)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("An object is expected.");
        }

        var members = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            members[name] = null;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (!members.TryGetValue(name, out var earlier) || earlier is not null)
            {
                throw new JsonException($"The member \"{(name.Length <= 40 ? name : name[..40])}\" is unknown or given twice.");
            }

            var numeric = name is "amount" or "minor";
            members[name] = reader.TokenType switch
            {
                JsonTokenType.Number when numeric => reader.TryGetInt64(out var whole)
                    ? whole.ToString(CultureInfo.InvariantCulture)
                    : throw new JsonException($"\"{name}\" is a whole number."),
                JsonTokenType.String when !numeric => reader.GetString(),
                _ => throw new JsonException($"\"{name}\" is a {(numeric ? "number" : "string")}."),
            };
        }

        return members;
    }

    /// <summary>A plain decimal text as an integer of its smallest decimals; no exponent, no separators, no rounding.</summary>
    public static long Decimal(string text, int decimals)
    {
        if (!decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            || Math.Abs(number) > 1_000_000_000_000m)
        {
            throw new JsonException("A decimal number such as \"12.5\" is expected.");
        }

        for (var i = 0; i < decimals; i++)
        {
            number *= 10;
        }

        return number == decimal.Truncate(number) && Math.Abs(number) <= long.MaxValue
            ? (long)number
            : throw new JsonException($"At most {decimals} decimals are allowed.");
    }
}
