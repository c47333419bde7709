namespace Marketplace.Oversight.Funnels;

/// <summary>Hides the figures of few households from those who have no duty there.</summary>
internal static class Suppression
{
    /// <summary>No figure of fewer households is shown outside one's duty.</summary>
    public const int Fewest = 5;

    /// <summary>
    /// Which of the parts of a known whole are hidden: those of one to four households, and with them, smallest first, as many others as
    /// it takes that the whole minus the shown parts tells nothing: at least two hidden, of at least five households together.
    /// </summary>
    /// <param name="households">Households of each part; zero is shown, since it tells of nobody.</param>
    public static IReadOnlySet<T> Hidden<T>(IReadOnlyDictionary<T, int> households)
        where T : notnull
    {
        var hidden = households.Where(part => part.Value is > 0 and < Fewest).Select(part => part.Key).ToHashSet();
        if (hidden.Count == 0)
        {
            return hidden;
        }

        foreach (var (part, count) in households.Where(part => part.Value >= Fewest).OrderBy(part => part.Value))
        {
            if (hidden.Count >= 2 && hidden.Sum(one => households[one]) >= Fewest)
            {
                break;
            }

            hidden.Add(part);
        }

        return hidden;
    }
}
