using System.Reflection;
using Marketplace.Catalogue;
using Marketplace.Certification;
using Marketplace.Contracts;
using Marketplace.Identity;
using Marketplace.Kernel;
using Marketplace.Logistics;
using Marketplace.Messages;
using Marketplace.Orders;
using Marketplace.Oversight;
using Marketplace.Registry;
using Marketplace.Settlement;
using Marketplace.Supply;
using Marketplace.Web;
using Marketplace.Work;

namespace Marketplace.Api;

/// <summary>The modules of the product, in the order of their migrations.</summary>
internal static class Modules
{
    /// <summary>Assemblies with migrations, enumerations and texts.</summary>
    public static readonly IReadOnlyList<Assembly> All =
    [
        typeof(IdentityModule).Assembly, typeof(RegistryModule).Assembly, typeof(WorkModule).Assembly, typeof(MessagesModule).Assembly,
        typeof(SupplyModule).Assembly, typeof(CertificationModule).Assembly, typeof(CatalogueModule).Assembly, typeof(OrdersModule).Assembly,
        typeof(LogisticsModule).Assembly, typeof(SettlementModule).Assembly, typeof(OversightModule).Assembly,
    ];

    /// <summary>Assemblies whose ids and enumerations statements may name.</summary>
    public static IEnumerable<Assembly> WithTypes => All.Append(typeof(LotId).Assembly);

    public static void AddModules(this IServiceCollection services)
    {
        services.AddIdentity();
        services.AddRegistry();
        services.AddWork();
        services.AddMessages();
        services.AddSupply();
        services.AddCertification();
        services.AddCatalogue();
        services.AddOrders();
        services.AddLogistics();
        services.AddSettlement();
        services.AddOversight();
        services.AddWeb();
    }

    public static void MapModules(this WebApplication app)
    {
        app.MapIdentity();
        app.MapRegistry();
        app.MapWork();
        app.MapMessages();
        app.MapSupply();
        app.MapCertification();
        app.MapCatalogue();
        app.MapOrders();
        app.MapLogistics();
        app.MapSettlement();
        app.MapOversight();
        app.MapWeb();
    }

    /// <summary>Brings a database to this build: schema and reference data, as the role that owns it.</summary>
    public static async Task Migrate(string ownerConnection, CancellationToken cancel)
    {
        await Migrations.Apply(ownerConnection, All, cancel);
        await RegistryModule.LoadReferenceData(ownerConnection, cancel);
        await CertificationModule.LoadReferenceData(ownerConnection, cancel);
    }
}
