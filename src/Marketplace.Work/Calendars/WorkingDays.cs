using Marketplace.Kernel;

namespace Marketplace.Work.Calendars;

/// <summary>Working days of a country: Monday to Friday without its public holidays, until 18:00 local time.</summary>
internal sealed class WorkingDays(Database database, TimeProvider clock)
{
    // The hours are our reading; they count only where a pause moves a deadline.
    private static readonly TimeOnly StartOfDay = new(9, 0);
    private static readonly TimeOnly EndOfDay = new(18, 0);

    /// <summary>The end of the working day so many working days later.</summary>
    public async Task<DateTimeOffset> Deadline(string country, int days, CancellationToken cancel, DateTimeOffset? counted = null)
    {
        var now = counted ?? clock.GetUtcNow();
        var from = DateOnly.FromDateTime(now.UtcDateTime);
        return After(now, Offset(country), days, await Holidays(country, from, from.AddDays(days * 2 + 30), cancel));
    }

    /// <summary>An instant moved on by the working time between two others.</summary>
    public async Task<DateTimeOffset> Moved(DateTimeOffset at, string country, DateTimeOffset from, DateTimeOffset to, CancellationToken cancel)
    {
        var last = (at > to ? at : to) + 2 * (to - from);
        var holidays = await Holidays(country, DateOnly.FromDateTime(from.UtcDateTime), DateOnly.FromDateTime(last.UtcDateTime).AddDays(30), cancel);
        return Later(at, Between(from, to, Offset(country), holidays), Offset(country), holidays);
    }

    /// <summary>The working time between two instants.</summary>
    internal static TimeSpan Between(DateTimeOffset from, DateTimeOffset to, TimeSpan offset, IReadOnlySet<DateOnly> holidays)
    {
        var (start, end) = (from.ToOffset(offset).DateTime, to.ToOffset(offset).DateTime);
        var sum = TimeSpan.Zero;
        for (var day = DateOnly.FromDateTime(start); day <= DateOnly.FromDateTime(end); day = day.AddDays(1))
        {
            var (opens, closes) = (day.ToDateTime(StartOfDay), day.ToDateTime(EndOfDay));
            var worked = (end < closes ? end : closes) - (start > opens ? start : opens);
            sum += IsOff(day, holidays) || worked < TimeSpan.Zero ? TimeSpan.Zero : worked;
        }

        return sum;
    }

    /// <summary>The instant at which so much working time has passed since another.</summary>
    internal static DateTimeOffset Later(DateTimeOffset at, TimeSpan work, TimeSpan offset, IReadOnlySet<DateOnly> holidays)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(work, TimeSpan.Zero);
        var local = at.ToOffset(offset).DateTime;
        while (work > TimeSpan.Zero)
        {
            var day = DateOnly.FromDateTime(local);
            var (opens, closes) = (day.ToDateTime(StartOfDay), day.ToDateTime(EndOfDay));
            var start = local > opens ? local : opens;
            if (!IsOff(day, holidays) && start < closes)
            {
                if (work <= closes - start)
                {
                    return new DateTimeOffset(start + work, offset).ToUniversalTime();
                }

                work -= closes - start;
            }

            local = day.AddDays(1).ToDateTime(TimeOnly.MinValue);
        }

        return at.ToUniversalTime();
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

    private async Task<HashSet<DateOnly>> Holidays(string country, DateOnly from, DateOnly until, CancellationToken cancel) =>
        [.. (await database.List<Holiday>($"select day from work.holiday where country = {country} and day between {from} and {until}", cancel))
            .Select(holiday => holiday.Day)];

    private static bool IsOff(DateOnly day, IReadOnlySet<DateOnly> holidays) =>
        day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday || holidays.Contains(day);

    private sealed record Holiday(DateOnly Day);
}
