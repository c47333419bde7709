using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/laboratory-methods/{id}/confirmation.</summary>
public static class ConfirmMethod
{
    internal static void Map(RouteGroupBuilder methods) => methods.MapPost("/{id}/confirmation", Handle).WithName("confirmLaboratoryMethod")
        .InPersonOnly().Requires(stepUp: true, Role.QualityManager).Moves();

    /// <summary>Confirm a row of a laboratory's scope against its accreditation certificate; from now on the laboratory reports within its scope only.</summary>
    /// <remarks>409 `own-work` for who entered it; 409 `wrong-state` when it was confirmed or ended before; 404 `not-found`.</remarks>
    public static async Task<Results<Ok<LaboratoryMethodDetails>, ProblemHttpResult>> Handle(
        LaboratoryMethodId id, Database database, CancellationToken cancel) => Answer.Ok(await Confirm(id, database, cancel));

    internal static async Task<Outcome<LaboratoryMethodDetails>> Confirm(LaboratoryMethodId id, Database database, CancellationToken cancel) =>
        // own-work and wrong-state are the table's.
        await database.Execute($"""
            with confirmed as (
                update certification.laboratory_method set confirmed_by = {database.Actor.Person} where id = {id} and confirmed_by is null returning id)
            select kernel.append(id, {nameof(MethodConfirmed)}, {Event.Text(new MethodConfirmed(id))}) from confirmed
            """, cancel) == 1
            ? (await LaboratoryMethodDetails.Of(Sql.Of($"id = {id}"), database, cancel))[0]
            : await database.Value<bool>($"select exists (select from certification.laboratory_method where id = {id})", cancel)
                ? new Refusal("wrong-state", "That row was confirmed or ended before.")
                : Refusal.NotFound;
}

/// <summary>Why a row of a scope ends.</summary>
/// <param name="Reason">3 to 2000 characters.</param>
public sealed record MethodEnding([TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>POST /v1/laboratory-methods/{id}/ending.</summary>
public static class EndMethod
{
    internal static void Map(RouteGroupBuilder methods) => methods.MapPost("/{id}/ending", Handle).WithName("endLaboratoryMethod")
        .InPersonOnly().Requires(Role.LaboratorySupervisor, Role.QualityManager).Moves();

    /// <summary>End a row of a scope early, from today: of your own laboratory, or as a quality manager of any.</summary>
    /// <remarks>409 `wrong-state` when it was ended before; 404 `not-found`.</remarks>
    public static async Task<Results<Ok<LaboratoryMethodDetails>, ProblemHttpResult>> Handle(
        LaboratoryMethodId id, MethodEnding ending, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(ending);
        return Answer.Ok(await End(id, ending, database, cancel));
    }

    internal static async Task<Outcome<LaboratoryMethodDetails>> End(
        LaboratoryMethodId id, MethodEnding ending, Database database, CancellationToken cancel) => await database.Execute($"""
            with ended as (
                update certification.laboratory_method set ended_by = {database.Actor.Person}, end_reason = {ending.Reason}
                 where id = {id} and (laboratory = {database.Actor.Organisation} or {database.Actor.Roles.Contains(Role.QualityManager)})
                returning id)
            select kernel.append(id, {nameof(MethodEnded)}, {Event.Text(new MethodEnded(id))}) from ended
            """, cancel) == 1
            ? (await LaboratoryMethodDetails.Of(Sql.Of($"id = {id}"), database, cancel))[0]
            : Refusal.NotFound;
}

internal sealed record MethodConfirmed(LaboratoryMethodId Method);

internal sealed record MethodEnded(LaboratoryMethodId Method);
