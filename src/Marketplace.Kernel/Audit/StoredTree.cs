namespace Marketplace.Kernel;

/// <summary>The tree behind the checkpoints as it lies in <c>kernel.tree_tile</c>.</summary>
public static class StoredTree
{
    /// <summary>The hashes of subtrees, in order; each a part of the tree of some checkpoint.</summary>
    public static async Task<IReadOnlyList<string>> Hashes(Database database, IReadOnlyList<Subtree> subtrees, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(database);
        var wanted = subtrees.SelectMany(subtree => subtree.Nodes()).Select(TreeTile.Of).Distinct();
        var tiles = (await Tiles(database, wanted, cancel)).ToDictionary(tile => (tile.Level, tile.Index));
        return [.. subtrees.Select(subtree => Convert.ToHexStringLower(Merkle.Fold([.. subtree.Nodes().Select(node => tiles[TreeTile.Of(node)].Hash(node))])))];
    }

    /// <summary>The widest there is of each tile.</summary>
    internal static Task<List<TreeTile>> Tiles(Database database, IEnumerable<(int Level, long Index)> wanted, CancellationToken cancel)
    {
        var places = wanted.ToList();
        return database.List<TreeTile>($"""
            select distinct on (t.level, t.index) t.level, t.index, t.hashes
              from kernel.tree_tile t join unnest({places.Select(place => place.Level).ToArray()}, {places.Select(place => place.Index).ToArray()})
                   as w (level, index) on t.level = w.level and t.index = w.index
             order by t.level, t.index, t.width desc
            """, cancel);
    }

    /// <summary>Keeps tiles; one that did not change since an earlier checkpoint is there already.</summary>
    internal static async Task Keep(Database database, IReadOnlyList<TreeTile> tiles, CancellationToken cancel)
    {
        foreach (var some in tiles.Chunk(500))
        {
            await database.Execute($"""
                insert into kernel.tree_tile (level, index, width, hashes)
                select * from unnest({some.Select(tile => tile.Level).ToArray()}, {some.Select(tile => tile.Index).ToArray()},
                    {some.Select(tile => tile.Width).ToArray()}, {some.Select(tile => tile.Hashes).ToArray()})
                    on conflict do nothing
                """, cancel);
        }
    }
}
