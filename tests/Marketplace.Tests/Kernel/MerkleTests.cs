using Marketplace.Kernel;

namespace Marketplace.Tests.Kernel;

public sealed class MerkleTests
{
    /// <summary>The eight leaves, roots and proofs that the test suites of Certificate Transparency share.</summary>
    private static readonly string[] Leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    [Theory]
    [InlineData(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
    [InlineData(2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    [InlineData(3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")]
    [InlineData(4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    [InlineData(5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4")]
    [InlineData(6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef")]
    [InlineData(7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c")]
    [InlineData(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
    public void The_root_is_that_of_the_standard(int size, string root) =>
        Assert.Equal(root, Convert.ToHexStringLower(TreeOf([.. Leaves.Take(size).Select(leaf => Merkle.Leaf(Convert.FromHexString(leaf)))]).Root));

    [Fact]
    public void Proofs_are_those_of_the_standard()
    {
        var leaves = Leaves.Select(leaf => Merkle.Leaf(Convert.FromHexString(leaf))).ToArray();
        Assert.Equal(
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
            Hashes(leaves, Merkle.Inclusion(0, 8)).Select(Convert.ToHexStringLower));
        Assert.Equal(
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
            Hashes(leaves, Merkle.Consistency(6, 8)).Select(Convert.ToHexStringLower));
    }

    [Fact]
    public void Every_leaf_of_every_size_is_proven_and_no_other_place_is()
    {
        var leaves = Some(200);
        for (var size = 1; size <= leaves.Length; size++)
        {
            var root = TreeOf(leaves[..size]).Root;
            for (var index = 0; index < size; index++)
            {
                var path = Hashes(leaves, Merkle.Inclusion(index, size));
                Assert.True(Merkle.Includes(root, size, index, leaves[index], path));
                Assert.False(Merkle.Includes(root, size, index, leaves[(index + 1) % 200], path));
                Assert.False(size > 1 && Merkle.Includes(root, size, (index + 1) % size, leaves[index], path));
            }
        }
    }

    [Fact]
    public void Every_pair_of_sizes_is_consistent_and_no_other_root_is()
    {
        var leaves = Some(200);
        var roots = Enumerable.Range(0, 201).Select(size => TreeOf(leaves[..size]).Root).ToList();
        for (var size = 1; size <= 200; size++)
        {
            for (var from = 1; from <= size; from++)
            {
                var path = Hashes(leaves, Merkle.Consistency(from, size));
                Assert.True(Merkle.Extends(roots[from], from, roots[size], size, path));
                Assert.False(Merkle.Extends(roots[from - 1], from, roots[size], size, path));
                Assert.False(Merkle.Extends(roots[from], from, roots[size - 1], size, path));
            }
        }
    }

    /// <summary>Across the widths of one and two levels of tiles, continued from storage at odd places.</summary>
    [Fact]
    public void A_tree_continued_from_its_tiles_is_the_tree_grown_at_once()
    {
        var leaves = Some(70_000);
        var whole = TreeOf(leaves);
        var kept = new Dictionary<(int, long), TreeTile>();
        var parts = new MerkleTree();
        foreach (var until in (int[])[1, 255, 256, 257, 511, 5_000, 65_535, 65_536, 65_537, 70_000])
        {
            parts = new MerkleTree(parts.Size, MerkleTree.Edge(parts.Size).Select(at => kept[at]));
            while (parts.Size < until)
            {
                parts.Add(leaves[parts.Size]);
            }

            foreach (var tile in parts.TakeFull().Concat(parts.Partial()))
            {
                kept[(tile.Level, tile.Index)] = tile;
            }

            Assert.Equal(TreeOf(leaves[..until]).Root, parts.Root);
        }

        foreach (var index in (int[])[0, 255, 256, 40_000, 65_535, 65_536, 69_999])
        {
            var path = Merkle.Inclusion(index, 70_000).Select(subtree => Merkle.Fold([.. subtree.Nodes().Select(node => kept[TreeTile.Of(node)].Hash(node))]));
            Assert.True(Merkle.Includes(whole.Root, 70_000, index, leaves[index], path));
        }
    }

    private static byte[][] Some(int count) => [.. Enumerable.Range(0, count).Select(at => Merkle.Leaf(BitConverter.GetBytes(at)))];

    private static MerkleTree TreeOf(IEnumerable<byte[]> leaves)
    {
        var tree = new MerkleTree();
        foreach (var leaf in leaves)
        {
            tree.Add(leaf);
        }

        return tree;
    }

    private static List<byte[]> Hashes(byte[][] leaves, IEnumerable<Subtree> subtrees) =>
        [.. subtrees.Select(subtree => TreeOf(leaves[(int)subtree.Start..(int)subtree.End]).Root)];
}
