using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>POST /v1/appeals/{id}/withdrawal.</summary>
public static class WithdrawAppeal
{
    internal static void Map(RouteGroupBuilder appeals) =>
        appeals.MapPost("/{id:guid}/withdrawal", Handle).WithName("withdrawAppeal").RequiresSignIn().Moves();

    /// <summary>Withdraw an appeal that you filed.</summary>
    /// <remarks>404 for anybody else's; 409 `wrong-stage`, `changed-meanwhile`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, Database database, AppealedDecision decision, ITasks tasks, CancellationToken cancel) =>
        Answer.NoContent(await Withdraw(id, database, decision, tasks, cancel));

    internal static async Task<Refusal?> Withdraw(Guid id, Database database, AppealedDecision decision, ITasks tasks, CancellationToken cancel)
    {
        if (await Appeal.Find(id, database, cancel) is not { } appeal || appeal.FiledBy.Value != database.Actor.Person)
        {
            return Refusal.NotFound;
        }

        if (Appeal.Next(appeal.Stage, AppealStep.Withdraw) is not { } next)
        {
            return appeal.WrongStage();
        }

        if (!await appeal.Move(next, database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        await appeal.CloseTasks(tasks, cancel);
        return await decision.EndStay(appeal, cancel);
    }
}
