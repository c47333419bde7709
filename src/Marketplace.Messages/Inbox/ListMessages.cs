using System.ComponentModel.DataAnnotations;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Messages.Inbox;

/// <summary>How far a message has come.</summary>
[DatabaseEnum("messages.message_state")]
public enum MessageState
{
    /// <summary>Waits for its channel.</summary>
    Queued,

    /// <summary>Given to the channel.</summary>
    Sent,

    /// <summary>Not sent after ten attempts.</summary>
    Failed,
}

/// <summary>A message.</summary>
/// <param name="Id">The message.</param>
/// <param name="Template">What it is about, for example <c>household-confirmed</c>.</param>
/// <param name="Language">Its language: <c>kk</c>, <c>ru</c>, <c>ky</c> or <c>en</c>.</param>
/// <param name="Text">What people read.</param>
/// <param name="State">How far it has come.</param>
/// <param name="QueuedAt">When it was written.</param>
/// <param name="SentAt">When it was given to the channel.</param>
public sealed record MessageDetails(
    Guid Id, string Template, string Language, string Text, MessageState State, DateTimeOffset QueuedAt, DateTimeOffset? SentAt);

internal sealed record MessageRow(
    Guid Id, string Template, string Language, byte[] TextSealed, MessageState State, DateTimeOffset QueuedAt, DateTimeOffset? SentAt)
{
    public MessageDetails Opened(Secrets secrets) => new(Id, Template, Language, secrets.Open("message", TextSealed, Id), State, QueuedAt, SentAt);
}

/// <summary>Lists one's own messages.</summary>
public static class ListMessages
{
    internal static void Map(RouteGroupBuilder messages) => messages.MapGet("", Handle).WithName("listMessages").RequiresSignIn();

    /// <summary>List your messages, newest first.</summary>
    /// <remarks>400 `bad-cursor` when the cursor is of another query.</remarks>
    /// <param name="limit">Entries of a page, 1 to 200; 50 by default.</param>
    /// <param name="cursor">Continues an earlier page.</param>
    public static async Task<Results<Ok<Page<MessageDetails>>, ProblemHttpResult>> Handle(
        string? cursor, HttpContext http, Database database, Cursors cursors, Secrets secrets, CancellationToken cancel,
        [Range(1, Cursors.MostItems)] int limit = 50)
    {
        const string Name = "messages";
        var after = cursor is null ? ["9999-01-01T00:00:00Z", Guid.Empty.ToString()] : cursors.Read(Name, cursor);
        if (after is null)
        {
            return Problems.From(Cursors.Bad);
        }

        var rows = await database.List<MessageRow>($"""
            select id, template, language, text_sealed, state, queued_at, sent_at from messages.message
             where person = {database.Actor.Person}
               and (queued_at, id) < ({DateTimeOffset.Parse(after[0], System.Globalization.CultureInfo.InvariantCulture)}, {Guid.Parse(after[1])})
             order by queued_at desc, id desc limit {limit + 1}
            """, cancel);
        var page = cursors.Cut(http, rows, limit, Name, row => [row.QueuedAt.ToString("O"), row.Id.ToString()]);
        return TypedResults.Ok(new Page<MessageDetails>([.. page.Items.Select(row => row.Opened(secrets))], page.Next));
    }
}
