using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Marketplace.Kernel;

/// <summary>
/// The key folder (<c>MARKETPLACE_KEYS</c>, default <c>.data/keys</c>), shared by all instances, readable by the product only:
/// keyed hashes, sealed values, and the files modules keep their signing keys in.
/// </summary>
public sealed class Secrets
{
    private readonly string folder;
    private readonly ConcurrentDictionary<string, byte[]> known = new(StringComparer.Ordinal);

    /// <summary>Opens the folder, creating it with mode 0700 when it is missing.</summary>
    public Secrets(string folder)
    {
        this.folder = Path.GetFullPath(folder);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(this.folder);
        }
        else
        {
            Directory.CreateDirectory(this.folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>HMAC-SHA256 of bytes under the folder's key for a purpose.</summary>
    public byte[] Hmac(string purpose, ReadOnlySpan<byte> message) => HMACSHA256.HashData(Key("hmac-" + purpose), message);

    /// <summary>HMAC-SHA256 of a text under the folder's key for a purpose.</summary>
    public byte[] Hmac(string purpose, string message) => Hmac(purpose, Encoding.UTF8.GetBytes(message));

    /// <summary>Encrypts a text with AES-256-GCM, bound to where it is kept.</summary>
    /// <param name="purpose">Which key.</param>
    /// <param name="text">The text.</param>
    /// <param name="boundTo">The row it belongs to; a value moved to another row does not open.</param>
    public byte[] Seal(string purpose, string text, Guid boundTo)
    {
        var nonce = RandomNumberGenerator.GetBytes(12);
        var plain = Encoding.UTF8.GetBytes(text);
        var cipher = new byte[plain.Length];
        var tag = new byte[16];
        using var aes = new AesGcm(Key("seal-" + purpose), 16);
        aes.Encrypt(nonce, plain, cipher, tag, boundTo.ToByteArray());
        return [.. nonce, .. tag, .. cipher];
    }

    /// <summary>Decrypts what <see cref="Seal"/> made.</summary>
    /// <exception cref="CryptographicException">The value was altered or belongs to another row.</exception>
    public string Open(string purpose, byte[] sealedText, Guid boundTo)
    {
        ArgumentNullException.ThrowIfNull(sealedText);
        var plain = new byte[sealedText.Length - 28];
        using var aes = new AesGcm(Key("seal-" + purpose), 16);
        aes.Decrypt(sealedText.AsSpan(0, 12), sealedText.AsSpan(28), sealedText.AsSpan(12, 16), plain, boundTo.ToByteArray());
        return Encoding.UTF8.GetString(plain);
    }

    /// <summary>The content of a key file, made once by whichever instance comes first.</summary>
    public string File(string name, Func<string> make)
    {
        ArgumentNullException.ThrowIfNull(make);
        var path = Path.Combine(folder, name);
        if (!System.IO.File.Exists(path))
        {
            var content = make();
            var draft = Path.Combine(folder, $".{name}.{Guid.NewGuid():N}");
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var writer = new StreamWriter(draft, options))
            {
                writer.Write(content);
            }

            try
            {
                System.IO.File.Move(draft, path, overwrite: false);
            }
            catch (IOException)
            {
                System.IO.File.Delete(draft); // another instance was first: its key counts
            }
        }

        return System.IO.File.ReadAllText(path);
    }

    private byte[] Key(string name) => known.GetOrAdd(name, _ =>
        Convert.FromBase64String(File(name + ".key", () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)))));
}
