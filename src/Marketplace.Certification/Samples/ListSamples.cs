using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/applications/{id}/samples.</summary>
public static class ListSamples
{
    internal static void Map(RouteGroupBuilder applications) => applications.MapGet("/{id}/samples", Handle).WithName("listSamples").RequiresSignIn();

    /// <summary>List the samples of an application with their chains of custody, first to last.</summary>
    /// <remarks>404 unless the application is of your household, organisation or case.</remarks>
    public static async Task<Results<Ok<IReadOnlyList<SampleDetails>>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, Database database, CancellationToken cancel) =>
        Answer.Ok(await CertificationApplication.FindVisible(id, database, cancel) is null
            ? Refusal.NotFound
            : Outcome<IReadOnlyList<SampleDetails>>.Of(await SampleDetails.Of(Sql.Of($"application = {id}"), database, cancel)));
}
