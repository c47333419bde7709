using Marketplace.Kernel;

namespace Marketplace.Work.Calendars;

/// <summary>Working days of a country: Monday to Friday without its public holidays, until 18:00 local time.</summary>
internal sealed class WorkingDays(Database database, TimeProvider clock)
{
    private static readonly TimeOnly EndOfDay = new(18, 0);

    /// <summary>The end of the working day so many working days later.</summary>
    public async Task<DateTimeOffset> Deadline(string country, int days, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var from = DateOnly.FromDateTime(now.UtcDateTime);
        var until = from.AddDays(days * 2 + 30);
        var holidays = await database.List<Holiday>($"""
            select day from work.holiday where country = {country} and day between {from} and {until}
            """, cancel);
        return After(now, Offset(country), days, holidays.Select(holiday => holiday.Day).ToHashSet());
    }

    /// <summary>0 is the end of the same working day, or of the next one when it is over or off; every further day is a working day more.</summary>
    internal static DateTimeOffset After(DateTimeOffset now, TimeSpan offset, int days, IReadOnlySet<DateOnly> holidays)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(days);
        var local = now.ToOffset(offset);
        var day = DateOnly.FromDateTime(local.DateTime);
        if (TimeOnly.FromDateTime(local.DateTime) >= EndOfDay)
        {
            day = day.AddDays(1);
        }

        while (IsOff(day, holidays))
        {
            day = day.AddDays(1);
        }

        for (var i = 0; i < days; i++)
        {
            do
            {
                day = day.AddDays(1);
            }
            while (IsOff(day, holidays));
        }

        return new DateTimeOffset(day.ToDateTime(EndOfDay), offset).ToUniversalTime();
    }

    // Kazakhstan has one time since 1 March 2024, UTC+5; Kyrgyzstan is UTC+6. Neither changes its clocks.
    private static TimeSpan Offset(string country) => TimeSpan.FromHours(country == "KG" ? 6 : 5);

    private static bool IsOff(DateOnly day, IReadOnlySet<DateOnly> holidays) =>
        day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday || holidays.Contains(day);

    private sealed record Holiday(DateOnly Day);
}
