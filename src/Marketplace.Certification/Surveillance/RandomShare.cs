using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Marketplace.Contracts;

namespace Marketplace.Certification;

/// <summary>The share of the subjects that is visited by chance: each is drawn once a year by a committed seed, so that anybody can draw again.</summary>
public static class RandomShare
{
    /// <summary>
    /// The day whose seed decides a year's draws: the last on which a visit drawn in that year can be due. A household that knew the seed before could
    /// tell whether somebody comes.
    /// </summary>
    /// <param name="year">Calendar year of the draws.</param>
    public static DateOnly DayOf(int year) => new(year + 1, 3, 31);

    /// <summary>The seed of a subject: HMAC-SHA256 of <c>household|scheme|year</c> under the day's seed, in hex.</summary>
    /// <param name="daySeed">The seed of <see cref="DayOf"/>, told after that day.</param>
    /// <param name="household">The household.</param>
    /// <param name="scheme">Code of the scheme.</param>
    /// <param name="year">Calendar year.</param>
    public static string Seed(byte[] daySeed, HouseholdId household, string scheme, int year) => Convert.ToHexStringLower(
        HMACSHA256.HashData(daySeed, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{household.Value:D}|{scheme}|{year}"))));

    /// <summary>Whether the seed draws its subject: its first 32 bits lie below that share of all.</summary>
    /// <param name="seed">From <see cref="Seed"/>.</param>
    /// <param name="percent">The share, 0 to 100.</param>
    public static bool Chosen(string seed, int percent)
    {
        ArgumentNullException.ThrowIfNull(seed);
        return uint.Parse(seed.AsSpan(0, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture) * 100L < percent * 4_294_967_296L;
    }
}
