using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Work.Calendars;
using Marketplace.Work.Tasks;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Work;

/// <summary>Tasks with one named person and a deadline, working days, escalation.</summary>
public static class WorkModule
{
    /// <summary>Adds what the module needs and offers.</summary>
    public static IServiceCollection AddWork(this IServiceCollection services)
    {
        services.AddValidation();
        services.AddScoped<WorkingDays>();
        services.AddScoped<ITasks, OpenTasks>();
        services.Subscribe<MoveTasksWhenMerged, TerritoriesMerged>();
        services.AddSingleton<EscalationWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<EscalationWorker>());
        services.AddSingleton<HandOverWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<HandOverWorker>());
        return services;
    }

    /// <summary>Maps the module's routes.</summary>
    public static void MapWork(this IEndpointRouteBuilder routes) => ListTasks.Map(routes.Noun("/tasks", "Tasks"));
}
