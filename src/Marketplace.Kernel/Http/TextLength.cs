using System.ComponentModel.DataAnnotations;

namespace Marketplace.Kernel.Http;

/// <summary>
/// Length of a text in characters as the database counts them (code points): a text that has to have some has as many without the spaces around it.
/// </summary>
/// <param name="maximumLength">The most characters.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class TextLengthAttribute(int maximumLength) : StringLengthAttribute(maximumLength)
{
    /// <summary>True for no text, and for one of a length within bounds.</summary>
    public override bool IsValid(object? value) => value is null
        || (value is string text && text.EnumerateRunes().Count() <= MaximumLength && text.Trim().EnumerateRunes().Count() >= MinimumLength);
}
