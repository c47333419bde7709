using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Messages.Inbox;

/// <summary>The newest messages to one telephone.</summary>
/// <param name="Items">At most 50, newest first.</param>
public sealed record SandboxMessages(IReadOnlyList<MessageDetails> Items);

/// <summary>Reads what the development channel would have sent; it exists for sandbox tenants only.</summary>
public static class ReadSandboxMessages
{
    internal static void Map(RouteGroupBuilder messages) =>
        messages.MapGet("", Handle).WithName("readSandboxMessages").Requires(Role.PlatformAdministrator);

    /// <summary>Read the messages to a telephone in a sandbox.</summary>
    /// <remarks>404 `not-found` outside sandbox tenants.</remarks>
    /// <param name="phone">E.164, for example `+77011234567`; write the plus as `%2B`.</param>
    public static async Task<Results<Ok<SandboxMessages>, ProblemHttpResult>> Handle(
        [RegularExpression("^\\+?[0-9]{6,15}$")] string phone, Database database, Secrets secrets, CancellationToken cancel)
    {
        if (!await database.Value<bool>($"select sandbox from kernel.tenant where id = kernel.tenant()", cancel))
        {
            return Problems.From(Refusal.NotFound);
        }

        var index = secrets.Hmac("message-phone", phone.StartsWith('+') ? phone : "+" + phone);
        var rows = await database.List<MessageRow>($"""
            select id, template, language, text_sealed, state, queued_at, sent_at from messages.message
             where phone_index = {index} order by queued_at desc, id desc limit 50
            """, cancel);
        return TypedResults.Ok(new SandboxMessages([.. rows.Select(row => row.Opened(secrets))]));
    }
}
