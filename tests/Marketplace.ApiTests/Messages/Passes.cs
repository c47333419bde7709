using Marketplace.Messages.Outgoing;
using Marketplace.Registry.Households;
using Marketplace.Work.Tasks;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests;

/// <summary>One pass of a worker that does not run by itself in tests.</summary>
internal static class Passes
{
    public static Task<int> SendMessages(this IServiceProvider services) => services.GetRequiredService<DeliveryWorker>().Pass(default);

    public static Task<int> MoveHouseholds(this IServiceProvider services) => services.GetRequiredService<HouseholdClock>().Pass(default);

    public static Task<int> EscalateTasks(this IServiceProvider services) => services.GetRequiredService<EscalationWorker>().Pass(default);
}
