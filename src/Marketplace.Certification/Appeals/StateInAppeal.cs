using System.ComponentModel.DataAnnotations;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Something to put on an appeal's file.</summary>
/// <param name="Text">3 to 4000 characters.</param>
public sealed record NewAppealStatement([TextLength(4000, MinimumLength = 3)] string Text);

/// <summary>POST /v1/appeals/{id}/statements.</summary>
public static class StateInAppeal
{
    internal static void Map(RouteGroupBuilder appeals) =>
        appeals.MapPost("/{id:guid}/statements", Handle).WithName("stateInAppeal").RequiresSignIn().Moves();

    /// <summary>Put a statement on the file while the appeal is heard: both sides and the panel may.</summary>
    /// <remarks>404 for whoever only reads; 409 `wrong-stage`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, NewAppealStatement statement, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(statement);
        return Answer.NoContent(await State(id, statement.Text, database, cancel));
    }

    internal static async Task<Refusal?> State(Guid id, string text, Database database, CancellationToken cancel)
    {
        if (!await database.Value<bool>($"select exists (select from certification.appeal where id = {id} and {Appeal.Heard(database.Actor)})", cancel))
        {
            return Refusal.NotFound;
        }

        // The file's next number, one writer at a time.
        await database.Execute($"select pg_advisory_xact_lock(hashtextextended({id}::text, 8))", cancel);
        await database.Execute($"""
            insert into certification.appeal_statement (appeal, number, text)
            select {id}, count(*) + 1, {text} from certification.appeal_statement where appeal = {id}
            """, cancel);
        return null;
    }
}
