using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Supply.Accounts;
using Marketplace.Supply.Lots;
using Marketplace.Supply.Products;
using Marketplace.Supply.Reservations;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Supply;

/// <summary>Products, lots and the quantity account.</summary>
public static class SupplyModule
{
    /// <summary>Registers the module.</summary>
    public static IServiceCollection AddSupply(this IServiceCollection services)
    {
        services.AddValidation();
        services.AddScoped<LotAccounts>();
        services.AddScoped<ILotAccounts>(provider => provider.GetRequiredService<LotAccounts>());
        services.AddScoped<ILots, LotQuestions>();
        services.AddScoped<IProducts, ProductQuestions>();
        services.AddScoped<IReservations, ReservationCalls>();
        services.AddSingleton(new ConstraintRefusal("never-sell-what-is-not-there", "That much is not there."));
        services.AddSingleton(new ConstraintRefusal("above-ceiling", "More would be certified than is there."));
        services.AddSingleton(new ConstraintRefusal("too-many-reservations", "You hold too many reservations; release some first."));
        services.AddSingleton<ReservationExpiry>();
        services.AddHostedService(provider => provider.GetRequiredService<ReservationExpiry>());
        return services;
    }

    /// <summary>Maps the module's routes.</summary>
    public static void MapSupply(this IEndpointRouteBuilder routes)
    {
        ListProducts.Map(routes.Noun("/products", "Supply"));
        var lots = routes.Noun("/lots", "Supply");
        DeclareLot.Map(lots);
        ListLots.Map(lots);
        ShowLot.Map(lots);
        ShowLotMoves.Map(lots);
        PriceLot.Map(lots);
        var reservations = routes.Noun("/reservations", "Supply");
        ReserveLots.Map(reservations);
        ReleaseReservation.Map(reservations);
        ShowReservation.Map(reservations);
    }
}
