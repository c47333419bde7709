using System.Security.Cryptography;
using System.Text;
using Marketplace.Contracts;

namespace Marketplace.Certification;

/// <summary>
/// The draw of the people of a case: random by the seed, the same again for the same seed and candidates, so that anybody can replay
/// it. No person gets two parts.
/// </summary>
internal static class Draw
{
    public static string NewSeed() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>One person for each part, or null when there are too few distinct people.</summary>
    public static IReadOnlyDictionary<CasePart, PersonId>? Assign(
        string seed, IReadOnlyDictionary<CasePart, IReadOnlyList<PersonId>> candidates, IReadOnlySet<PersonId> excluded)
    {
        var parts = candidates.Keys.Order().ToList();
        var ranked = parts.ToDictionary(part => part, part => candidates[part].Where(person => !excluded.Contains(person)).Distinct()
            .OrderBy(person => Rank(seed, part, person), StringComparer.Ordinal).ToList());
        var drawn = new Dictionary<CasePart, PersonId>();
        return Fill(0) ? drawn : null;

        // The first in rank unless that leaves a later part with nobody.
        bool Fill(int at)
        {
            if (at == parts.Count)
            {
                return true;
            }

            foreach (var person in ranked[parts[at]].Where(person => !drawn.ContainsValue(person)).ToList())
            {
                drawn[parts[at]] = person;
                if (Fill(at + 1))
                {
                    return true;
                }

                drawn.Remove(parts[at]);
            }

            return false;
        }
    }

    private static string Rank(string seed, CasePart part, PersonId person) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}|{part}|{person.Value:N}")));
}
