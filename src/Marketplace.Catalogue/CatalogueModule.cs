using Marketplace.Catalogue.Offers;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Catalogue;

/// <summary>Offers and search over live-certified supply.</summary>
public static class CatalogueModule
{
    /// <summary>Adds the module.</summary>
    public static IServiceCollection AddCatalogue(this IServiceCollection services)
    {
        services.AddValidation();
        services.AddScoped<ICatalogueSearch, PostgresSearch>();
        services.Subscribe<ListLotWhenCertified, CertificateIssued>();
        services.Subscribe<DelistWhenCertificateEnds, CertificateStateChanged>();
        services.Subscribe<RenewWhenReplaced, CertificateReplaced>();
        services.Subscribe<RepriceWhenLotPriced, LotPriced>();
        services.Subscribe<MoveOffersWhenMerged, TerritoriesMerged>();
        return services;
    }

    /// <summary>Maps the module's routes.</summary>
    public static void MapCatalogue(this IEndpointRouteBuilder routes)
    {
        var offers = routes.Noun("/offers", "Offers");
        FindOffers.Map(offers);
        SeeOffer.Map(offers);
    }
}
