using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Oversight.AuditLog;
using Marketplace.Oversight.Funnels;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Oversight;

/// <summary>The chain of every territory, computed from events.</summary>
public static class OversightModule
{
    /// <summary>Adds the module.</summary>
    public static IServiceCollection AddOversight(this IServiceCollection services)
    {
        services.AddValidation();
        services.AddScoped<ChainFacts>();
        services.Subscribe<CountWhenHappened, HouseholdRegistered>();
        services.Subscribe<CountWhenHappened, LotDeclared>();
        services.Subscribe<CountWhenHappened, ApplicationSubmitted>();
        services.Subscribe<CountWhenHappened, CertificateIssued>();
        services.Subscribe<CountWhenHappened, LotListed>();
        services.Subscribe<CountWhenHappened, LotAllocated>();
        services.Subscribe<CountWhenHappened, PromiseAnswered>();
        services.Subscribe<CountWhenHappened, PromiseReopened>();
        services.Subscribe<CountWhenHappened, LotReceived>();
        services.Subscribe<CountWhenHappened, HouseholdPaid>();
        services.Subscribe<MoveFactsWhenMerged, TerritoriesMerged>();
        return services;
    }

    /// <summary>Maps the module's routes.</summary>
    public static void MapOversight(this IEndpointRouteBuilder routes)
    {
        var territories = routes.Noun("/territories", "Oversight");
        SeeFunnel.Map(territories);
        SeeFunnelChildren.Map(territories);

        var audit = routes.Noun("/audit", "Audit");
        ListCheckpoints.Map(audit);
        GetLatestCheckpoint.Map(audit);
        ProveConsistency.Map(audit);
        ListLoggedEvents.Map(audit);
        ProveEvent.Map(audit);
    }
}
