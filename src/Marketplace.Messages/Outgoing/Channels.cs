using Microsoft.Extensions.Logging;

namespace Marketplace.Messages.Outgoing;

/// <summary>A message on its way out.</summary>
internal sealed record OutgoingMessage(Guid Id, string Tenant, bool Sandbox, string Template, string Phone, string Text);

/// <summary>A way to people: SMS, e-mail, a messenger. Called outside any transaction; may be called twice for one message.</summary>
internal interface IMessageChannel
{
    /// <summary>True when messages of this tenant go out this way.</summary>
    bool Serves(string tenant, bool sandbox);

    /// <summary>Sends; an exception means: try again later. The message's id is the partner's idempotency key.</summary>
    Task Send(OutgoingMessage message, CancellationToken cancel);
}

/// <summary>Sends nothing: one log line without telephone and text. The text is read through <c>GET /v1/sandbox/messages</c>.</summary>
internal sealed class DevelopmentChannel(ILogger<DevelopmentChannel> log) : IMessageChannel
{
    public bool Serves(string tenant, bool sandbox) => sandbox;

    public Task Send(OutgoingMessage message, CancellationToken cancel)
    {
        log.LogInformation("Message {Message} of template {Template} for tenant {Tenant}", message.Id, message.Template, message.Tenant);
        return Task.CompletedTask;
    }
}
