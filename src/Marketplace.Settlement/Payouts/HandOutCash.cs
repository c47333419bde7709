using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Settlement.Payouts;

/// <summary>Cash handed to a household.</summary>
/// <param name="ReceiptCode">The number on the receipt the household signed; 3 to 40 characters, each is used once.</param>
public sealed record CashReceipt([TextLength(40, MinimumLength = 3)] string ReceiptCode);

/// <summary>POST /v1/payouts/{id}/cash-receipt.</summary>
public static class HandOutCash
{
    internal static void Map(RouteGroupBuilder payouts) =>
        payouts.MapPost("/{id}/cash-receipt", Handle).WithName("handOutCash").InPersonOnly().Requires(Role.CollectionOperator).Moves();

    /// <summary>Record cash handed out against a signed receipt.</summary>
    /// <remarks>Counts as paid once a payout approver who is another person countersigned. 409 `wrong-stage` unless the payout is open;
    /// 409 `receipt-known` for a receipt used before; 409 `changed-meanwhile`; 404 `not-found` for a payout of others.</remarks>
    public static async Task<Results<Ok<PayoutDetails>, ProblemHttpResult>> Handle(
        PayoutId id, CashReceipt receipt, Database database, CancellationToken cancel) => Answer.Ok(await HandOut(id, receipt, database, cancel));

    internal static async Task<Outcome<PayoutDetails>> HandOut(PayoutId id, CashReceipt receipt, Database database, CancellationToken cancel)
    {
        if (await Payout.Find(id, database, cancel) is not { } payout)
        {
            return Refusal.NotFound;
        }

        if (Payout.Next(payout.Stage, PayoutStep.HandOut) is not { } next)
        {
            return SettlementRefusals.WrongStage;
        }

        var handed = new CashHandedOut(id, payout.HouseholdId, payout.Money);
        var moved = await database.Execute($"""
            with moved as (
                update settlement.payout
                   set stage = {next}, receipt_code = {receipt.ReceiptCode}, cash_by = {database.Actor.Person}, cash_at = kernel.now(), version = version + 1
                 where id = {id} and version = {payout.Version} returning id)
            select kernel.append(id, {nameof(CashHandedOut)}, {Event.Text(handed)}) from moved
            """, cancel);
        return moved == 1 ? await ListPayouts.Read(id, database, cancel) : Refusal.ChangedMeanwhile;
    }
}
