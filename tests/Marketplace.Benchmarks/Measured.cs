namespace Marketplace.Benchmarks;

/// <summary>One row of the table.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Http">Rate over HTTP, or seconds for a start.</param>
/// <param name="Bare">Rate of the same SQL, or of what it is compared with.</param>
/// <param name="Ratio">The first divided by the second.</param>
/// <param name="Goal">The ratio aimed at; null when none is set.</param>
/// <param name="Note">What to know when reading it.</param>
/// <param name="Lower">True when lower is better.</param>
internal sealed record Measured(string What, double Http, double Bare, double Ratio, double? Goal, string Note, bool Lower = false);

/// <summary>A piece of work that can be done over HTTP and as bare SQL.</summary>
internal interface IPaired
{
    /// <summary>Done over HTTP for so many seconds; the rate per second.</summary>
    Task<double> Http(int seconds);

    /// <summary>Done as bare SQL for so many seconds; the rate per second.</summary>
    Task<double> Bare(int seconds);
}
