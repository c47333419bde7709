using System.Net;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Registry;

public sealed class RegisterOrganisationTests(Market market) : IClassFixture<Market>
{
    private Task<HttpResponseMessage> Register(
        string kind = "cooperative", string? bin = null, string? iban = null, string territory = Market.District, int fee = 0, string? role = Role.PlatformAdministrator) =>
        market.Post(role, "/v1/organisations", new { kind, name = "Kelechek", territory, bin, iban, feeBasisPoints = fee });

    [Fact]
    public async Task An_organisation_is_registered_and_listed()
    {
        var made = await Market.Body(await Register(bin: "940140000385", fee: 250));
        var listed = await Market.Body(await market.Get(Role.RetailBuyer, "/v1/organisations?kind=cooperative&limit=200"));
        Assert.Contains(listed["items"]!.AsArray(), item => item!["id"]!.GetValue<Guid>() == made["id"]!.GetValue<Guid>());
        await Market.Body(await market.Get(Role.RetailBuyer, $"/v1/organisations/{made["id"]}"));
        await Market.Problem(await Register(bin: "940140000385"), HttpStatusCode.Conflict, "bin-taken");
        var foreign = await market.NewMember(Role.PlatformAdministrator, tenant: "other");
        await Market.Problem(await market.Get(foreign, $"/v1/organisations/{made["id"]}"), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Refusals_name_what_is_wrong()
    {
        await Market.Problem(await Register(role: Role.RetailBuyer), HttpStatusCode.Forbidden, "forbidden");
        await Market.Problem(await Register(bin: "940140000386"), HttpStatusCode.BadRequest, "bad-bin");
        await Market.Problem(await Register(iban: "KZ419406891712187664"), HttpStatusCode.BadRequest, "bad-iban");
        await Market.Problem(await Register(territory: "kz-999999999"), HttpStatusCode.BadRequest, "unknown-territory");
        await Market.Problem(await Register(kind: "chain", fee: 100), HttpStatusCode.Conflict, "fee-without-duty");
        await Market.Problem(await Register(fee: 3001), HttpStatusCode.BadRequest, "invalid");
        await Market.Problem(await Register(kind: "circus"), HttpStatusCode.BadRequest, "malformed");
    }
}
