using System.Text.Json;
using System.Text.Json.Serialization;

namespace Marketplace.Kernel;

/// <summary>
/// A national number: 12 digits in Kazakhstan (IIN), 14 in Kyrgyzstan (PIN). Shown masked everywhere; the digits leave this type
/// only into the sealed column and the keyed hash.
/// </summary>
[JsonConverter(typeof(NationalNumberJson))]
public readonly struct NationalNumber : IEquatable<NationalNumber>
{
    private static readonly int[] FirstRound = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    private static readonly int[] SecondRound = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];
    private readonly string? digits;

    private NationalNumber(string digits) => this.digits = digits;

    /// <summary>Whatever was typed, still unchecked, without the spaces around and between.</summary>
    public static NationalNumber Typed(string typed)
    {
        ArgumentNullException.ThrowIfNull(typed);
        return new NationalNumber(typed.Replace(" ", "", StringComparison.Ordinal));
    }

    /// <summary>True when such a number can exist in a country.</summary>
    /// <remarks>
    /// Kazakhstan: the check digit fits, in one of its two rounds. The date of birth inside is never checked: numbers whose date does not
    /// exist were issued. Kyrgyzstan publishes no check digit.
    /// </remarks>
    /// <param name="country"><c>KZ</c> or <c>KG</c>.</param>
    public bool MayExistIn(string country)
    {
        if (digits is null || !digits.All(char.IsAsciiDigit) || digits.All(digit => digit == '0'))
        {
            return false;
        }

        return country == "KZ" ? digits.Length == 12 && CheckDigit(digits) == digits[11] - '0' : digits.Length == 14;
    }

    /// <summary>The check digit of a Kazakh number's first eleven digits; null when none can exist.</summary>
    internal static int? CheckDigit(string digits)
    {
        var sum = Sum(digits, FirstRound) % 11;
        sum = sum == 10 ? Sum(digits, SecondRound) % 11 : sum;
        return sum == 10 ? null : sum;
    }

    /// <summary>The number encrypted, bound to its row.</summary>
    /// <param name="secrets">The key folder.</param>
    /// <param name="row">The row it is kept in.</param>
    public byte[] Seal(Secrets secrets, Guid row)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        return secrets.Seal("national-number", digits!, row);
    }

    /// <summary>The keyed hash that finds the same number again.</summary>
    /// <param name="secrets">The key folder.</param>
    /// <param name="country"><c>KZ</c> or <c>KG</c>.</param>
    public byte[] Index(Secrets secrets, string country)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        return secrets.Hmac("national-number", country + digits);
    }

    /// <summary>The keyed hash of a number whose country its length says; null when it exists in neither.</summary>
    /// <param name="secrets">The key folder.</param>
    public byte[]? Index(Secrets secrets) => MayExistIn("KZ") ? Index(secrets, "KZ") : MayExistIn("KG") ? Index(secrets, "KG") : null;

    /// <summary>The number sealed before, to be shown masked.</summary>
    /// <param name="secrets">The key folder.</param>
    /// <param name="sealedNumber">What <see cref="Seal"/> made.</param>
    /// <param name="row">The row it is kept in.</param>
    public static NationalNumber Opened(Secrets secrets, byte[] sealedNumber, Guid row)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        return new NationalNumber(secrets.Open("national-number", sealedNumber, row));
    }

    /// <summary>Masked: only the last two digits.</summary>
    public override string ToString() => digits is { Length: > 2 } ? new string('*', digits.Length - 2) + digits[^2..] : "**";

    /// <inheritdoc/>
    public bool Equals(NationalNumber other) => digits == other.digits;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NationalNumber other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => digits?.GetHashCode(StringComparison.Ordinal) ?? 0;

    /// <summary>The same number.</summary>
    public static bool operator ==(NationalNumber left, NationalNumber right) => left.Equals(right);

    /// <summary>Another number.</summary>
    public static bool operator !=(NationalNumber left, NationalNumber right) => !left.Equals(right);

    private static int Sum(string digits, int[] weights)
    {
        var sum = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            sum += (digits[i] - '0') * weights[i];
        }

        return sum;
    }
}

internal sealed class NationalNumberJson : JsonConverter<NationalNumber>
{
    public override NationalNumber Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: <= 20 } typed
            ? NationalNumber.Typed(typed)
            : throw new JsonException("A national number is a string of digits.");

    public override void Write(Utf8JsonWriter writer, NationalNumber value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
