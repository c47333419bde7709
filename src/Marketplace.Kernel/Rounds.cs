using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Marketplace.Kernel;

/// <summary>How workers go their rounds over what is due.</summary>
public static class Rounds
{
    /// <summary>Does one thing after another for each tenant until nothing is due there; how many things.</summary>
    /// <param name="one">Does one due thing of a tenant in a unit of work of its own; false when nothing is due.</param>
    public static async Task<int> WhileAny(IServiceScopeFactory scopes, Func<string, CancellationToken, Task<bool>> one, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(one);
        var done = 0;
        foreach (var tenant in await Tenants.All(scopes, cancel))
        {
            while (await one(tenant, cancel))
            {
                done++;
            }
        }

        return done;
    }

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
