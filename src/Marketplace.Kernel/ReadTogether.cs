namespace Marketplace.Kernel;

/// <summary>
/// Reads in one statement what many ask for at the same moment. Nobody joins a read that has begun, so an answer is never older than its
/// question: unlike a cache it needs no telling of changes.
/// </summary>
/// <param name="read">Reads the rows there are; it is given no key twice.</param>
/// <param name="most">The most keys of one read.</param>
/// <typeparam name="TKey">What is asked for.</typeparam>
/// <typeparam name="TRow">What is found.</typeparam>
public sealed class ReadTogether<TKey, TRow>(Func<IReadOnlyCollection<TKey>, Task<IReadOnlyDictionary<TKey, TRow>>> read, int most = 100)
    where TKey : notnull
    where TRow : class
{
    private readonly Lock turn = new();
    private readonly Queue<Asked> waiting = new();
    private bool reading;

    /// <summary>The row of a key, as it was after the question; null when there is none.</summary>
    /// <param name="key">What to look for.</param>
    /// <param name="cancel">Ends the waiting of this asker, not the read of the others.</param>
    public Task<TRow?> Find(TKey key, CancellationToken cancel)
    {
        var asked = new Asked(key);
        lock (turn)
        {
            waiting.Enqueue(asked);
            if (!reading)
            {
                reading = true;
                _ = Task.Run(ReadAll, CancellationToken.None);
            }
        }

        return asked.Found.Task.WaitAsync(cancel);
    }

    private async Task ReadAll()
    {
        while (Next() is { Count: > 0 } together)
        {
            // Each asker gets the outcome, a failure as well: to wait for it is theirs.
            var reading = read([.. together.Select(asked => asked.Key).Distinct()]);
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            together.ForEach(asked => asked.Hear(reading));
        }
    }

    private List<Asked> Next()
    {
        lock (turn)
        {
            var together = new List<Asked>();
            while (together.Count < most && waiting.TryDequeue(out var asked))
            {
                together.Add(asked);
            }

            reading = together.Count > 0;
            return together;
        }
    }

    private sealed record Asked(TKey Key)
    {
        public TaskCompletionSource<TRow?> Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Hear(Task<IReadOnlyDictionary<TKey, TRow>> read)
        {
            if (read.IsCompletedSuccessfully)
            {
                Found.SetResult(read.Result.GetValueOrDefault(Key));
            }
            else
            {
                Found.SetException(read.Exception?.InnerException ?? new TaskCanceledException(read));
            }
        }
    }
}
