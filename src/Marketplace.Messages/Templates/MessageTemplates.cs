using System.Text.Json;

namespace Marketplace.Messages.Templates;

/// <summary>The texts of messages, in four languages, from <c>Templates.json</c>.</summary>
internal sealed class MessageTemplates
{
    public static readonly IReadOnlyList<string> Languages = ["kk", "ru", "ky", "en"];

    /// <summary>Two short messages in Kazakh letters.</summary>
    public const int MostCharacters = 140;

    private readonly Dictionary<string, MessageTemplate> byCode;

    private MessageTemplates(Content content)
    {
        Words = content.Words;
        byCode = content.Templates.ToDictionary(
            pair => pair.Key, pair => new MessageTemplate(pair.Key, content.Secret.Contains(pair.Key), pair.Value, content.Words), StringComparer.Ordinal);
    }

    public static MessageTemplates Known { get; } = Load();

    public IReadOnlyCollection<MessageTemplate> All => byCode.Values;

    /// <summary>Codes that appear as values (kinds of tasks, acts, ways of payment) and what people read for them.</summary>
    public IReadOnlyDictionary<string, Dictionary<string, string>> Words { get; }

    public MessageTemplate Find(string code) => byCode.GetValueOrDefault(code)
        ?? throw new ArgumentException($"There is no message template {code}.", nameof(code));

    private static MessageTemplates Load()
    {
        using var stream = typeof(MessageTemplates).Assembly.GetManifestResourceStream("Marketplace.Messages.Templates.Templates.json")!;
        return new MessageTemplates(JsonSerializer.Deserialize<Content>(stream, JsonSerializerOptions.Web)!);
    }

    private sealed record Content(
        HashSet<string> Secret, Dictionary<string, Dictionary<string, string>> Templates, Dictionary<string, Dictionary<string, string>> Words);
}

/// <summary>One message's text in four languages.</summary>
/// <param name="Code">Kebab-case.</param>
/// <param name="Secret">The values hold a secret and are not kept beside the sealed text.</param>
/// <param name="Texts">By language, with places in braces.</param>
/// <param name="Words">Codes that may stand as values.</param>
internal sealed record MessageTemplate(
    string Code, bool Secret, IReadOnlyDictionary<string, string> Texts, IReadOnlyDictionary<string, Dictionary<string, string>> Words)
{
    /// <summary>The text with its values; a value too long for two short messages is cut, the longest first.</summary>
    public string Text(string language, IReadOnlyDictionary<string, string> values)
    {
        var shown = values.ToDictionary(
            pair => pair.Key, pair => Words.TryGetValue(pair.Value, out var word) ? word[language] : OneLine(pair.Value), StringComparer.Ordinal);
        var text = Filled(language, shown);
        while (text.Length > MessageTemplates.MostCharacters && shown.MaxBy(pair => pair.Value.Length) is { Value.Length: > 8 } longest)
        {
            var left = Math.Max(8, longest.Value.Length - (text.Length - MessageTemplates.MostCharacters) - 1);
            if (left >= longest.Value.Length)
            {
                break;
            }

            shown[longest.Key] = longest.Value[..(left - 1)].TrimEnd() + "…";
            text = Filled(language, shown);
        }

        return text;
    }

    private static string OneLine(string value) => string.Concat(value.Select(character => char.IsControl(character) ? ' ' : character));

    // One pass over the text: a value that looks like a place is not a place.
    private string Filled(string language, Dictionary<string, string> shown)
    {
        var text = new System.Text.StringBuilder();
        var rest = Texts[language].AsSpan();
        while (rest.IndexOf('{') is var open and >= 0 && rest[open..].IndexOf('}') is var length and > 0)
        {
            text.Append(rest[..open]);
            var place = rest.Slice(open + 1, length - 1).ToString();
            text.Append(shown.TryGetValue(place, out var value)
                ? value
                : throw new ArgumentException($"Message template {Code} needs a value for {place}."));
            rest = rest[(open + length + 1)..];
        }

        return text.Append(rest).ToString();
    }
}
