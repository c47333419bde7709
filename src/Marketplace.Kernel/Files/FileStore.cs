namespace Marketplace.Kernel.Files;

/// <summary>Where the bytes of files lie, each under the hash of its content. Rows say who may see them; a file without a row is seen by nobody.</summary>
public interface IFileStore
{
    /// <summary>Keeps a file; one that is there already stays as it is.</summary>
    /// <param name="hash">SHA-256 of the bytes, 64 small hexadecimal digits.</param>
    Task Write(string hash, ReadOnlyMemory<byte> bytes, CancellationToken cancel);

    /// <summary>The bytes of a file.</summary>
    /// <param name="hash">SHA-256 of the bytes, 64 small hexadecimal digits.</param>
    /// <exception cref="InvalidDataException">The file is missing or its bytes are no longer those of its hash.</exception>
    Task<byte[]> Read(string hash, CancellationToken cancel);
}

/// <summary>
/// Files in a folder that all instances share, readable by the product only. A file is written beside its place, brought to the disk and
/// renamed: it is there whole or not at all, and the same content sent twice at once ends as one file.
/// </summary>
public sealed class LocalFiles : IFileStore
{
    private readonly string folder;
    private readonly string arriving;

    /// <summary>Opens the folder, creating it with mode 0700 when it is missing.</summary>
    public LocalFiles(string folder)
    {
        this.folder = Path.GetFullPath(folder);
        arriving = Path.Combine(this.folder, "arriving");
        Make(arriving);
    }

    /// <inheritdoc/>
    public async Task Write(string hash, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        var place = PlaceOf(hash);
        if (File.Exists(place))
        {
            return;
        }

        Make(Path.GetDirectoryName(place)!);
        var draft = Path.Combine(arriving, Guid.NewGuid().ToString("N"));
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            await using (var file = new FileStream(draft, options))
            {
                await file.WriteAsync(bytes, cancel);
                file.Flush(flushToDisk: true);
            }

            File.Move(draft, place, overwrite: true);
        }
        finally
        {
            File.Delete(draft); // does nothing once it was renamed
        }
    }

    /// <inheritdoc/>
    public async Task<byte[]> Read(string hash, CancellationToken cancel)
    {
        var place = PlaceOf(hash);
        if (!File.Exists(place))
        {
            throw new InvalidDataException($"The file {hash} is missing.");
        }

        var bytes = await File.ReadAllBytesAsync(place, cancel);
        return ReceivedFile.HashOf(bytes) == hash ? bytes : throw new InvalidDataException($"The file {hash} was altered.");
    }

    /// <summary>Only a hash names a file: nothing else reaches the file system.</summary>
    private string PlaceOf(string hash) => ReceivedFile.IsHash(hash)
        ? Path.Combine(folder, hash[..2], hash)
        : throw new ArgumentException("A file is named by its hash.", nameof(hash));

    private static void Make(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}

/// <summary>The files of the actor's tenant: bytes in the store, one row for each in the unit of work.</summary>
public sealed class TenantFiles(IFileStore store, Database database)
{
    /// <summary>
    /// Keeps a file. The bytes come first: when the unit of work does not end well they stay behind without a row, seen by nobody, until
    /// somebody sends the same content again.
    /// </summary>
    public async Task Keep(ReceivedFile file, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(file);
        await store.Write(file.Hash, file.Bytes, cancel);
        await database.Execute($"""
            insert into kernel.file (hash, media_type, size) values ({file.Hash}, {file.MediaType}, {file.Bytes.Length}) on conflict do nothing
            """, cancel);
    }

    /// <summary>A kept file; null when the tenant has none of this hash. Whether the actor may see it is the caller's to know.</summary>
    public async Task<ReceivedFile?> Read(string hash, CancellationToken cancel) =>
        await database.Value<string>($"select media_type from kernel.file where hash = {hash}", cancel) is { } mediaType
            ? new ReceivedFile(hash, mediaType, await store.Read(hash, cancel))
            : null;
}
