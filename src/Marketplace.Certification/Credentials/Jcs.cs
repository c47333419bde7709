using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Marketplace.Certification;

/// <summary>JSON in its one canonical form (RFC 8785), so that a signature does not depend on who wrote it.</summary>
internal static class Jcs
{
    /// <summary>How what is checked is read: a member twice has no canonical form.</summary>
    public static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    public static string Of(JsonNode node)
    {
        using var document = JsonDocument.Parse(node.ToJsonString(), Strict);
        return Of(document.RootElement);
    }

    /// <exception cref="FormatException">Text that is no Unicode, or a number beyond a double.</exception>
    public static string Of(JsonElement element)
    {
        var canonical = new StringBuilder();
        Write(element, canonical);
        return canonical.ToString();
    }

    private static void Write(JsonElement element, StringBuilder to)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                // Sorted by UTF-16 code units, which is what an ordinal comparison of strings compares.
                var members = element.EnumerateObject().Select(member => (Name: Text(() => member.Name), member.Value)).ToList();
                members.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
                Join('{', members, '}', to, member =>
                {
                    Quote(member.Name, to);
                    to.Append(':');
                    Write(member.Value, to);
                });
                break;
            case JsonValueKind.Array:
                Join('[', element.EnumerateArray(), ']', to, item => Write(item, to));
                break;
            case JsonValueKind.String:
                Quote(Text(() => element.GetString()!), to);
                break;
            case JsonValueKind.Number:
                to.Append(Number(element.GetDouble()));
                break;
            default:
                to.Append(element.GetRawText()); // true, false, null
                break;
        }
    }

    private static void Join<T>(char open, IEnumerable<T> items, char close, StringBuilder to, Action<T> write)
    {
        to.Append(open);
        var first = true;
        foreach (var item in items)
        {
            if (!first)
            {
                to.Append(',');
            }

            first = false;
            write(item);
        }

        to.Append(close);
    }

    /// <summary>The platform refuses half a surrogate pair when the text is taken.</summary>
    private static string Text(Func<string> take)
    {
        try
        {
            return take();
        }
        catch (InvalidOperationException half)
        {
            throw new FormatException("A text is not Unicode.", half);
        }
    }

    private static void Quote(string text, StringBuilder to)
    {
        to.Append('"');
        foreach (var sign in text)
        {
            _ = sign switch
            {
                '"' => to.Append("\\\""),
                '\\' => to.Append("\\\\"),
                '\b' => to.Append("\\b"),
                '\t' => to.Append("\\t"),
                '\n' => to.Append("\\n"),
                '\f' => to.Append("\\f"),
                '\r' => to.Append("\\r"),
                < ' ' => to.Append(CultureInfo.InvariantCulture, $"\\u{(int)sign:x4}"),
                _ => to.Append(sign),
            };
        }

        to.Append('"');
    }

    /// <summary>As ECMAScript writes a number: the shortest digits that read back as the same double, plain between 1e-7 and 1e21.</summary>
    internal static string Number(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new FormatException("A number is beyond a double.");
        }

        if (value == 0)
        {
            return "0"; // minus zero too
        }

        // The platform finds the same shortest digits and writes them in another shape: 1E-07, 1.5E+20.
        var parts = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture).Split('E');
        var whole = parts[0].Split('.')[0];
        var all = parts[0].Replace(".", "", StringComparison.Ordinal);
        var digits = all.TrimStart('0');
        // The value is 0.digits times ten to this power.
        var point = whole.Length - (all.Length - digits.Length) + (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
        digits = digits.TrimEnd('0');

        var sign = value < 0 ? "-" : "";
        return sign + point switch
        {
            > 21 or < -5 => Exponent(digits, point - 1),
            <= 0 => "0." + new string('0', -point) + digits,
            _ when digits.Length <= point => digits.PadRight(point, '0'),
            _ => digits[..point] + "." + digits[point..],
        };
    }

    private static string Exponent(string digits, int exponent) => string.Create(CultureInfo.InvariantCulture,
        $"{digits[0]}{(digits.Length > 1 ? "." : "")}{digits[1..]}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent)}");
}
