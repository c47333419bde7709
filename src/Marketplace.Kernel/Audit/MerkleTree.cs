using System.Security.Cryptography;

namespace Marketplace.Kernel;

/// <summary>Up to 256 neighbouring nodes of every eighth level of a tree, as they are stored.</summary>
/// <param name="Level">0 holds leaves, 1 the nodes over 256 leaves, 2 those over 65,536 …</param>
/// <param name="Index">Which 256, from the left.</param>
/// <param name="Hashes">32 bytes for each node there is.</param>
public sealed record TreeTile(int Level, long Index, byte[] Hashes)
{
    internal const int Height = 8;
    internal const int Full = 1 << Height;

    /// <summary>How many nodes it holds.</summary>
    public int Width => Hashes.Length / SHA256.HashSizeInBytes;

    /// <summary>The node over all of a full tile.</summary>
    internal byte[] Top => Hash(Height, 0);

    /// <summary>The tile a node is read from.</summary>
    public static (int Level, long Index) Of(TreeNode node) => (node.Level / Height, node.Index << (node.Level % Height) >> Height);

    /// <summary>The hash of a node of this tile.</summary>
    public byte[] Hash(TreeNode node)
    {
        var within = node.Level % Height;
        return Hash(within, (int)((node.Index << within) & (Full - 1)));
    }

    private byte[] Hash(int level, int first) => level == 0
        ? Hashes.AsSpan(first * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes).ToArray()
        : Merkle.Node(Hash(level - 1, first), Hash(level - 1, first + (1 << (level - 1))));
}

/// <summary>A tree that grows at its right edge, and keeps no more of itself than it needs for that.</summary>
public sealed class MerkleTree
{
    private readonly List<MemoryStream> edge = [];
    private readonly List<TreeTile> full = [];

    /// <summary>An empty tree.</summary>
    public MerkleTree()
    {
    }

    /// <summary>A tree continued from what is stored of its right edge.</summary>
    /// <param name="size">Its leaves.</param>
    /// <param name="edge">The tiles named by <see cref="Edge"/>.</param>
    public MerkleTree(long size, IEnumerable<TreeTile> edge)
    {
        ArgumentNullException.ThrowIfNull(edge);
        var tiles = edge.ToDictionary(tile => (tile.Level, tile.Index));
        Size = size;
        for (var level = 0; size >> (level * TreeTile.Height) > 0; level++)
        {
            var nodes = size >> (level * TreeTile.Height);
            this.edge.Add(new MemoryStream());
            if (nodes % TreeTile.Full is var width and > 0)
            {
                this.edge[level].Write(tiles[(level, nodes / TreeTile.Full)].Hashes.AsSpan(0, checked((int)width) * SHA256.HashSizeInBytes));
            }
        }
    }

    /// <summary>Its leaves.</summary>
    public long Size { get; private set; }

    /// <summary>Its root.</summary>
    public byte[] Root => Merkle.Fold([.. Enumerable.Range(0, edge.Count).Reverse().SelectMany(level =>
    {
        var nodes = Size >> (level * TreeTile.Height);
        var tile = new TreeTile(level, nodes / TreeTile.Full, edge[level].ToArray());
        return new Subtree(nodes - tile.Width, nodes).Nodes().Select(node => tile.Hash(node));
    })]);

    /// <summary>The tiles at the right edge of a tree of this size that are not full.</summary>
    public static IEnumerable<(int Level, long Index)> Edge(long size)
    {
        for (var level = 0; size >> (level * TreeTile.Height) is var nodes and > 0; level++)
        {
            if (nodes % TreeTile.Full > 0)
            {
                yield return (level, nodes / TreeTile.Full);
            }
        }
    }

    /// <summary>Adds a leaf at the right edge.</summary>
    /// <param name="leaf">Its hash.</param>
    public void Add(byte[] leaf)
    {
        Size++;
        for (var level = 0; ; level++)
        {
            if (level == edge.Count)
            {
                edge.Add(new MemoryStream());
            }

            edge[level].Write(leaf);
            if (edge[level].Length < TreeTile.Full * SHA256.HashSizeInBytes)
            {
                return;
            }

            var tile = new TreeTile(level, (Size >> ((level + 1) * TreeTile.Height)) - 1, edge[level].ToArray());
            full.Add(tile);
            edge[level].SetLength(0);
            leaf = tile.Top;
        }
    }

    /// <summary>The tiles that became full since this was last asked.</summary>
    public IReadOnlyList<TreeTile> TakeFull()
    {
        TreeTile[] taken = [.. full];
        full.Clear();
        return taken;
    }

    /// <summary>The tiles at the right edge that are not full.</summary>
    public IEnumerable<TreeTile> Partial() => Edge(Size).Select(at => new TreeTile(at.Level, at.Index, edge[at.Level].ToArray()));
}
