using Marketplace.Certification;
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

    public static Task<int> HandOverTasks(this IServiceProvider services) => services.GetRequiredService<HandOverWorker>().Pass(default);

    public static Task<int> HandOverCases(this IServiceProvider services) => services.GetRequiredService<HandOverCases>().Pass(default);

    public static Task<int> DrawDays(this IServiceProvider services) => services.GetRequiredService<DrawSeeds>().Pass(default);

    public static Task<int> MoveCases(this IServiceProvider services) => services.GetRequiredService<CaseClock>().Pass(default);

    public static Task<int> EscalateTasks(this IServiceProvider services) => services.GetRequiredService<EscalationWorker>().Pass(default);
}
