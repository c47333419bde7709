using Marketplace.Kernel;

namespace Marketplace.Tests.Kernel;

/// <summary>Reads gathered into one never answer from before the question, and one asker's trouble is not another's.</summary>
public sealed class ReadTogetherTests
{
    private readonly List<(string[] Keys, TaskCompletionSource<IReadOnlyDictionary<string, string>> Answer)> reads = [];
    private readonly SemaphoreSlim begun = new(0);

    private ReadTogether<string, string> Reader => new(Read, most: 3);

    [Fact]
    public async Task Who_asks_while_a_read_is_under_way_is_in_the_next_one()
    {
        var reader = Reader;
        var first = reader.Find("a", CancellationToken.None);
        await Begun();
        var second = reader.Find("a", CancellationToken.None);
        var third = reader.Find("b", CancellationToken.None);
        Answer(0, ("a", "old"));
        Assert.Equal("old", await first);
        await Begun();
        Assert.Equal(["a", "b"], reads[1].Keys);
        Assert.False(second.IsCompleted);
        Answer(1, ("a", "new"));
        Assert.Equal("new", await second);
        Assert.Null(await third);
    }

    [Fact]
    public async Task A_read_takes_no_more_than_its_most_and_no_key_twice()
    {
        var reader = Reader;
        _ = reader.Find("a", CancellationToken.None);
        await Begun();
        var waiting = (string[])["b", "b", "c", "d"];
        var asked = waiting.Select(key => reader.Find(key, CancellationToken.None)).ToList();
        Answer(0);
        await Begun();
        Assert.Equal(["b", "c"], reads[1].Keys);
        Answer(1, ("b", "B"), ("c", "C"));
        await Begun();
        Assert.Equal(["d"], reads[2].Keys);
        Answer(2, ("d", "D"));
        Assert.Equal("B B C D", string.Join(' ', await Task.WhenAll(asked)));
    }

    [Fact]
    public async Task A_failed_read_fails_its_askers_and_the_next_goes_on()
    {
        var reader = Reader;
        var failing = reader.Find("a", CancellationToken.None);
        await Begun();
        var next = reader.Find("a", CancellationToken.None);
        reads[0].Answer.SetException(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => failing);
        await Begun();
        Answer(1, ("a", "A"));
        Assert.Equal("A", await next);
    }

    [Fact]
    public async Task An_asker_who_leaves_leaves_the_others_their_answer()
    {
        var reader = Reader;
        using var leaving = new CancellationTokenSource();
        var gone = reader.Find("a", leaving.Token);
        await Begun();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        var stays = reader.Find("a", CancellationToken.None);
        Answer(0);
        await Begun();
        Answer(1, ("a", "A"));
        Assert.Equal("A", await stays);
    }

    private Task<IReadOnlyDictionary<string, string>> Read(IReadOnlyCollection<string> keys)
    {
        var answer = new TaskCompletionSource<IReadOnlyDictionary<string, string>>();
        reads.Add(([.. keys], answer));
        begun.Release();
        return answer.Task;
    }

    private async Task Begun() => Assert.True(await begun.WaitAsync(TimeSpan.FromSeconds(10)));

    private void Answer(int read, params (string Key, string Row)[] rows) => reads[read].Answer.SetResult(rows.ToDictionary(row => row.Key, row => row.Row));
}
