using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests;

public sealed class EndpointPolicyTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public void Every_endpoint_says_who_may_call_it()
    {
        var silent = market.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IAuthorizeData>() is null && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null)
            .Select(endpoint => endpoint.DisplayName).ToList();
        Assert.Empty(silent);
    }

    [Fact]
    public void Acts_that_decide_approve_or_pay_want_a_second_factor()
    {
        string[] grave = ["decideApplication", "approveOrder", "approvePayoutBatch", "suspendCertificate", "withdrawCertificate", "announceIssuerKey", "activateIssuerKey",
            "proposeKeyRevocation", "confirmKeyRevocation", "publishScheme", "confirmLimit",
            "proposeReplacement", "decideReplacement", "prepareRevocation", "confirmRevocation", "ruleOnHold"];
        var endpoints = market.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints)
            .Where(endpoint => grave.Contains(endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName)).ToList();
        Assert.Equal(grave.Length, endpoints.Count);
        Assert.All(endpoints, endpoint => Assert.Contains(endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>(), data => data.Policy == "step-up"));
    }
}
