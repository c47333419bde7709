using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>That a document does not serve.</summary>
/// <param name="Reason">What is wrong with it, 3 to 2000 characters; the household reads it.</param>
public sealed record DocumentRejection([TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>POST /v1/applications/{id}/documents/{document}/rejection.</summary>
public static class RejectDocument
{
    internal static void Map(RouteGroupBuilder applications) => applications.MapPost("/{id}/documents/{document:guid}/rejection", Handle)
        .WithName("rejectDocument").Requires(Role.IntakeOfficer, Role.DocumentReviewer).Moves();

    /// <summary>Say that a document a case rests on does not serve: it is unreadable, or not what it says.</summary>
    /// <remarks>It no longer counts in any case, and what it was may be asked for again. 409 `not-assigned` unless you check the papers of this case,
    /// `own-work`, `foreign-document` when the case does not rest on it, `document-rejected` when somebody said so before.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        CertificationApplicationId id, Guid document, DocumentRejection rejection, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(rejection);
        return Answer.NoContent(await Reject(id, document, rejection.Reason, database, cancel));
    }

    private static async Task<Refusal?> Reject(
        CertificationApplicationId id, Guid document, string reason, Database database, CancellationToken cancel)
    {
        if (await CertificationApplication.FindInCare(id, database, cancel) is not { } application)
        {
            return Refusal.NotFound;
        }

        var part = application.DocumentReviewer?.Value == database.Actor.Person ? CasePart.DocumentReviewer : CasePart.Intake;
        if (await application.OnlyFor(part, database, cancel) is { } refused)
        {
            return refused;
        }

        // foreign-document is the table's trigger, document-rejected its key.
        await database.Execute($"""
            with rejected as (
                insert into certification.document_rejection (document, application, reason) values ({document}, {id}, {reason}) returning application)
            select kernel.append(application, {nameof(DocumentRejected)}, {Event.Text(new DocumentRejected(id, document))}) from rejected
            """, cancel);
        return null;
    }
}
