using Marketplace.Contracts;
using Marketplace.Kernel.Http;
using Marketplace.Messages.Inbox;
using Marketplace.Messages.Outgoing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Messages;

/// <summary>Messages to people: templates in four languages, a queue in the caller's transaction, channels, an inbox.</summary>
public static class MessagesModule
{
    /// <summary>Adds what the module needs and offers.</summary>
    public static IServiceCollection AddMessages(this IServiceCollection services)
    {
        services.AddValidation();
        services.AddScoped<INotices, QueueNotices>();
        services.AddSingleton<IMessageChannel, DevelopmentChannel>();
        services.AddSingleton<DeliveryWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<DeliveryWorker>());
        return services;
    }

    /// <summary>Maps the module's routes.</summary>
    public static void MapMessages(this IEndpointRouteBuilder routes)
    {
        ListMessages.Map(routes.Noun("/messages", "Messages"));
        ReadSandboxMessages.Map(routes.Noun("/sandbox/messages", "Messages"));
    }
}
