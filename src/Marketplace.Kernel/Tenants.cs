using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Kernel;

/// <summary>The operators of the platform this deployment serves.</summary>
public static class Tenants
{
    /// <summary>The ids of all tenants, for workers that serve each in turn.</summary>
    public static async Task<IReadOnlyList<string>> All(IServiceScopeFactory scopes, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(scopes);
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<Database>().List<string>($"select id from kernel.tenant order by id", cancel);
    }

    /// <summary>A scope whose unit of work acts as the system of a tenant.</summary>
    public static AsyncServiceScope Scope(IServiceScopeFactory scopes, string tenant)
    {
        ArgumentNullException.ThrowIfNull(scopes);
        var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CurrentActor>().Value = Actor.System(tenant);
        return scope;
    }
}
