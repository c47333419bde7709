using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Marketplace.Contracts;

namespace Marketplace.Certification;

/// <summary>Somebody who could have been drawn.</summary>
/// <param name="Person">The person.</param>
/// <param name="Human">The same for all accounts of one human; usually the person.</param>
/// <param name="Tier">
/// 0 qualified for the territory, 1 for anywhere; 10 more for whoever had the part too often in a row for this household. A lower tier goes
/// first, chance decides within one.
/// </param>
public sealed record DrawCandidate(PersonId Person, PersonId Human, int Tier);

/// <summary>One part of a draw.</summary>
/// <param name="Part">The part.</param>
/// <param name="Drawn">Who was drawn.</param>
/// <param name="Candidates">Everybody eligible at that moment.</param>
public sealed record DrawnPart(CasePart Part, PersonId Drawn, IReadOnlyList<DrawCandidate> Candidates);

/// <summary>
/// The draw of the people of a case: random by the seed, the same again for the same seed and candidates, so that anybody can replay
/// it. No human gets two parts.
/// </summary>
internal static class Draw
{
    /// <summary>The seed of a case's draw: HMAC-SHA256 of <c>application|number</c> under the day's seed, in hex.</summary>
    public static string SeedOf(byte[] daySeed, CertificationApplicationId application, int number) => SeedOf(daySeed, application.Value, number);

    /// <summary>The same for whatever else people are drawn for.</summary>
    public static string SeedOf(byte[] daySeed, Guid subject, int number) => Convert.ToHexStringLower(
        HMACSHA256.HashData(daySeed, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{subject:D}|{number}"))));

    /// <summary>What is published of a day's seed before its first draw: SHA-256 in hex.</summary>
    public static string Commitment(byte[] daySeed) => Convert.ToHexStringLower(SHA256.HashData(daySeed));

    /// <summary>One person for each part, or null when there are too few distinct humans.</summary>
    public static IReadOnlyDictionary<CasePart, PersonId>? Assign(string seed, IReadOnlyDictionary<CasePart, IReadOnlyList<DrawCandidate>> candidates)
    {
        var parts = candidates.Keys.Order().ToList();
        var ranked = parts.ToDictionary(part => part, part => candidates[part].DistinctBy(one => one.Person)
            .OrderBy(one => one.Tier).ThenBy(one => Rank(seed, part, one.Person), StringComparer.Ordinal).ToList());
        var drawn = new Dictionary<CasePart, DrawCandidate>();
        return Fill(0) ? drawn.ToDictionary(pair => pair.Key, pair => pair.Value.Person) : null;

        // The first in rank unless that leaves a later part with nobody.
        bool Fill(int at)
        {
            if (at == parts.Count)
            {
                return true;
            }

            foreach (var one in ranked[parts[at]].Where(one => drawn.Values.All(taken => taken.Human != one.Human)).ToList())
            {
                drawn[parts[at]] = one;
                if (Fill(at + 1))
                {
                    return true;
                }

                drawn.Remove(parts[at]);
            }

            return false;
        }
    }

    private static string Rank(string seed, CasePart part, PersonId person) => Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes($"{seed}|{Assignment.Word(part)}|{person.Value:N}")));
}
