using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Identity.Sessions;

/// <summary>Signs out.</summary>
public static class CloseSession
{
    internal static void Map(RouteGroupBuilder sessions) => sessions.MapDelete("/current", Handle).WithName("closeSession").RequiresSignIn();

    /// <summary>Sign out: end the session or key this request came with, on all instances at once.</summary>
    public static async Task<NoContent> Handle(Database database, CancellationToken cancel)
    {
        await database.Execute($"update identity.credential set revoked_at = kernel.now() where id = {database.Actor.Credential}", cancel);
        return TypedResults.NoContent();
    }
}
