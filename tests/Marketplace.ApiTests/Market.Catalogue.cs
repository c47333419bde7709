using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests;

public sealed partial class Market
{
    private static int serialNumber;

    /// <summary>A household anywhere in the country, confirmed by the akim of its own place.</summary>
    public async Task<Farm> FarmIn(string village)
    {
        var farm = await RegisteredFarm(village);
        await Body(await Post(await NewMember(Role.OkrugAkim, territory: village), $"/v1/households/{farm.Household}/confirmation"));
        await Get(farm.Head, "/v1/me"); // a session remembers its roles for some seconds: this makes it look again
        return farm;
    }

    /// <summary>A lot in the catalogue: its quantity credited directly, its certificate announced, the announcement delivered.</summary>
    public async Task<ListedLotStory> ListedLot(
        Farm farm, string product = "potato", long amount = 100_000, string? price = "150.0000", int days = 20, string scheme = "PLANT-BATCH")
    {
        var lot = await SellableLot(farm, product, amount, price, days);
        var certificate = CertificateId.New();
        var serial = $"C-{Interlocked.Increment(ref serialNumber)}";
        await Publish(certificate.Value, new CertificateIssued(
            certificate, serial, lot, scheme, new Quantity(amount, UnitOf(product).Step), Clock.GetUtcNow().AddDays(days)));
        await Drain();
        return new ListedLotStory(lot, certificate, serial);
    }

    /// <summary>Appends an event to the log, as the module that owns it would.</summary>
    public Task<int> Publish<T>(Guid stream, T happened) => Within(services => services.GetRequiredService<Database>().Execute(
        $"select kernel.append({stream}, {typeof(T).Name}, {Event.Text(happened)})", CancellationToken.None));

    /// <summary>The lots a search finds, in its order.</summary>
    public async Task<IReadOnlyList<LotId>> Offers(string query) => Lots(await Body(await Get((string?)null, "/v1/offers" + query)));

    public static IReadOnlyList<LotId> Lots(JsonNode page) => [.. page["items"]!.AsArray().Select(offer => LotId.From(offer!["lot"]!.GetValue<Guid>()))];

    /// <summary>A lot and the certificate it is listed under.</summary>
    public sealed record ListedLotStory(LotId Lot, CertificateId Certificate, string Serial);
}
