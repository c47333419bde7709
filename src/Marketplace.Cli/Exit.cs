namespace Marketplace.Cli;

/// <summary>Exit codes, the same for every command.</summary>
internal static class Exit
{
    public const int Done = 0;

    /// <summary>The product said no: bad rows, a label that is not genuine.</summary>
    public const int Refused = 1;

    /// <summary>The command could not be carried out: no file, no server.</summary>
    public const int Failed = 2;

    /// <summary>A signature of ours, but nothing at hand says how the certificate stands now.</summary>
    public const int Unknown = 3;
}
