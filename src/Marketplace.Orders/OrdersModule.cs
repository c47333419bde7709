using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Orders.Allocations;
using Marketplace.Orders.Imports;
using Marketplace.Orders.Promises;
using Marketplace.Orders.PurchaseOrders;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Orders;

/// <summary>Purchase orders, their allocation over lots, and the promises of households.</summary>
public static class OrdersModule
{
    /// <summary>Registers the module.</summary>
    public static IServiceCollection AddOrders(this IServiceCollection services)
    {
        services.AddValidation();
        services.AddScoped<IOrders, OrderCalls>();
        services.AddScoped<DraftTerms>();
        services.AddScoped<SupplyNow>();
        services.AddScoped(provider => new OrderPreviews(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<SupplyNow>(), provider.GetRequiredService<TimeProvider>()));
        services.AddScoped<AllocateOrder>();
        services.Subscribe<AllocateWhenPlaced, OrderPlaced>();
        services.Subscribe<RefillWhenAnswered, PromiseAnswered>();
        services.Subscribe<RefillWhenStopped, PromiseStopped>();
        services.Subscribe<RefillWhenReopened, PromiseReopened>();
        services.AddSingleton<TextAnswers>();
        services.AddSingleton<PromiseDeadlines>();
        services.AddHostedService(provider => provider.GetRequiredService<PromiseDeadlines>());
        services.AddSingleton(new ConstraintRefusal("own-work", "You cannot decide on your own work."));
        services.AddSingleton(new ConstraintRefusal("approval-needed", "A second person must approve this order first."));
        services.AddSingleton(new ConstraintRefusal("terms-frozen", "The terms are frozen."));
        services.AddSingleton(new ConstraintRefusal("undone-already", "This was undone before."));
        return services;
    }

    /// <summary>Maps the module's routes.</summary>
    public static void MapOrders(this IEndpointRouteBuilder routes)
    {
        var orders = routes.Noun("/orders", "Orders");
        DraftOrder.Map(orders);
        EditOrder.Map(orders);
        ListOrders.Map(orders);
        ShowOrder.Map(orders);
        SubmitOrder.Map(orders);
        ApproveOrder.Map(orders);
        PlaceOrder.Map(orders);
        CancelOrder.Map(orders);
        ShowAllocation.Map(orders);
        PreviewOrder.Map(routes.Noun("/order-previews", "Orders"));
        ImportOrder.Map(routes.Noun("/order-imports", "Orders"));
        var promises = routes.Noun("/promises", "Promises");
        ListPromises.Map(promises);
        AnswerPromise.Map(promises);
        ReceiveText.Map(routes.Noun("/texts", "Promises"));
    }
}
