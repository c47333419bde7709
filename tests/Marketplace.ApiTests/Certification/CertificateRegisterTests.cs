using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Certification;

public sealed class CertificateRegisterTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task Anybody_searches_the_register_by_what_stands_on_the_goods()
    {
        var farm = await market.ActiveFarm();
        var (onion, potato, milk) = (await market.CertifiedLot(farm, "onion"), await market.CertifiedLot(farm), await market.CertifiedLot(farm, "milk_cow_raw"));
        await Market.Body(await market.Post(Role.QualityManager, $"/v1/certificates/{onion.Serial}/suspension", new { reason = "A tip." }));
        var issuer = market.Cast(Role.DecisionMaker).Organisation;

        Assert.Equal([milk.Serial, potato.Serial, onion.Serial], await Found(""));
        Assert.Equal([onion.Serial], await Found("?product=onion"));
        Assert.Equal([potato.Serial], await Found($"?serial={potato.Serial[..12]}"));
        Assert.Equal([milk.Serial], await Found("?scheme=MILK-DAILY"));
        Assert.Equal([onion.Serial], await Found("?state=suspended"));
        Assert.Equal([milk.Serial, potato.Serial], await Found("?state=active"));
        Assert.Equal(3, (await Found($"?territory={Market.District}&issuer={issuer}")).Count);
        Assert.Empty(await Found("?territory=kz-110000000"));
        Assert.Empty(await Found($"?issuer={Guid.NewGuid()}"));
        var today = market.Today;
        Assert.Equal(3, (await Found($"?issuedFrom={today:yyyy-MM-dd}&issuedUntil={today:yyyy-MM-dd}")).Count);
        Assert.Empty(await Found($"?issuedFrom={today.AddDays(1):yyyy-MM-dd}"));
        Assert.Empty(await Found($"?issuedUntil={today.AddDays(-1):yyyy-MM-dd}"));

        // The milk's validity ends within days: the register says so before anybody marks it.
        await market.Advance(TimeSpan.FromDays(4));
        try
        {
            Assert.Equal([milk.Serial], await Found("?state=expired"));
            Assert.Equal([potato.Serial], await Found("?state=active"));
        }
        finally
        {
            await market.Advance(TimeSpan.FromDays(-4));
        }

        var first = await Market.Body(await market.Get((string?)null, "/v1/certificates?limit=2"));
        Assert.Equal([milk.Serial, potato.Serial], Serials(first));
        var next = first["next"]!.GetValue<string>();
        Assert.Equal([onion.Serial], await Found($"?limit=2&cursor={next}"));
        await Market.Problem(await market.Get((string?)null, $"/v1/certificates?limit=2&product=onion&cursor={next}"), HttpStatusCode.BadRequest, "bad-cursor");
        await Market.Problem(await market.Get((string?)null, "/v1/certificates?serial=%25"), HttpStatusCode.BadRequest, "invalid");
        Assert.DoesNotContain(farm.Household.ToString(), first.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain(farm.Head.Person.ToString(), first.ToJsonString(), StringComparison.Ordinal);
    }

    private async Task<List<string>> Found(string query) => Serials(await Market.Body(await market.Get((string?)null, "/v1/certificates" + query)));

    private static List<string> Serials(JsonNode page) => [.. page["items"]!.AsArray().Select(item => item!["serial"]!.GetValue<string>())];
}
