using Marketplace.Contracts;

namespace Marketplace.Orders.Allocations;

/// <summary>How far it is between places.</summary>
internal static class Roads
{
    private const double EarthRadius = 6371;

    // Rural roads are about a third longer than the line between their ends.
    private const double Detour = 1.3;

    /// <summary>Kilometres by road, estimated from the great circle and rounded up; null where a place has no coordinates.</summary>
    public static int? Kilometres(TerritoryPlace from, TerritoryPlace to)
    {
        if (from is not { Latitude: { } latitude, Longitude: { } longitude } || to is not { Latitude: { } otherLatitude, Longitude: { } otherLongitude })
        {
            return null;
        }

        var (north, east) = (Radians(otherLatitude - latitude) / 2, Radians(otherLongitude - longitude) / 2);
        var chord = (Math.Sin(north) * Math.Sin(north)) + (Math.Cos(Radians(latitude)) * Math.Cos(Radians(otherLatitude)) * Math.Sin(east) * Math.Sin(east));
        return (int)Math.Ceiling(2 * EarthRadius * Math.Asin(Math.Min(1, Math.Sqrt(chord))) * Detour);
    }

    private static double Radians(double degrees) => degrees * Math.PI / 180;
}
