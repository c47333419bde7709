using System.Text.Json;

namespace Marketplace.Kernel;

/// <summary>What is wrong with a log.</summary>
public enum LogFault
{
    /// <summary>A checkpoint is not signed by its key, or checkpoints of several logs are mixed.</summary>
    BadCheckpoint,

    /// <summary>A line is no row.</summary>
    Unreadable,

    /// <summary>A row is missing, added or in another's place.</summary>
    OutOfPlace,

    /// <summary>A row is not what its hash says.</summary>
    Changed,

    /// <summary>A row does not follow the one before in its stream.</summary>
    ChainBroken,

    /// <summary>The rows up to here are not those of the published root.</summary>
    OtherRoot,

    /// <summary>The log is shorter than the published one.</summary>
    RowsMissing,

    /// <summary>Rows that no published root covers.</summary>
    BeyondRoots,

    /// <summary>The head of a stream is not its last row.</summary>
    OtherHead,
}

/// <summary>The first thing wrong with a log.</summary>
/// <param name="Fault">What.</param>
/// <param name="Position">The row, from 0; the first that may be wrong where no single one can be told.</param>
/// <param name="Sentence">For people.</param>
public sealed record LogFinding(LogFault Fault, long Position, string Sentence);

/// <summary>
/// Reads a log row by row: recomputes every hash, follows every stream's chain, builds the tree and compares it with the published roots.
/// Needs nothing but rows and checkpoints.
/// </summary>
public sealed class LogCheck
{
    private readonly Dictionary<Guid, Chain> chains = [];
    private readonly MerkleTree tree = new();
    private readonly List<AuditCheckpoint> checkpoints;
    private readonly bool mayGoOn;
    private (long Transaction, long Id) last = (-1, -1);
    private long covered;
    private int next;

    /// <summary>A check against these roots.</summary>
    /// <param name="roots">Any checkpoints of the log, at least one; the more of them, the closer a change is found.</param>
    /// <param name="mayGoOn">Whether rows may follow that are younger than the last root, as in the database itself.</param>
    public LogCheck(IEnumerable<AuditCheckpoint> roots, bool mayGoOn = false)
    {
        checkpoints = [.. roots.OrderBy(root => root.Size).ThenBy(root => root.Number)];
        this.mayGoOn = mayGoOn;
    }

    /// <summary>Rows read.</summary>
    public long Size => tree.Size;

    /// <summary>Streams seen.</summary>
    public int Streams => chains.Count;

    /// <summary>Whether the checkpoints can be used; asked before the first row.</summary>
    public LogFinding? Begin()
    {
        if (checkpoints.Count == 0)
        {
            return new LogFinding(LogFault.BadCheckpoint, 0, "There is no checkpoint to compare with.");
        }

        var bad = checkpoints.Find(root => root.Size < 1 || root.Origin != checkpoints[0].Origin || !root.IsSigned());
        return bad is null ? null : new LogFinding(LogFault.BadCheckpoint, 0, $"Checkpoint {bad.Number} is not signed by its key, or is of another log.");
    }

    /// <summary>Checks the next row; what is wrong with it, or null.</summary>
    public LogFinding? Add(LoggedEvent row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var position = tree.Size;
        if (!mayGoOn && position >= checkpoints[^1].Size)
        {
            return new LogFinding(LogFault.BeyondRoots, position, $"Row {position} is younger than the last root: get newer roots.");
        }

        if (row.Position != position || (row.Transaction, row.Id).CompareTo(last) <= 0)
        {
            return new LogFinding(LogFault.OutOfPlace, position, $"Row {position} is not the row of this place.");
        }

        if (!row.IsGenuine() || AuditCheckpoint.OriginOf(row.Tenant) != checkpoints[0].Origin)
        {
            return new LogFinding(LogFault.Changed, position, $"Row {position} is not what its hash says.");
        }

        if (!ChainOf(row.Stream).Follow(row))
        {
            return Broken(position);
        }

        last = (row.Transaction, row.Id);
        tree.Add(Merkle.Leaf(Convert.FromHexString(row.Hash)));
        for (; next < checkpoints.Count && checkpoints[next].Size == tree.Size; next++)
        {
            if (Convert.ToHexStringLower(tree.Root) != checkpoints[next].Root)
            {
                return new LogFinding(
                    LogFault.OtherRoot, covered, $"One of the rows {covered} to {position} is not the one of checkpoint {checkpoints[next].Number}.");
            }
        }

        covered = next > 0 ? checkpoints[next - 1].Size : 0;
        return null;
    }

    /// <summary>Checks the next line of an export.</summary>
    public LogFinding? AddLine(string line)
    {
        try
        {
            return Add(LoggedEvent.Parse(line));
        }
        catch (JsonException)
        {
            return new LogFinding(LogFault.Unreadable, tree.Size, $"Line {tree.Size + 1} is no row.");
        }
    }

    /// <summary>What is missing at the end, or null: then the log is the published one.</summary>
    public LogFinding? End()
    {
        if (next < checkpoints.Count)
        {
            return new LogFinding(LogFault.RowsMissing, tree.Size, $"Checkpoint {checkpoints[^1].Number} holds {checkpoints[^1].Size} rows, here are {tree.Size}.");
        }

        var waiting = chains.Values.SelectMany(chain => chain.Waiting).Order().Take(1).ToList();
        return waiting is [var first] ? Broken(first) : null;
    }

    /// <summary>Whether a stream ends as its head says.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="number">The head's number.</param>
    /// <param name="hash">The head's hash.</param>
    public LogFinding? Head(Guid stream, int number, byte[] hash) => chains.GetValueOrDefault(stream)?.EndsWith(number, Convert.ToHexStringLower(hash)) == true
        ? null
        : new LogFinding(LogFault.OtherHead, tree.Size, $"The head of stream {stream} is not its last row.");

    private static LogFinding Broken(long position) =>
        new(LogFault.ChainBroken, position, $"Row {position} does not follow the one before in its stream.");

    private Chain ChainOf(Guid stream)
    {
        if (!chains.TryGetValue(stream, out var chain))
        {
            chains[stream] = chain = new Chain();
        }

        return chain;
    }

    /// <summary>The rows of a stream, which the log may hold in another order: by transaction, not by number.</summary>
    private sealed class Chain
    {
        private int number;
        private string hash = "";
        private SortedDictionary<int, LoggedEvent>? early;

        public IEnumerable<long> Waiting => early?.Values.Select(row => row.Position) ?? [];

        public bool Follow(LoggedEvent row)
        {
            if (row.Number > number + 1)
            {
                return (early ??= []).TryAdd(row.Number, row);
            }

            LoggedEvent? following = row;
            while (following is not null)
            {
                if (following.Number != number + 1 || following.PreviousHash != hash)
                {
                    return false;
                }

                (number, hash) = (following.Number, following.Hash);
                following = early is not null && early.Remove(number + 1, out var next) ? next : null;
            }

            return true;
        }

        public bool EndsWith(int lastNumber, string lastHash) => early is null or { Count: 0 } && number == lastNumber && hash == lastHash;
    }
}
