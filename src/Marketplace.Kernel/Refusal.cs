namespace Marketplace.Kernel;

/// <summary>The business says no: a stable code and one sentence for people. The route turns it into a problem, a page into a sentence at the field.</summary>
/// <param name="Code">Stable kebab-case code; never translated.</param>
/// <param name="Sentence">One English sentence of at most twenty words that says what to do or why not.</param>
/// <param name="Pointer">JSON pointer of the member that is wrong, when one is.</param>
/// <param name="Status">HTTP status; 409 unless the refusal is about something else than the state of things.</param>
/// <param name="Details">What the sentence is about, as the problem's member <c>details</c>; the route documents its shape.</param>
public sealed record Refusal(string Code, string Sentence, string? Pointer = null, int Status = 409, object? Details = null)
{
    /// <summary>The thing is not there, or not yours: the two are the same to the asker.</summary>
    public static readonly Refusal NotFound = new("not-found", "There is no such thing here.", Status: 404);

    /// <summary>Somebody else changed the thing first.</summary>
    public static readonly Refusal ChangedMeanwhile = new("changed-meanwhile", "Somebody else changed this first; read it again.");

    /// <summary>A value that no schema can express is wrong.</summary>
    public static Refusal Invalid(string pointer, string code, string sentence) => new(code, sentence, pointer, 400);
}

/// <summary>What a use case gives back: a value, or the refusal that took its place.</summary>
/// <typeparam name="T">The value's type.</typeparam>
public readonly struct Outcome<T>
{
    private Outcome(T? value, Refusal? refusal) => (Value, Refusal) = (value, refusal);

    /// <summary>The value; meaningless when there is a refusal.</summary>
    public T? Value { get; }

    /// <summary>Why there is no value, or null when there is one.</summary>
    public Refusal? Refusal { get; }

    /// <summary>A value is an outcome; for interface types, which no implicit conversion takes.</summary>
    public static Outcome<T> Of(T value) => new(value, null);

    /// <summary>A value is an outcome.</summary>
    public static implicit operator Outcome<T>(T value) => new(value, null);

    /// <summary>A refusal is an outcome.</summary>
    public static implicit operator Outcome<T>(Refusal refusal) => new(default, refusal);
}

/// <summary>Thrown to leave a call through a module seam whose signature cannot carry a refusal; answered like a returned one.</summary>
public sealed class RefusedException(Refusal refusal) : Exception(refusal.Sentence)
{
    /// <summary>The refusal.</summary>
    public Refusal Refusal { get; } = refusal;
}
