using CsCheck;
using Marketplace.Work.Calendars;

namespace Marketplace.Tests.Work;

public sealed class WorkingDaysTests
{
    private static readonly TimeSpan Kazakhstan = TimeSpan.FromHours(5);
    private static readonly HashSet<DateOnly> Holidays = [new(2026, 3, 9), new(2026, 3, 23), new(2026, 3, 24), new(2026, 3, 25)];

    [Theory]
    [InlineData("2026-11-24T04:00Z", 0, "2026-11-24T13:00Z")] // Tuesday morning: the same day, 18:00 in Kazakhstan
    [InlineData("2026-11-24T12:59Z", 0, "2026-11-24T13:00Z")]
    [InlineData("2026-11-24T13:00Z", 0, "2026-11-25T13:00Z")] // 18:00 is the end of the day
    [InlineData("2026-11-24T20:00Z", 0, "2026-11-25T13:00Z")] // already Wednesday there
    [InlineData("2026-11-24T04:00Z", 3, "2026-11-27T13:00Z")]
    [InlineData("2026-11-27T04:00Z", 1, "2026-11-30T13:00Z")] // over a weekend
    [InlineData("2026-11-28T04:00Z", 0, "2026-11-30T13:00Z")] // Saturday
    [InlineData("2026-03-20T04:00Z", 1, "2026-03-26T13:00Z")] // over Nauryz
    [InlineData("2026-03-22T04:00Z", 0, "2026-03-26T13:00Z")]
    public void A_deadline_is_the_end_of_a_working_day(string now, int days, string deadline) =>
        Assert.Equal(DateTimeOffset.Parse(deadline), WorkingDays.After(DateTimeOffset.Parse(now), Kazakhstan, days, Holidays));

    [Theory]
    [InlineData("2026-11-23T05:00Z", "2026-11-24T07:00Z", 11, "2026-11-25T06:00Z")] // Monday 10:00 to Tuesday 12:00, from Monday 18:00
    [InlineData("2026-11-23T05:00Z", "2026-11-23T05:00Z", 0, "2026-11-23T13:00Z")]
    [InlineData("2026-11-28T05:00Z", "2026-11-29T07:00Z", 0, "2026-11-23T13:00Z")] // a weekend
    [InlineData("2026-11-27T12:00Z", "2026-11-30T05:00Z", 2, "2026-11-24T06:00Z")] // over a weekend
    [InlineData("2026-03-20T12:00Z", "2026-03-26T05:00Z", 2, "2026-11-24T06:00Z")] // over Nauryz
    public void A_pause_moves_a_deadline_by_its_working_hours(string from, string to, int hours, string deadline)
    {
        var work = WorkingDays.Between(DateTimeOffset.Parse(from), DateTimeOffset.Parse(to), Kazakhstan, Holidays);
        Assert.Equal(TimeSpan.FromHours(hours), work);
        Assert.Equal(DateTimeOffset.Parse(deadline), WorkingDays.Later(DateTimeOffset.Parse("2026-11-23T13:00Z"), work, Kazakhstan, Holidays));
    }

    [Fact]
    public void Working_time_added_is_working_time_passed() =>
        Gen.Select(Gen.Int[0, 500_000], Gen.Int[0, 20_000]).Sample((start, minutes) =>
        {
            var at = DateTimeOffset.Parse("2026-01-01T00:00Z").AddMinutes(start);
            var work = TimeSpan.FromMinutes(minutes);
            Assert.Equal(work, WorkingDays.Between(at, WorkingDays.Later(at, work, Kazakhstan, Holidays), Kazakhstan, Holidays));
        });

    [Fact]
    public void Kyrgyzstan_ends_an_hour_earlier() => Assert.Equal(
        DateTimeOffset.Parse("2026-11-24T12:00Z"),
        WorkingDays.After(DateTimeOffset.Parse("2026-11-24T04:00Z"), TimeSpan.FromHours(6), 0, Holidays));

    [Fact]
    public void More_days_are_never_earlier_and_no_deadline_is_past() =>
        Gen.Select(Gen.Int[0, 500_000], Gen.Int[0, 20]).Sample((minutes, days) =>
        {
            var now = DateTimeOffset.Parse("2026-01-01T00:00Z").AddMinutes(minutes);
            var deadline = WorkingDays.After(now, Kazakhstan, days, Holidays);
            Assert.True(deadline > now);
            Assert.True(WorkingDays.After(now, Kazakhstan, days + 1, Holidays) > deadline);
            Assert.True(WorkingDays.After(now.AddMinutes(1), Kazakhstan, days, Holidays) >= deadline);
        });
}
