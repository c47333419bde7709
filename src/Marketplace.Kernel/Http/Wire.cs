using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Marketplace.Kernel.Http;

/// <summary>How JSON is read and written: strictly, so that a typing error is an answer and never a silent default.</summary>
public static class Wire
{
    /// <summary>Applies the rules: camelCase, unknown and duplicate members refused, required means required, no numbers as strings, depth 32.</summary>
    public static JsonSerializerOptions Apply(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = false;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.RespectRequiredConstructorParameters = true;
        options.RespectNullableAnnotations = true;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.MaxDepth = 32;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.Create(System.Text.Unicode.UnicodeRanges.All);
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        options.TypeInfoResolver = (options.TypeInfoResolver ?? new DefaultJsonTypeInfoResolver()).WithAddedModifier(RefuseNullElements);
        return options;
    }

    /// <summary>As <see cref="Apply"/>, and dates lie in the years 1900 to 2200: what others send is stored and reckoned with, and the database takes the
    /// last day of the calendar for infinity. What was stored before is still read.</summary>
    public static JsonSerializerOptions Received(JsonSerializerOptions options)
    {
        Apply(options).Converters.Add(new WithinReach<DateOnly>(JsonMetadataServices.DateOnlyConverter, date => date.Year));
        options.Converters.Add(new WithinReach<DateTimeOffset>(JsonMetadataServices.DateTimeOffsetConverter, instant => instant.Year));
        return options;
    }

    private sealed class WithinReach<T>(JsonConverter<T> plain, Func<T, int> year) : JsonConverter<T>
        where T : struct
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            plain.Read(ref reader, typeToConvert, options) is var date && year(date) is >= 1900 and <= 2200
                ? date
                : throw new JsonException("A date lies in the years 1900 to 2200.");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => plain.Write(writer, value, options);
    }

    /// <summary>Nullable annotations do not reach into lists: no list on the wire has empty places.</summary>
    private static void RefuseNullElements(JsonTypeInfo type)
    {
        if (type.Kind == JsonTypeInfoKind.Enumerable)
        {
            type.OnDeserialized = list =>
            {
                if (((System.Collections.IEnumerable)list).Cast<object?>().Any(item => item is null))
                {
                    throw new JsonException("A list has an element that is null.");
                }
            };
        }
    }

    /// <summary>A member of an enumeration from its snake_case text in a query, which the framework would read in PascalCase only.</summary>
    /// <param name="text">One of the labels, checked by the route's pattern, which lets an empty text pass; null and empty are null.</param>
    public static T? Label<T>(string? text)
        where T : struct, Enum => string.IsNullOrEmpty(text) ? null : Enum.Parse<T>(text.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
}
