using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/applications/{id}/withdrawal.</summary>
public static class WithdrawApplication
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapPost("/{id}/withdrawal", Handle).WithName("withdrawApplication").RequiresSignIn().Moves();

    /// <summary>Withdraw an application before it is decided.</summary>
    /// <remarks>404 for a household you may not act for; 409 `wrong-stage`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        CertificationApplicationId id, Database database, IHouseholds households, ILotAccounts accounts, ITasks tasks, CancellationToken cancel) =>
        Answer.NoContent(await Withdraw(id, database, households, accounts, tasks, cancel));

    internal static async Task<Refusal?> Withdraw(
        CertificationApplicationId id, Database database, IHouseholds households, ILotAccounts accounts, ITasks tasks, CancellationToken cancel)
    {
        if (await CertificationApplication.Find(id, database, cancel) is not { } application)
        {
            return Refusal.NotFound;
        }

        var acting = await households.ToActFor(application.Household, cancel);
        if (acting.Refusal is { } stranger)
        {
            return stranger;
        }

        if (CertificationApplication.Next(application.Stage, CertificationStep.Withdraw) is not { } next)
        {
            return application.WrongStage();
        }

        if (!await application.Move(next, Sql.Of($""), new ApplicationWithdrawn(id), database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        if (application.Stage != CertificationStage.Draft && await accounts.TakeFromCertification(application.Lot, cancel) is { } busy)
        {
            return busy;
        }

        await database.Execute($"update certification.pause set ended_at = kernel.now() where application = {id} and ended_at is null", cancel);
        await tasks.CloseAll(id.Value, cancel);
        return null;
    }
}
