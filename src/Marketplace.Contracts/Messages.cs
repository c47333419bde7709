namespace Marketplace.Contracts;

/// <summary>A message to be sent.</summary>
/// <param name="Template">Template code, kebab-case; the text is made in the recipient's language.</param>
/// <param name="Values">Values for the template's places.</param>
/// <param name="Person">The recipient; or</param>
/// <param name="Phone">the telephone in E.164 of somebody not known yet.</param>
/// <param name="Language"><c>kk</c>, <c>ru</c>, <c>ky</c> or <c>en</c>; null takes the recipient's.</param>
public sealed record Notice(string Template, IReadOnlyDictionary<string, string> Values, PersonId? Person = null, string? Phone = null, string? Language = null);

/// <summary>Calls to Messages, in the caller's transaction: what is rolled back is never sent.</summary>
public interface INotices
{
    /// <summary>Queues messages.</summary>
    Task Send(IReadOnlyList<Notice> notices, CancellationToken cancel);
}
