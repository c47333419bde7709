namespace Marketplace.Kernel;

/// <summary>
/// The product's clock: the machine's plus the shift in <c>kernel.clock</c>, the same that <c>kernel.now()</c> adds in SQL.
/// Only tests write the shift.
/// </summary>
public sealed class Clock : TimeProvider
{
    private long shiftTicks;

    /// <summary>The shift against the machine's clock; zero outside tests.</summary>
    public TimeSpan Shift
    {
        get => new(Interlocked.Read(ref shiftTicks));
        set => Interlocked.Exchange(ref shiftTicks, value.Ticks);
    }

    /// <summary>Now, in UTC.</summary>
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
}
