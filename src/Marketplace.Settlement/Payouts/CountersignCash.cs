using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Settlement.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Settlement.Payouts;

/// <summary>POST /v1/payouts/{id}/cash-countersignature.</summary>
public static class CountersignCash
{
    internal static void Map(RouteGroupBuilder payouts) => payouts.MapPost("/{id}/cash-countersignature", Handle).WithName("countersignCash")
        .Requires(stepUp: true, Role.PayoutApprover).Moves();

    /// <summary>Countersign cash that was handed out.</summary>
    /// <remarks>By another person than the one who handed it out, with a fresh second factor: 409 `own-work`. 409 `wrong-stage` unless cash was
    /// handed out; 409 `changed-meanwhile`; 404 `not-found` for a payout of others.</remarks>
    public static async Task<Results<Ok<PayoutDetails>, ProblemHttpResult>> Handle(
        PayoutId id, Database database, IOrders orders, IHouseholds households, INotices notices, CancellationToken cancel) =>
        Answer.Ok(await Countersign(id, database, orders, households, notices, cancel));

    internal static async Task<Outcome<PayoutDetails>> Countersign(
        PayoutId id, Database database, IOrders orders, IHouseholds households, INotices notices, CancellationToken cancel)
    {
        if (await Payout.Find(id, database, cancel) is not { } payout)
        {
            return Refusal.NotFound;
        }

        if (Payout.Next(payout.Stage, PayoutStep.Countersign) is not { } next)
        {
            return SettlementRefusals.WrongStage;
        }

        // own-work is the table's constraint; the ledger follows only when it held.
        var moved = await database.Execute($"""
            update settlement.payout
               set stage = {next}, countersigned_by = {database.Actor.Person}, done_at = kernel.now(), version = version + 1
             where id = {id} and version = {payout.Version}
            """, cancel);
        if (moved != 1)
        {
            return Refusal.ChangedMeanwhile;
        }

        var posted = await Transfer.Of(payout.OrganisationId, "cash", id.Value,
        [
            Posting.Of(payout.HouseholdId, Purpose.HouseholdPayable, payout.Money),
            Posting.Of(payout.OrganisationId, Purpose.CashClearing, payout.Money with { Minor = -payout.Amount }),
        ]).Post(database, cancel);
        if (posted is not null)
        {
            return posted;
        }

        await PaidHouseholds.Tell("cash", [payout], database, orders, households, notices, cancel);
        return await ListPayouts.Read(id, database, cancel);
    }
}
