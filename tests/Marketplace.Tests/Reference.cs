namespace Marketplace.Tests;

/// <summary>Files from outside the product, named by <c>MARKETPLACE_REFERENCE</c>; tests that need them are reported as skipped without it.</summary>
internal static class Reference
{
    public static readonly string? Folder = Environment.GetEnvironmentVariable("MARKETPLACE_REFERENCE") is { Length: > 0 } folder ? folder : null;

    public static readonly string? Missing = Folder is null ? "MARKETPLACE_REFERENCE is not set." : null;
}

/// <summary>A test that compares with <see cref="Reference"/>.</summary>
public sealed class ReferenceFactAttribute : FactAttribute
{
    public ReferenceFactAttribute() => Skip = Reference.Missing;
}

/// <summary>A test with cases that compares with <see cref="Reference"/>.</summary>
public sealed class ReferenceTheoryAttribute : TheoryAttribute
{
    public ReferenceTheoryAttribute() => Skip = Reference.Missing;
}
