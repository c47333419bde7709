using System.Numerics;
using System.Security.Cryptography;

namespace Marketplace.Kernel;

/// <summary>A perfect subtree: 2^<paramref name="Level"/> leaves, the <paramref name="Index"/>-th of that size from the left.</summary>
public readonly record struct TreeNode(int Level, long Index);

/// <summary>Leaves from <paramref name="Start"/> up to, not including, <paramref name="End"/>, that form a subtree.</summary>
public readonly record struct Subtree(long Start, long End)
{
    /// <summary>The perfect subtrees it is put together from, largest first.</summary>
    public IEnumerable<TreeNode> Nodes()
    {
        for (var start = Start; start < End;)
        {
            var level = BitOperations.Log2((ulong)(End - start));
            yield return new TreeNode(level, start >> level);
            start += 1L << level;
        }
    }
}

/// <summary>The Merkle tree of RFC 9162 (and RFC 6962) over SHA-256: hashes, which subtrees make a proof, and how a proof is checked.</summary>
public static class Merkle
{
    /// <summary>The hash of a leaf with this content.</summary>
    public static byte[] Leaf(ReadOnlySpan<byte> content) => SHA256.HashData([0, .. content]);

    /// <summary>The hash of a node over two others.</summary>
    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * SHA256.HashSizeInBytes)];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + SHA256.HashSizeInBytes)..]);
        return SHA256.HashData(input);
    }

    /// <summary>The hash over perfect subtrees that stand side by side, largest first; the empty tree's when there is none.</summary>
    public static byte[] Fold(IReadOnlyList<byte[]> hashes)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        if (hashes.Count == 0)
        {
            return SHA256.HashData([]);
        }

        var root = hashes[^1];
        for (var i = hashes.Count - 2; i >= 0; i--)
        {
            root = Node(hashes[i], root);
        }

        return root;
    }

    /// <summary>The subtrees whose hashes prove that a leaf is in a tree, from the leaf upwards.</summary>
    /// <param name="index">The leaf's place, from 0.</param>
    /// <param name="size">Leaves of the tree.</param>
    public static IReadOnlyList<Subtree> Inclusion(long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var path = new List<Subtree>();
        var (start, end) = (0L, size);
        while (end - start > 1)
        {
            var middle = start + Split(end - start);
            if (index < middle)
            {
                path.Add(new Subtree(middle, end));
                end = middle;
            }
            else
            {
                path.Add(new Subtree(start, middle));
                start = middle;
            }
        }

        path.Reverse();
        return path;
    }

    /// <summary>The subtrees whose hashes prove that a tree only grew since it had fewer leaves.</summary>
    /// <param name="from">Leaves before; at least 1.</param>
    /// <param name="size">Leaves now.</param>
    public static IReadOnlyList<Subtree> Consistency(long from, long size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, size);
        var path = new List<Subtree>();
        var (start, end) = (0L, size);
        while (from < end)
        {
            var middle = start + Split(end - start);
            if (from <= middle)
            {
                path.Add(new Subtree(middle, end));
                end = middle;
            }
            else
            {
                path.Add(new Subtree(start, middle));
                start = middle;
            }
        }

        // The whole old tree needs no hash: its root is known to whoever asks.
        if (start > 0)
        {
            path.Add(new Subtree(start, end));
        }

        path.Reverse();
        return path;
    }

    /// <summary>Whether a path proves that a leaf is in the tree of this root (RFC 9162, 2.1.3.2).</summary>
    public static bool Includes(ReadOnlySpan<byte> root, long size, long index, byte[] leaf, IEnumerable<byte[]> path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (index < 0 || index >= size)
        {
            return false;
        }

        var (fn, sn, hash) = (index, size - 1, leaf);
        foreach (var other in path)
        {
            if (sn == 0)
            {
                return false;
            }

            if ((fn & 1) == 1 || fn == sn)
            {
                hash = Node(other, hash);
                while ((fn & 1) == 0 && fn != 0)
                {
                    (fn, sn) = (fn >> 1, sn >> 1);
                }
            }
            else
            {
                hash = Node(hash, other);
            }

            (fn, sn) = (fn >> 1, sn >> 1);
        }

        return sn == 0 && root.SequenceEqual(hash);
    }

    /// <summary>Whether a path proves that the tree of the second root holds the leaves of the first, in place (RFC 9162, 2.1.4.2).</summary>
    public static bool Extends(ReadOnlySpan<byte> oldRoot, long oldSize, ReadOnlySpan<byte> root, long size, IReadOnlyList<byte[]> path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (oldSize < 1 || oldSize > size)
        {
            return false;
        }

        if (oldSize == size)
        {
            return path.Count == 0 && oldRoot.SequenceEqual(root);
        }

        IReadOnlyList<byte[]> steps = BitOperations.IsPow2(oldSize) ? [oldRoot.ToArray(), .. path] : path;
        if (path.Count == 0)
        {
            return false;
        }

        var (fn, sn) = (oldSize - 1, size - 1);
        while ((fn & 1) == 1)
        {
            (fn, sn) = (fn >> 1, sn >> 1);
        }

        var (before, now) = (steps[0], steps[0]);
        foreach (var other in steps.Skip(1))
        {
            if (sn == 0)
            {
                return false;
            }

            if ((fn & 1) == 1 || fn == sn)
            {
                (before, now) = (Node(other, before), Node(other, now));
                while ((fn & 1) == 0 && fn != 0)
                {
                    (fn, sn) = (fn >> 1, sn >> 1);
                }
            }
            else
            {
                now = Node(now, other);
            }

            (fn, sn) = (fn >> 1, sn >> 1);
        }

        return sn == 0 && oldRoot.SequenceEqual(before) && root.SequenceEqual(now);
    }

    /// <summary>How many leaves stand left of the middle: the largest power of two below the size.</summary>
    private static long Split(long size) => 1L << BitOperations.Log2((ulong)(size - 1));
}
