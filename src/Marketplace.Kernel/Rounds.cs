using Microsoft.Extensions.Logging;

namespace Marketplace.Kernel;

/// <summary>How workers go their rounds over what is due.</summary>
public static class Rounds
{
    /// <summary>
    /// Makes a pass, waits, makes the next, until the host stops. A pass that fails is logged and tried again: one bad row or a restarted
    /// database must not end the worker, and an ended worker would end the whole host.
    /// </summary>
    /// <param name="pause">Time between two passes.</param>
    /// <param name="pass">One pass over everything that is due.</param>
    public static async Task Every(TimeSpan pause, Func<CancellationToken, Task> pass, ILogger log, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(pass);
        using var timer = new PeriodicTimer(pause);
        try
        {
            do
            {
                try
                {
                    await pass(stop);
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    log.LogError(failure, "A round failed and is tried again");
                }
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The host stops.
        }
    }
}
