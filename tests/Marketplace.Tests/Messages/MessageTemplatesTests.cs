using System.Text.RegularExpressions;
using Marketplace.Messages.Templates;

namespace Marketplace.Tests.Messages;

public sealed partial class MessageTemplatesTests
{
    [Fact]
    public void No_language_misses_a_template_or_a_place()
    {
        Assert.All(MessageTemplates.Known.All, template =>
        {
            Assert.Equal(MessageTemplates.Languages.Order(), template.Texts.Keys.Order());
            var places = template.Texts.Values.Select(text => string.Join(' ', Place().Matches(text).Select(match => match.Value).Order())).Distinct();
            Assert.Single(places);
        });
        Assert.All(MessageTemplates.Known.Words.Values, word => Assert.Equal(MessageTemplates.Languages.Order(), word.Keys.Order()));
    }

    [Fact]
    public void The_templates_other_modules_use_are_these() => Assert.Equal(
        """
        agent-acted: act agent
        appeal-admitted: number reason
        appeal-rejected: number reason
        appeal-remitted: number reason
        appeal-turned-away: number reason
        appeal-upheld: number reason
        application-expired: product
        application-refused: number reason until
        application-returned: missing number
        case-handed-over: number part
        case-without-person: number part
        certificate-changed: reason serial state
        certificate-issued: product serial
        certificate-replaced: serial successor
        certificates-withdrawn: count reason
        goods-cleared: order product quantity
        goods-on-the-way-stopped: order product quantity
        goods-recalled: number product reason
        goods-rejected: product quantity reason
        goods-stopped: order product quantity
        goods-weighed: net product total
        household-confirmed: number
        household-returned: number reasons
        nonconformity-found: days findings number
        paid: amount method
        payout-account-changed:
        production-freed: product reason
        production-held: product reason
        promise-asked: deadline order price product quantity
        promise-released: order
        reservation-stopped: product quantity
        second-factor-changed:
        sign-in-code: code
        surveillance-announced: date product
        surveillance-findings: days findings product
        task-escalated: kind
        task-handed-over: kind
        task-late: kind
        text-confirmed: code order quantity
        text-declined: code order
        text-nothing-asked:
        text-too-late:
        text-unclear: asks
        text-undone: order
        text-wrong-code:
        """,
        string.Join('\n', MessageTemplates.Known.All.OrderBy(template => template.Code, StringComparer.Ordinal).Select(template =>
            $"{template.Code}: {string.Join(' ', Place().Matches(template.Texts["en"]).Select(match => match.Groups[1].Value).Order())}".TrimEnd())));

    [Fact]
    public void Every_text_fits_into_two_short_messages_however_long_its_values()
    {
        foreach (var template in MessageTemplates.Known.All)
        {
            var values = Place().Matches(template.Texts["en"]).ToDictionary(match => match.Groups[1].Value, _ => new string('я', 300));
            Assert.All(MessageTemplates.Languages, language => Assert.InRange(template.Text(language, values).Length, 10, MessageTemplates.MostCharacters));
        }
    }

    [Fact]
    public void A_value_is_text_and_never_a_place_a_line_or_a_code()
    {
        var returned = MessageTemplates.Known.Find("household-returned");
        Assert.Equal(
            "Household {reasons} was sent back. Missing: a b",
            returned.Text("en", new Dictionary<string, string> { ["number"] = "{reasons}", ["reasons"] = "a\nb" }));
        Assert.Equal(
            "Срок задачи истёк: подтвердить хозяйство.",
            MessageTemplates.Known.Find("task-late").Text("ru", new Dictionary<string, string> { ["kind"] = "confirm-household" }));
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Place();
}
