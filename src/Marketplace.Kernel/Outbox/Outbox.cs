using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Marketplace.Kernel;

/// <summary>One thing that happened, as the log keeps it.</summary>
/// <param name="Stream">The aggregate it happened to.</param>
/// <param name="Number">1, 2, 3 … within the stream. Deliveries have no order: compare numbers.</param>
/// <param name="RecordedAt">The transaction's time.</param>
/// <param name="Actor">The person who did it; null for the system.</param>
/// <param name="ActingFor">The household it was done for, when somebody else did it.</param>
public sealed record Envelope(Guid Stream, int Number, DateTimeOffset RecordedAt, Guid? Actor, Guid? ActingFor);

/// <summary>Does something when an event has happened, in a transaction of its own that also ends the delivery: once in effect.</summary>
/// <typeparam name="TEvent">The event; its type name is the name in the log.</typeparam>
public interface ISubscriber<in TEvent>
{
    /// <summary>Reacts. An exception means: try again later.</summary>
    Task When(TEvent happened, Envelope envelope, CancellationToken cancel);
}

/// <summary>The text of an event in the log.</summary>
public static class Event
{
    /// <summary>How events are written: compact, camelCase, enumerations as snake_case.</summary>
    public static readonly JsonSerializerOptions Json = Http.Wire.Apply(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    /// <summary>The canonical text of an event. Events carry ids and figures, never personal data.</summary>
    public static string Text<T>(T happened) => JsonSerializer.Serialize(happened, Json);
}

/// <summary>Registers a subscriber at start.</summary>
public sealed record Subscription(string Subscriber, string Type, Func<IServiceProvider, string, Envelope, CancellationToken, Task> Deliver);

/// <summary>Wakes the dispatcher of this instance after a commit; other instances find the delivery by looking.</summary>
public sealed class OutboxSignal
{
    private readonly SemaphoreSlim signal = new(0, 1);

    /// <summary>Something may be there to deliver.</summary>
    public void Wake()
    {
        try
        {
            signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // Already awake.
        }
    }

    internal Task<bool> Wait(TimeSpan atMost, CancellationToken cancel) => signal.WaitAsync(atMost, cancel);
}

/// <summary>Service registration of subscribers.</summary>
public static class OutboxRegistration
{
    /// <summary>Subscribes a handler to an event.</summary>
    public static IServiceCollection Subscribe<THandler, TEvent>(this IServiceCollection services)
        where THandler : class, ISubscriber<TEvent>
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddScoped<THandler>();
        return services.AddSingleton(new Subscription(typeof(THandler).Name, typeof(TEvent).Name, static (scope, payload, envelope, cancel) =>
            scope.GetRequiredService<THandler>().When(JsonSerializer.Deserialize<TEvent>(payload, Event.Json)!, envelope, cancel)));
    }
}

/// <summary>Delivers events to subscribers: at least once each, once in effect, retried with growing pauses, set aside after ten failures.</summary>
public sealed class Dispatcher(
    IServiceScopeFactory scopes, NpgsqlDataSource source, OutboxSignal signal, IEnumerable<Subscription> subscriptions, ILogger<Dispatcher> log)
    : BackgroundService
{
    private const int Workers = 2;
    private const int MostAttempts = 10;

    // During a rolling update an older instance must leave the newer one's subscribers alone.
    private readonly string[] mine = [.. subscriptions.Select(one => one.Subscriber).Distinct()];
    private readonly Dictionary<(string, string), Subscription> known = subscriptions.ToDictionary(one => (one.Subscriber, one.Type));

    /// <summary>Writes the subscriptions; an event that happened before a subscriber existed is delivered to it now.</summary>
    public async Task Announce(CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var announce = new NpgsqlCommand(
            "select kernel.subscribe(subscriber, type) from unnest($1, $2) as wanted (subscriber, type)", connection);
        announce.Parameters.AddWithValue(known.Keys.Select(key => key.Item1).ToArray());
        announce.Parameters.AddWithValue(known.Keys.Select(key => key.Item2).ToArray());
        await announce.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Delivers everything that is due now; the number of deliveries made.</summary>
    public async Task<int> Drain(CancellationToken cancel)
    {
        var made = 0;
        while (await DeliverOne(cancel))
        {
            made++;
        }

        return made;
    }

    /// <summary>Runs until the host stops.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Work(stoppingToken)));

    private async Task Work(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (!await DeliverOne(stop))
                {
                    await signal.Wait(TimeSpan.FromMilliseconds(200), stop);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                // Whatever it is, a dispatcher that ended would end the whole host.
                log.LogWarning("The outbox cannot deliver now: {Reason}", failure.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<bool> DeliverOne(CancellationToken cancel)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<Database>();

        // The claim's row lock is held until the subscriber's commit: no lease, no second worker, nothing to clean up after a crash.
        var claim = await database.Find<Claim>($"""
            select id, tenant_id, subscriber, event_id, recorded_at, attempts from kernel.delivery
             where not dead and run_at <= now() and subscriber = any ({mine}) order by run_at, id limit 1 for update skip locked
            """, cancel);
        if (claim is null)
        {
            return false;
        }

        scope.ServiceProvider.GetRequiredService<CurrentActor>().Value = Actor.System(claim.TenantId);
        var happened = await database.Find<Happened>($"""
            select stream, number, type, payload, actor, acting_for, recorded_at
              from kernel.event_of({claim.EventId}, {claim.RecordedAt}, {claim.TenantId})
            """, cancel);
        try
        {
            if (happened is not null && known.TryGetValue((claim.Subscriber, happened.Type), out var subscription))
            {
                using var activity = Telemetry.Source.StartActivity(subscription.Subscriber, ActivityKind.Consumer);
                await subscription.Deliver(scope.ServiceProvider, happened.Payload,
                    new Envelope(happened.Stream, happened.Number, happened.RecordedAt, happened.Actor, happened.ActingFor), cancel);
            }

            await database.Execute($"delete from kernel.delivery where id = {claim.Id}", cancel);
            await database.Commit(cancel);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            await database.Rollback();
            log.LogError(failure, "{Subscriber} failed on {Type}, attempt {Attempt}", claim.Subscriber, happened?.Type, claim.Attempts + 1);
            var pause = TimeSpan.FromMilliseconds(200 * Math.Pow(2, Math.Min(claim.Attempts, 12)) * (0.75 + Random.Shared.NextDouble() / 2));
            await database.Execute($"""
                update kernel.delivery set attempts = attempts + 1, run_at = now() + {pause}, dead = attempts + 1 >= {MostAttempts},
                       last_error = {failure.GetType().Name}
                 where id = {claim.Id}
                """, cancel);
            await database.Commit(cancel);
        }

        return true;
    }

    private sealed record Claim(long Id, string TenantId, string Subscriber, long EventId, DateTimeOffset RecordedAt, int Attempts);

    private sealed record Happened(
        Guid Stream, int Number, string Type, string Payload, Guid? Actor, Guid? ActingFor, DateTimeOffset RecordedAt);
}

/// <summary>The product's own traces.</summary>
public static class Telemetry
{
    /// <summary>Spans of deliveries and workers.</summary>
    public static readonly ActivitySource Source = new("Marketplace");
}
