using System.ComponentModel.DataAnnotations;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Consents;

/// <summary>What a consent is for.</summary>
[DatabaseEnum("registry.consent_purpose")]
public enum ConsentPurpose
{
    /// <summary>Keeping the household's data.</summary>
    Registration,

    /// <summary>An agent acting for the household.</summary>
    Agent,
}

/// <summary>A published consent text.</summary>
/// <param name="Version">Its version, named when consent is given: <c>2026-1</c>.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="Language"><c>kk</c>, <c>ru</c>, <c>ky</c> or <c>en</c>.</param>
/// <param name="Text">The text people read or hear.</param>
/// <param name="PublishedOn">First day it can be agreed to.</param>
public sealed record ConsentText(string Version, ConsentPurpose Purpose, string Language, string Text, DateOnly PublishedOn);

/// <summary>The consent texts that can be agreed to now.</summary>
/// <param name="Items">Every purpose and language.</param>
public sealed record ConsentTextList(IReadOnlyList<ConsentText> Items);

/// <summary>Lists the consent texts in force.</summary>
public static class ListConsentTexts
{
    internal static void Map(RouteGroupBuilder texts) => texts.MapGet("", Handle).WithName("listConsentTexts").Anyone();

    /// <summary>List the consent texts in force.</summary>
    /// <param name="language">Only this language: <c>kk</c>, <c>ru</c>, <c>ky</c> or <c>en</c>.</param>
    public static async Task<Ok<ConsentTextList>> Handle(
        [RegularExpression("^(kk|ru|ky|en)$")] string? language, Database database, CancellationToken cancel) =>
        TypedResults.Ok(new ConsentTextList(await database.List<ConsentText>($"""
            select version, purpose, language, text, published_on from registry.consent_text
             where retired_on is null and ({language}::text is null or language = {language}) order by purpose, version desc, language
            """, cancel)));
}

/// <summary>Checks that a text was there to be agreed to.</summary>
internal static class Consent
{
    public static readonly Refusal Unknown = Refusal.Invalid("#/consent/version", "unknown-consent-text", "There is no such consent text in force.");

    public static async Task<bool> Stands(Database database, ConsentPurpose purpose, string version, string language, CancellationToken cancel) =>
        await database.Value<bool>($"""
            select exists (select from registry.consent_text
                            where version = {version} and purpose = {purpose} and language = {language} and retired_on is null)
            """, cancel);
}
