using Marketplace.Contracts;

namespace Marketplace.Registry.Territories;

/// <summary>One step of a territory's path.</summary>
/// <param name="Code">The territory.</param>
/// <param name="NameKk">Name in the state language (Kazakh or Kyrgyz).</param>
/// <param name="NameRu">Name in Russian.</param>
public sealed record TerritoryStep(TerritoryCode Code, string NameKk, string NameRu);

/// <summary>A territory with the way to it, since many share a name.</summary>
/// <param name="Code">The territory: <c>kz-</c> + KATO, or <c>kg-</c> + the place's number.</param>
/// <param name="Level">Its level.</param>
/// <param name="NameKk">Name in the state language (Kazakh or Kyrgyz).</param>
/// <param name="NameRu">Name in Russian.</param>
/// <param name="Path">From the country down to the territory's parent.</param>
/// <param name="Habitable">True for a place households can farm in: a village, or a town without villages.</param>
/// <param name="Latitude">Degrees north; absent when unknown.</param>
/// <param name="Longitude">Degrees east; absent when unknown.</param>
public sealed record TerritoryFound(
    TerritoryCode Code, TerritoryLevel Level, string NameKk, string NameRu, IReadOnlyList<TerritoryStep> Path, bool Habitable, double? Latitude,
    double? Longitude);

internal sealed record TerritoryRow(
    string Code, TerritoryLevel Level, string NameKk, string NameRu, bool Habitable, double? Latitude, double? Longitude, string[] PathCodes,
    string[] PathKk, string[] PathRu, int Rank)
{
    public TerritoryFound Found() => new(TerritoryCode.From(Code), Level, NameKk, NameRu,
        [.. PathCodes.Select((code, at) => new TerritoryStep(TerritoryCode.From(code), PathKk[at], PathRu[at]))], Habitable, Latitude, Longitude);
}
